import CasareDomain
@testable import CasareOrchestrator
@testable import CasareStore
import FoundationEssentials
import Testing

/// The latest events of a tenant in memory, and their bounds.
struct TenantFeedTests {
    private static func event(_ number: Int64, bytes: Int = 0) -> StoredEvent {
        StoredEvent(
            cursor: EventCursor(number: number), at: Date(timeIntervalSince1970: 0), kind: "secret.rotated", id: UUID(),
            subject: .secret("s"), detail: [:], detailBytes: bytes)
    }

    private static func feed(recentMax: Int = 5, recentBytesMax: Int = 1_000_000) -> TenantFeed {
        var limits = StreamLimits.standard
        (limits.recentMax, limits.recentBytesMax) = (recentMax, recentBytesMax)
        let feed = TenantFeed(.default, limits: limits)
        feed.begin(at: EventCursor(number: 10))
        return feed
    }

    private static func append(_ numbers: ClosedRange<Int64>, bytes: Int = 0, end: Int64, to feed: TenantFeed) {
        feed.append(
            EventSpan(
                events: numbers.map { Self.event($0, bytes: bytes) }, end: EventCursor(number: end), isFull: false))
    }

    private struct Found: Equatable {
        let end: Int64
        let numbers: [Int64]
    }

    /// The numbers that are in memory after one, and where they end; `nil` when they are elsewhere.
    private static func recent(_ feed: TenantFeed, after number: Int64, limit: Int = 100) -> Found? {
        switch feed.recent(after: EventCursor(number: number), limit: limit) {
        case .events(let events, let end): Found(end: end.number, numbers: events.map(\.cursor.number))
        case .elsewhere: nil
        }
    }

    @Test func `what is in memory is found after any place that it reaches back to`() {
        let feed = Self.feed()
        #expect(Self.recent(feed, after: 10) == nil)
        Self.append(12...14, end: 20, to: feed)
        #expect(feed.position.number == 20)
        #expect(Self.recent(feed, after: 10) == Found(end: 20, numbers: [12, 13, 14]))
        #expect(Self.recent(feed, after: 12) == Found(end: 20, numbers: [13, 14]))
        #expect(Self.recent(feed, after: 17) == Found(end: 20, numbers: []))
        #expect(Self.recent(feed, after: 10, limit: 2) == Found(end: 13, numbers: [12, 13]))
        // Before it begins, and where nothing is known yet.
        #expect(Self.recent(feed, after: 9) == nil && Self.recent(feed, after: 20) == nil)
    }

    @Test func `the oldest give way when there are too many, or they are too large`() {
        let feed = Self.feed(recentMax: 5)
        Self.append(11...14, end: 14, to: feed)
        Self.append(15...18, end: 18, to: feed)
        #expect(feed.count == 5 && Self.recent(feed, after: 12) == nil)
        #expect(Self.recent(feed, after: 13) == Found(end: 18, numbers: [14, 15, 16, 17, 18]))
        let small = Self.feed(recentMax: 100, recentBytesMax: 2500)
        Self.append(11...20, bytes: 1000, end: 20, to: small)
        #expect(small.count == 1 && small.position.number == 20)
        Self.append(21...21, bytes: 10_000, end: 21, to: small)
        #expect(small.count == 0 && Self.recent(small, after: 20) == nil)
    }

    @Test func `who waits is woken by what is new, and by an end that moves`() async {
        let feed = Self.feed()
        await feed.withSeat { seat in
            Self.append(11...11, end: 11, to: feed)
            await seat.wait(atMost: .seconds(3600))
            feed.append(EventSpan(events: [], end: EventCursor(number: 30), isFull: false))
            await seat.wait(atMost: .seconds(3600))
            #expect(feed.position.number == 30)
        }
    }
}
