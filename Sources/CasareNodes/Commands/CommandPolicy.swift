import CasareEngine

/// Which commands a workflow may run (node catalogue §0.5).
///
/// Like the path rules it is a guard against mistakes and careless input: any program that starts others gets past it.
struct CommandPolicy: Sendable {
    private static let denied: Set<String> = [
        "rm", "del", "format", "fdisk", "mkfs", "wget", "curl", "invoke-webrequest", "nc", "netcat", "ncat",
        "powershell", "pwsh", "cmd", "reg", "regedit", "net", "sc", "shutdown", "reboot",
    ]
    private static let deniedInShell: Set<Character> = [
        "|", "&", ";", "$", "(", ")", "{", "}", "<", ">", "`", "\n", "\r", "\r\n",
    ]
    /// Programs that run the one their arguments name.
    private static let wrappers: Set<String> = [
        "env", "sudo", "doas", "nice", "ionice", "nohup", "setsid", "timeout", "time", "stdbuf", "xargs", "busybox",
        "exec", "command",
    ]
    private static let shells: Set<String> = ["sh", "bash", "dash", "zsh", "ksh", "ash"]

    private let isLifted: Bool

    /// - Parameter dangerously: The node's `allow_dangerous`, which counts where the robot's policy lets it.
    init(_ environment: NodeEnvironment, dangerously: Bool) {
        let policy = environment.policy
        self.isLifted = !policy.checksCommands || (dangerously && policy.allowsDangerousOverrides)
    }

    /// - Throws: `SecurityError` for a program, with its arguments, that is not allowed.
    func check(_ words: [String]) throws(NodeFailure) {
        if self.isLifted { return }
        guard let program = words.first.map(Self.name) else { return }
        try self.checkName(program)
        if Self.wrappers.contains(program) {
            for word in words.dropFirst() { try self.checkName(Self.name(word)) }
        }
        if Self.shells.contains(program),
            let option = words.firstIndex(where: { $0.hasPrefix("-") && $0.contains("c") })
        {
            for text in words[option...].dropFirst() { try self.check(shellText: text) }
        }
    }

    /// - Throws: `SecurityError` for a text for the shell that is not allowed.
    func check(shellText text: String) throws(NodeFailure) {
        if self.isLifted { return }
        if let character = text.first(where: Self.deniedInShell.contains) {
            let name = character.isNewline ? "a line break" : "'\(character)'"
            throw NodeFailure("SecurityError", "The command contains \(name), which a shell would act on")
        }
        // Assignments before the command are not its name.
        let words = try ShellWords.split(text).drop { Self.isAssignment($0) }
        try self.check(Array(words))
    }

    private func checkName(_ name: String) throws(NodeFailure) {
        // mkfs.ext4 and the like are mkfs.
        let stem = name.split(separator: ".").first.map(String.init) ?? name
        if Self.denied.contains(name) || stem == "mkfs" {
            throw NodeFailure("SecurityError", "The command '\(name)' is not allowed")
        }
    }

    /// The last component in lower case, without the endings of Windows programs.
    private static func name(_ word: String) -> String {
        let name = word.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map { $0.lowercased() } ?? ""
        for ending in [".exe", ".cmd", ".bat"] where name.hasSuffix(ending) {
            return String(name.dropLast(ending.count))
        }
        return name
    }

    private static func isAssignment(_ word: String) -> Bool {
        guard let equals = word.firstIndex(of: "="), equals > word.startIndex else { return false }
        return word[..<equals].allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber }
    }
}
