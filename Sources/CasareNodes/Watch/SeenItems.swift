import CasareDomain

/// Which items of a feed were seen, as digests of their IDs.
struct SeenItems: Hashable, Sendable {
    /// Of those that are not in the feed any more the oldest are forgotten beyond that.
    static let countMax = 10_000

    /// The oldest first.
    private var order: [String] = []
    private var digests: Set<String> = []

    init() {}

    /// - Parameter stored: `value` of earlier on.
    init(_ stored: Value) {
        for digest in (stored.list ?? []).compactMap(\.string) where self.digests.insert(digest).inserted {
            self.order.append(digest)
        }
    }

    var value: Value { .list(self.order.map(Value.string)) }

    func contains(_ id: String) -> Bool { self.digests.contains(WatchText.digest(id)) }

    mutating func insert(_ id: String) {
        let digest = WatchText.digest(id)
        if self.digests.insert(digest).inserted { self.order.append(digest) }
    }

    /// Forgets what is too much.
    ///
    /// - Parameter current: IDs that are in the feed: forgotten they would be new again.
    mutating func trim(keeping current: [String]) {
        var surplus = self.order.count - Self.countMax
        guard surplus > 0 else { return }
        let kept = Set(current.map(WatchText.digest))
        self.order.removeAll { digest in
            guard surplus > 0, !kept.contains(digest) else { return false }
            surplus -= 1
            self.digests.remove(digest)
            return true
        }
    }
}
