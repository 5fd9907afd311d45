import ArgumentParser
import CasareDomain

/// IDs of robots on the command line, or from stdin for a lone `-`.
struct RobotIDs: Hashable, Sendable {
    let all: [Robot.ID]

    /// Keeps the order, and one of each.
    init(_ arguments: [String], readInput: () throws -> String) throws {
        self.all = try NamedThings.all(
            arguments, readInput: readInput, separatedBy: \.isWhitespace, noun: "robot's ID", Self.id)
    }

    init(_ arguments: [String]) throws {
        try self.init(arguments) { try TextInput.standardInput.read() }
    }

    static func id(_ text: String) throws(CommandFailure) -> Robot.ID {
        guard let id = Robot.ID(rawValue: text) else {
            throw CommandFailure(.usage, "'\(text)' cannot be the ID of a robot: expected \(RobotArgument.form)")
        }
        return id
    }
}
