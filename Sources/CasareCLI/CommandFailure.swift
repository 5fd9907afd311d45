/// An error that a command raises itself, with the exit status it stands for.
package struct CommandFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let status: ExitReason
    /// What happened to which thing, and what to do next; begins in lower case, without a full stop.
    package let message: String

    package init(_ status: ExitReason, _ message: String) {
        self.status = status
        self.message = message
    }

    package var description: String { self.message }
}

/// Ends the command with a status and without a message: the result that was printed says it all.
struct QuietExit: Error, Hashable, Sendable {
    let status: ExitReason

    init(_ status: ExitReason) { self.status = status }
}
