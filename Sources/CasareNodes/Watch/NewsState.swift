import CasareDomain
import CasareEngine

/// What is known of a feed of news, and what a look at it means.
struct NewsState: Sendable {
    private let source: FeedSource
    private let rss: FeedSource.RSS
    /// `nil`: nobody has looked yet.
    private var seen: SeenItems?
    /// What the server is to compare with: it need not send again what is as it was.
    private(set) var entityTag: String?
    private(set) var lastModified: String?

    /// - Parameter stored: `value` of earlier on; `nil`: of a watch that begins.
    init(_ source: FeedSource, _ rss: FeedSource.RSS, stored: Value?) {
        self.source = source
        self.rss = rss
        if let stored, let seen = stored["seen"] { self.seen = SeenItems(seen) }
        self.entityTag = stored?["etag"]?.string
        self.lastModified = stored?["last_modified"]?.string
    }

    var value: Value {
        var members: Object = [:]
        if let seen { members["seen"] = seen.value }
        if let entityTag { members["etag"] = .string(entityTag) }
        if let lastModified { members["last_modified"] = .string(lastModified) }
        return .object(members)
    }

    /// - Parameters:
    ///   - entityTag: of the answer, and when it says that it was last changed.
    ///   - now: as payloads have it.
    mutating func looked(
        at feed: NewsFeed, entityTag: String?, lastModified: String?, now: String
    ) -> Look {
        let before = self.value
        let isFirst = self.seen == nil
        var seen = self.seen ?? SeenItems()
        var findings: [WatchFinding] = []
        var bytes = 0
        var isWhole = true
        // The oldest first, as they would have come one by one.
        for item in feed.items.reversed() where !seen.contains(item.id) {
            guard self.source.takesExisting || !isFirst, self.chooses(item) else {
                seen.insert(item.id)
                continue
            }
            guard findings.count < self.source.itemsMax, bytes < Polling.findingsBytesMax else {
                isWhole = false
                break
            }
            let finding = self.finding(item, of: feed, now)
            bytes += finding.payload.jsonText(.compact).utf8.count
            findings.append(finding)
            seen.insert(item.id)
        }
        seen.trim(keeping: feed.items.map(\.id))
        self.seen = seen
        // Of what is left over the server must tell again.
        self.entityTag = isWhole ? entityTag : nil
        self.lastModified = isWhole ? lastModified : nil
        let after = self.value
        return Look(findings: findings, state: after == before ? .none : after)
    }

    private func chooses(_ item: NewsFeed.Item) -> Bool {
        guard WatchText.holds(item.title, self.rss.titleFilter) else { return false }
        guard let category = self.rss.categoryFilter?.lowercased() else { return true }
        return item.categories.contains { $0.lowercased() == category }
    }

    private func finding(_ item: NewsFeed.Item, of feed: NewsFeed, _ now: String) -> WatchFinding {
        let isShort = item.id.unicodeScalars.count <= WatchFinding.keyCharactersMax
        return WatchFinding(
            key: isShort ? item.id : WatchText.digest(item.id),
            payload: [
                "id": .string(WatchText.cut(item.id)), "title": .string(WatchText.cut(item.title)),
                "link": .string(WatchText.cut(item.link)), "description": .string(WatchText.cut(item.description)),
                "content": .string(WatchText.cut(item.content)), "author": .string(WatchText.cut(item.author)),
                "published": .string(WatchText.cut(item.published)),
                "categories": .list(item.categories.map { .string(WatchText.cut($0)) }),
                "feed_title": .string(WatchText.cut(feed.title)), "feed_url": .string(self.rss.request.url),
                "timestamp": .string(now),
            ])
    }
}
