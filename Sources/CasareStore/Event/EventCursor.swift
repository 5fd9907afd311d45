/// A place among the events of the installation: after the event of this number, and before the next one.
package struct EventCursor: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Before all events.
    package static let start = EventCursor(number: 0)
    /// After all that there will ever be.
    static let end = EventCursor(number: .max)

    let number: Int64

    init(number: Int64) { self.number = number }

    /// The first part of its text: another way of counting would have another.
    private static let version = "1"
    private static let radix = 36

    /// Reads what `description` wrote; `nil` for everything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == Self.version, let number = Int64(parts[1], radix: Self.radix), number >= 0,
            // One text for each place: no signs, capitals or zeros before it.
            String(number, radix: Self.radix) == parts[1]
        else { return nil }
        self.number = number
    }

    /// For clients, to whom it means nothing.
    package var description: String { "\(Self.version)-\(String(self.number, radix: Self.radix))" }

    package static func < (left: EventCursor, right: EventCursor) -> Bool { left.number < right.number }
}
