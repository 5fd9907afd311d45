/// Text that is the same only when its bytes are.
///
/// To Swift `é` in one scalar and in two are the same string. To JSON, which these values come from and go to, they are
/// two: an object may have both as keys.
public struct ExactText: Hashable, Sendable {
    public let text: String

    public init(_ text: String) { self.text = text }

    public static func == (left: Self, right: Self) -> Bool { left.text.isExactly(right.text) }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.text) }
}

extension String {
    /// Whether the other text has the same bytes in UTF-8.
    func isExactly(_ other: String) -> Bool {
        // Most texts differ, and that shows at once; those that do not are mostly ASCII of the same length.
        self == other && self.utf8.elementsEqual(other.utf8)
    }
}
