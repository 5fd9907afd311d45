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
        // The lengths of most texts differ, and are known; the bytes are mostly at hand in one piece.
        guard self.utf8.count == other.utf8.count else { return false }
        // Every look-up in an object comes by here, and a plain loop is the fastest.
        let isSame = self.utf8.withContiguousStorageIfAvailable { own in
            other.utf8.withContiguousStorageIfAvailable { others in
                var place = 0
                while place < own.count, own[place] == others[place] { place += 1 }
                return place == own.count
            }
        }
        return (isSame ?? nil) ?? self.utf8.elementsEqual(other.utf8)
    }
}
