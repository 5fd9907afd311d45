import ArgumentParser
import CasareDomain

/// Job IDs on the command line, or from stdin for a lone `-`.
struct JobIDs: Hashable, Sendable {
    let all: [Job.ID]

    /// Keeps the order, and one of each.
    init(_ arguments: [String], readInput: () throws -> String) throws {
        let words =
            arguments == ["-"] ? try readInput().split(whereSeparator: \.isWhitespace).map(String.init) : arguments
        var seen: Set<Job.ID> = []
        self.all = try words.compactMap { word in
            let id = try Self.id(word)
            return seen.insert(id).inserted ? id : nil
        }
        if self.all.isEmpty { throw CommandFailure(.usage, "no job ID was given") }
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
