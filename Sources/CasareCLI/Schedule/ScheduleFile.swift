import CasareDomain
import CasareWire

/// A schedule in a file.
enum ScheduleFile {
    /// What a server adds when it shows a schedule.
    private static let shown = [
        "id", "status", "revision", "pause", "next_at", "due_at", "remaining_runs", "failures_in_a_row", "last_tick_at",
        "last_job", "created_at", "created_by", "updated_at", "updated_by",
    ]

    /// - Throws: `.usage` for what is no such object.
    static func parse(_ text: String, named source: String) throws(CommandFailure) -> SpecFile {
        try SpecFile(parsing: text, named: source, kinds: ["Schedule"], shown: Self.shown)
    }

    /// - Parameter argument: a file, or `-` for stdin.
    static func read(_ argument: String) throws(CommandFailure) -> SpecFile {
        let input = TextInput(argument)
        return try Self.parse(try input.read(), named: input.name)
    }
}

extension ScheduleSpec {
    /// - Throws: `.usage` for what no schedule can have.
    init(from members: Object, of source: String) throws(CommandFailure) {
        do throws(WireDecodingError) {
            try self.init(json: members)
        } catch {
            throw CommandFailure(.usage, "\(source): \(error)")
        }
    }
}
