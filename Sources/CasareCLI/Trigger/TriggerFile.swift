import ArgumentParser
import CasareDomain
import CasareWire

/// A trigger in a file. A secret never stands in it.
enum TriggerFile {
    /// What a server adds when it shows a trigger; `kind` is there the trigger's own.
    private static let shown = [
        "id", "status", "revision", "pause", "hook", "watch", "secrets", "last_fired_at", "last_job", "created_at",
        "created_by", "updated_at", "updated_by",
    ]

    /// - Throws: `.usage` for what is no such object.
    static func parse(_ text: String, named source: String) throws(CommandFailure) -> SpecFile {
        let kinds = ["Trigger"] + Trigger.Kind.allCases.map(\.rawValue)
        return try SpecFile(parsing: text, named: source, kinds: kinds, shown: Self.shown)
    }

    /// - Parameter argument: a file, or `-` for stdin.
    static func read(_ argument: String) throws(CommandFailure) -> SpecFile {
        let input = TextInput(argument)
        return try Self.parse(try input.read(), named: input.name)
    }
}

extension SpecFile {
    /// What the spec of a trigger says something of.
    var waitsFor: Trigger.Kind? { Trigger.Kind.allCases.first { self.spec[$0.rawValue] != nil } }
}

/// Where the secret of a hook is read from: never from an argument, which others on this machine could read.
struct SecretOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read the secret from the first line of a file, or of stdin (-) (default: the server makes one up).",
            valueName: "file"), transform: Text.notEmpty)
    var secretFile: String?

    /// The first line; `nil`: the server makes one up.
    ///
    /// - Throws: `.usage` for an empty one.
    func read() throws(CommandFailure) -> String? {
        guard let secretFile else { return nil }
        let text = try TextInput(secretFile).read(bytesMax: 64 * 1024)
        guard let line = text.split(whereSeparator: \.isNewline).first, !line.allSatisfy(\.isWhitespace) else {
            throw CommandFailure(.usage, "\(TextInput(secretFile).name) holds no secret; put it in the first line")
        }
        return String(line)
    }
}
