/// How urgent a job is: 0 to 20, 20 first.
public struct Priority: RawRepresentable, Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    public static let range = 0...20

    public let rawValue: Int

    public init?(rawValue: Int) {
        guard Self.range.contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(unchecked rawValue: Int) { self.rawValue = rawValue }

    public static let low = Priority(unchecked: 0)
    public static let normal = Priority(unchecked: 5)
    public static let high = Priority(unchecked: 15)
    public static let critical = Priority(unchecked: 20)

    /// Parses a number from 0 to 20 or one of the names LOW, NORMAL, HIGH, URGENT and CRITICAL, in any case.
    public init?(text: String) {
        switch text.lowercased() {
        case "low": self = .low
        case "normal": self = .normal
        case "high": self = .high
        case "urgent", "critical": self = .critical
        default:
            guard let number = Int(text) else { return nil }
            self.init(rawValue: number)
        }
    }

    public var description: String { String(self.rawValue) }

    public static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
}
