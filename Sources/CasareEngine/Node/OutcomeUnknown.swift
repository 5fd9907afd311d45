/// Thrown by a node of class `effect` that has begun to change the world and cannot know whether it did: a request was
/// sent and its connection broke before the answer.
///
/// It is no failure. The node's `on_recovery` decides, as after a crash; by default a person is asked.
package struct OutcomeUnknown: Error, Hashable, Sendable, CustomStringConvertible {
    /// What cut it off, as the end of a sentence about the node: "its connection broke after the request was sent".
    package let reason: String

    package init(_ reason: String) { self.reason = reason }

    package var description: String { "It is not known whether it happened: \(self.reason)" }
}

extension NodeFailure {
    private static let inDoubtType = "InDoubtError"

    /// A step that may or may not have happened and that nobody is asked about.
    ///
    /// The workflow's own handlers may deal with it. Nothing repeats it, neither inside the run nor by another attempt.
    package static func inDoubt(_ message: String) -> NodeFailure {
        NodeFailure(Self.inDoubtType, message, isBusiness: true)
    }

    package var isInDoubt: Bool { self.type == Self.inDoubtType }
}
