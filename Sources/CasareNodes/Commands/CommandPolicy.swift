import CasareEngine
import Glibc

/// Which commands a workflow may run (node catalogue §0.5).
///
/// Like the path rules it is a guard against mistakes and careless input: any program that starts others gets past it.
/// Texts are looked at by Unicode scalars: a shell reads bytes, and to it a bar with an accent upon it is a bar.
struct CommandPolicy: Sendable {
    private static let denied: Set<String> = [
        "rm", "del", "format", "fdisk", "mkfs", "wget", "curl", "invoke-webrequest", "nc", "netcat", "ncat",
        "powershell", "pwsh", "cmd", "reg", "regedit", "net", "sc", "shutdown", "reboot",
    ]
    private static let deniedInShell = Set("|&;$(){}<>`\n\r".unicodeScalars)
    /// Words that have a shell run what follows them, now or later.
    private static let deniedFirstInShell: Set<String> = [
        "!", ".", "builtin", "command", "coproc", "eval", "exec", "source", "time", "trap",
    ]
    /// Programs that run the one their arguments name.
    private static let wrappers: Set<String> = [
        "env", "sudo", "doas", "nice", "ionice", "nohup", "setsid", "timeout", "time", "stdbuf", "xargs", "busybox",
        "exec", "command",
    ]
    private static let shells: Set<String> = ["sh", "bash", "dash", "zsh", "ksh", "ash"]
    /// Shells that are looked into, one in the text of another.
    private static let nestedShellsMax = 4

    private let isLifted: Bool
    /// Where the run's own files are.
    private let runFolders: [String]

    /// - Parameter dangerously: The node's `allow_dangerous`, which counts where the robot's policy lets it.
    init(_ environment: NodeEnvironment, dangerously: Bool) {
        let policy = environment.policy
        self.isLifted = !policy.checksCommands || (dangerously && policy.allowsDangerousOverrides)
        self.runFolders = [environment.workingDirectory] + policy.allowedRoots
    }

    /// - Throws: `SecurityError` for a program, with its arguments, that is not allowed.
    func check(_ words: [String]) throws(NodeFailure) {
        if self.isLifted { return }
        try self.check(words, insideShells: 0)
    }

    /// - Throws: `SecurityError` for a text for the shell that is not allowed.
    func check(shellText text: String) throws(NodeFailure) {
        if self.isLifted { return }
        try self.check(shellText: text, insideShells: 0)
    }

    private func check(_ words: [String], insideShells depth: Int) throws(NodeFailure) {
        guard let program = words.first.map(Self.name) else { return }
        // After a wrapper any word may be the program's name, or another wrapper's.
        let names = Self.wrappers.contains(program) ? words.map(Self.name) : [program]
        for name in names { try self.checkName(name) }
        if names.contains("env"), words.contains(where: Self.isSplitOption) {
            throw Self.refusal("The command uses 'env -S', which hides a command in a text")
        }
        guard let shell = names.firstIndex(where: Self.shells.contains),
            let option = words[shell...].firstIndex(where: Self.isTextOption)
        else { return }
        guard depth < Self.nestedShellsMax else {
            throw Self.refusal("The command has more than \(Self.nestedShellsMax) shells, one inside the other")
        }
        for text in words[option...].dropFirst() { try self.check(shellText: text, insideShells: depth + 1) }
    }

    private func check(shellText text: String, insideShells depth: Int) throws(NodeFailure) {
        if let scalar = text.unicodeScalars.first(where: Self.deniedInShell.contains) {
            let name = scalar == "\n" || scalar == "\r" ? "a line break" : "'\(scalar)'"
            throw Self.refusal("The command contains \(name), which a shell would act on")
        }
        // Assignments before the command are not its name.
        let words = Array(try ShellWords.split(text).drop { Self.isAssignment($0) })
        guard let first = words.first else { return }
        if Self.deniedFirstInShell.contains(first) {
            throw Self.refusal("The command begins with '\(first)', which makes a shell run something else")
        }
        // A lone bracket is the program `test`.
        if Self.isPattern(first), first != "[", first != "[[" {
            throw Self.refusal("The command's name '\(first)' is a pattern, for which a shell would put another name")
        }
        if Self.wrappers.contains(Self.name(first)) {
            for word in words where Self.isPattern(word) { try self.checkPattern(Self.name(word)) }
        }
        try self.check(words, insideShells: depth)
    }

    private func checkName(_ name: String) throws(NodeFailure) {
        // mkfs.ext4 and the like are mkfs.
        let stem = name.split(separator: ".").first.map(String.init) ?? name
        if Self.denied.contains(name) || stem == "mkfs" {
            throw Self.refusal("The command '\(name)' is not allowed")
        }
    }

