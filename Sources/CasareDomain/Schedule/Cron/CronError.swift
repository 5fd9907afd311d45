/// Why a text is no cron expression that a schedule could have.
package struct CronError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of fault it is.
    package enum Reason: Hashable, Sendable {
        /// The text is not written as an expression is.
        case malformed
        /// It is well written, and means something that is no time: `@reboot`.
        case unsupported
        /// It is well written, and no day is one that it means: 30 February.
        case neverMatches
    }

    package let reason: Reason
    /// The field at fault, such as `day of month`; `nil` when it is the whole.
    package let field: String?
    /// Where the fault begins, in characters from 0.
    package let position: Int
    /// What is wrong and what would be right, without the field; begins in lower case, without a full stop.
    package let message: String

    package init(_ reason: Reason, field: String? = nil, position: Int, _ message: String) {
        self.reason = reason
        self.field = field
        self.position = position
        self.message = message
    }

    package var description: String {
        guard let field else { return self.message }
        return "\(field) (character \(self.position + 1)): \(self.message)"
    }
}
