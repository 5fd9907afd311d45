/// Why a calendar, a holiday or a blackout cannot be: a sentence for whoever wrote it, and the member that it is about.
public struct CalendarError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One step on the way to the member at fault.
    public enum Step: Hashable, Sendable {
        case member(String)
        case position(Int)
    }

    /// From the outside in; empty for the whole.
    public let path: [Step]
    /// Without the member's name.
    public let reason: String

    public init(_ path: [Step], _ reason: String) {
        self.path = path
        self.reason = reason
    }

    /// The member at fault as people write it, such as `holidays[2].month`; empty for the whole.
    public var place: String {
        var text = ""
        for step in self.path {
            switch step {
            case .member(let name): text += text.isEmpty ? name : "." + name
            case .position(let position): text += "[\(position)]"
            }
        }
        return text
    }

    public var description: String { self.path.isEmpty ? self.reason : "\(self.place): \(self.reason)" }

    /// The same fault, seen from further out.
    func inside(_ outer: [Step]) -> CalendarError { CalendarError(outer + self.path, self.reason) }
}