    /// A word after a wrapper is as likely an argument: all files of a folder are, and a name that is spelled out.
    private func checkPattern(_ name: String) throws(NodeFailure) {
        let match = Self.denied.union(Self.shells).sorted().first { fnmatch(name, $0, 0) == 0 }
        if let match, name != "*" {
            throw Self.refusal("The pattern '\(name)' could stand for the command '\(match)', which is not allowed")
        }
    }

    private static func refusal(_ message: String) -> NodeFailure { NodeFailure("SecurityError", message) }

    // MARK: Words

    /// The last component in lower case, without the endings of Windows programs.
    private static func name(_ word: String) -> String {
        let last = word.unicodeScalars.split { $0 == "/" || $0 == "\\" }.last
        let name = last.map { String($0).lowercased() } ?? ""
        for ending in [".exe", ".cmd", ".bat"] where name.hasSuffix(ending) {
            return String(name.dropLast(ending.count))
        }
        return name
    }

    /// Also `NAME+=value`, as some shells have it.
    private static func isAssignment(_ word: String) -> Bool {
        let name = word.unicodeScalars.prefix { $0 != "=" }
        return !name.isEmpty && name.endIndex < word.endIndex
            && name.allSatisfy { $0 == "_" || $0 == "+" || $0.properties.isAlphabetic || ("0"..."9").contains($0) }
    }

    private static func isPattern(_ word: String) -> Bool {
        word.unicodeScalars.contains { $0 == "*" || $0 == "?" || $0 == "[" }
    }

    /// An option by which a shell takes a text to run, alone or with others; some take it with a plus sign too.
    private static func isTextOption(_ word: String) -> Bool {
        let scalars = word.unicodeScalars
        return (scalars.first == "-" || scalars.first == "+") && scalars.contains("c")
    }

    /// `-S` of `env`, alone, with others or with its text, or `--split-string`, which may be cut short.
    private static func isSplitOption(_ word: String) -> Bool {
        if word.utf8.starts(with: "--s".utf8) {
            return "--split-string".utf8.starts(with: word.utf8.prefix { $0 != UInt8(ascii: "=") })
        }
        let letters = word.unicodeScalars.drop { "-iv0".unicodeScalars.contains($0) }
        return word.unicodeScalars.first == "-" && letters.first == "S"
    }
}

// MARK: Interpreters

extension CommandPolicy {
    /// What runs a script that a workflow brings or names.
    enum Interpreter {
        case python, node

        /// - Parameter name: The last component of its path.
        fileprivate func canBeCalled(_ name: Substring) -> Bool {
            switch self {
            case .node:
                return name == "node" || name == "nodejs"
            case .python:
                let version = name.utf8.drop { !Self.versionBytes.contains($0) }
                let stem = name.utf8.prefix { !Self.versionBytes.contains($0) }
                return (stem.elementsEqual("python".utf8) || stem.elementsEqual("pypy".utf8))
                    && version.allSatisfy(Self.versionBytes.contains)
            }
        }

        private static let versionBytes = Set("0123456789.".utf8)

        fileprivate var examples: String {
            switch self {
            case .python: "python, python3, python3.11, pypy3 or the like"
            case .node: "node or nodejs"
            }
        }
    }

    /// Whether a workflow may have its script run by this program: else it could name any. The call blocks.
    ///
    /// A name is looked for where the robot's programs are. A path must not lead to something that the run has put
    /// there.
    ///
    /// - Throws: `SecurityError`.
    func check(interpreter program: String, as kind: Interpreter) throws(NodeFailure) {
        if self.isLifted { return }
        let isPath = program.utf8.contains(UInt8(ascii: "/"))
        // As it is written, and where its links lead.
        let places = isPath ? [program, PathPolicy.canonical(program)] : [program]
        for place in places {
            guard kind.canBeCalled(PathText.components(place).last ?? "") else {
                let link = PathText.isSame(place, program) ? "" : ", which is \(place),"
                throw Self.refusal("The interpreter \(program)\(link) is not allowed: it must be \(kind.examples)")
            }
        }
        guard isPath else { return }
        let folders = self.runFolders + self.runFolders.map(PathPolicy.canonical)
        let isTheRuns = places.contains { place in folders.contains { PathText.isPath(place, inside: $0) } }
        guard PathText.isAbsolute(program), !isTheRuns else {
            throw Self.refusal(
                "The interpreter \(program) is not allowed: its path must be absolute and lie outside the run's own "
                    + "directories")
        }
    }
}
