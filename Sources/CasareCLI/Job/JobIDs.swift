import ArgumentParser
import CasareDomain

/// Job IDs on the command line, or from stdin for a lone `-`.
struct JobIDs: Hashable, Sendable {
    let all: [Job.ID]

    /// Keeps the order, and one of each.
    init(_ arguments: [String], readInput: () throws -> String) throws {
        self.all = try NamedThings.all(
            arguments, readInput: readInput, separatedBy: \.isWhitespace, noun: "job ID", Self.id)
    }

    static func id(_ text: String) throws(CommandFailure) -> Job.ID {
        guard let id = Job.ID(text) else {
            throw CommandFailure(.usage, "'\(text)' is not a job's ID: expected \(JobArgument.form)")
        }
        return id
    }

    init(_ arguments: [String]) throws {
        try self.init(arguments) { try TextInput.standardInput.read() }
    }
}
