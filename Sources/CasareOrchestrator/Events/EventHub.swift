import CasareDomain
import CasareStore
import Logging
import ServiceLifecycle
import Synchronization

/// The readers of events: one for each tenant that somebody follows here, however many follow it.
///
/// A reader borrows a connection for each look and gives it back; who waits holds none.
final class EventHub: Service {
    private struct Following {
        let feed: TenantFeed
        var count = 0
        /// Since when nobody follows.
        var unusedSince = ContinuousClock.now
    }

    private struct State {
        var followed: [Tenant.ID: Following] = [:]
        var streams: [Int: @Sendable () -> Void] = [:]
        var lastStream = 0
        var slowCount = 0
        var isClosed = false
    }

    let limits: StreamLimits
    private let database: Database
    private let logger: Logger
    private let state = Mutex(State())
    /// Readers that are to begin.
    private let begun: AsyncStream<TenantFeed>
    private let begin: AsyncStream<TenantFeed>.Continuation

    private static let connectionWaitMax = Duration.seconds(5)
    private static let pauseAfterFailure = Duration.seconds(1)

    init(_ database: Database, limits: StreamLimits = .standard, logger: Logger) {
        self.database = database
        self.limits = limits
        self.logger = logger
        // Bounded by the number of tenants: each of them has one reader at the most.
        (self.begun, self.begin) = AsyncStream.makeStream()
    }

    /// The server is stopping, or has stopped: nobody should follow any more.
    var isClosed: Bool { self.state.withLock { $0.isClosed } }
    /// How many streams are open.
    var streamCount: Int { self.state.withLock { $0.streams.count } }
    /// How many streams were closed because their clients did not read.
    var slowCount: Int { self.state.withLock { $0.slowCount } }
    /// How many tenants are read.
    var readerCount: Int { self.state.withLock { $0.followed.count } }

    /// Gives `body` the tenant's feed, whose reader goes on while it runs; `nil` when the server is stopping.
    func following<R>(_ tenant: Tenant.ID, _ body: (TenantFeed?) async throws -> R) async rethrows -> R {
        let (feed, isNew): (TenantFeed?, Bool) = self.state.withLock { state in
            guard !state.isClosed else { return (nil, false) }
            let isNew = state.followed[tenant] == nil
            var following =
                state.followed[tenant] ?? Following(feed: TenantFeed(tenant, limits: self.limits))
            following.count += 1
            state.followed[tenant] = following
            return (following.feed, isNew)
        }
        if let feed, isNew { self.begin.yield(feed) }
        defer {
            if feed != nil {
                self.state.withLock { state in
                    state.followed[tenant]?.count -= 1
                    state.followed[tenant]?.unusedSince = .now
                }
            }
        }
        return try await body(feed)
    }

    /// Counts a stream while `body` runs.
    ///
    /// - Parameter close: called at once when the server stops.
    /// It does not run where there are `streamsMax` already, or the server is stopping.
    func counting(close: @escaping @Sendable () -> Void, _ body: () async throws -> Void) async rethrows {
        let number: Int? = self.state.withLock { state in
            guard !state.isClosed, state.streams.count < self.limits.streamsMax else { return nil }
            state.lastStream += 1
            state.streams[state.lastStream] = close
            return state.lastStream
        }
        guard let number else { return }
        defer { self.state.withLock { $0.streams[number] = nil } }
        try await body()
    }

    /// A stream is closed because its client does not read.
    func clientWasSlow() {
        self.state.withLock { $0.slowCount += 1 }
        self.logger.info("Closed a stream of events whose client does not read")
    }

    /// Something may have happened: readers look at once.
    func wake() {
        let feeds = self.state.withLock { $0.followed.values.map(\.feed) }
        for feed in feeds {
            feed.readerSeat.wake()
        }
    }

    /// Ends all streams and all reading.
    func close() {
        let (streams, feeds) = self.state.withLock { state in
            state.isClosed = true
            return (Array(state.streams.values), state.followed.values.map(\.feed))
        }
        self.begin.finish()
        for stream in streams {
            stream()
        }
        for feed in feeds {
            feed.readerSeat.wake()
            feed.wakeAll()
        }
    }

    /// Reads until a graceful shutdown, which ends the streams too.
    func run() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await feed in self.begun {
                    group.addTask { await self.read(feed) }
                }
                // Closed, or cancelled without a word.
                self.close()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.close()
        }
    }

    // MARK: Reading

    /// Whether nobody has followed for a while: then the feed is given up.
    private func retire(_ feed: TenantFeed) -> Bool {
        self.state.withLock { state in
            guard let following = state.followed[feed.tenant], following.count == 0,
                following.unusedSince + self.limits.lingerMax <= .now
            else { return state.isClosed }
            state.followed[feed.tenant] = nil
            return true
        }
    }

    private func read(_ feed: TenantFeed) async {
        var horizon = EventHorizon()
        var hasBegun = false
        var hasFailed = false
        // Longer and longer while nothing moves: somebody's transaction may stay open.
        var held = self.limits.heldInterval
        while !Task.isCancelled, !self.retire(feed) {
            let looked = ContinuousClock.now
            var pause = self.limits.lookInterval * Double.random(in: 0.75...1.25)
            do {
                let (found, span) = try await self.look(feed, horizon, hasBegun: hasBegun)
                let hasWaited = horizon.isBehind && found.final <= horizon.final
                held = hasWaited ? min(held * 2, self.limits.lookInterval) : self.limits.heldInterval
                horizon = found
                if hasBegun { feed.append(span) } else { feed.begin(at: span.end) }
                hasBegun = true
                hasFailed = false
                if span.isFull { continue }
                if horizon.isBehind { pause = held }
            } catch {
                if Task.isCancelled { return }
                // The database may have been started anew meanwhile: what was found out may not be so any more.
                horizon = EventHorizon()
                if !hasFailed {
                    self.logger.warning(
                        "Events cannot be read; trying on",
                        metadata: ["tenant.id": "\(feed.tenant)", "error": "\(error)"])
                }
                hasFailed = true
                pause = Self.pauseAfterFailure
            }
            await feed.readerSeat.wait(atMost: pause)
            let rest = looked + self.limits.lookPause - .now
            // Cancelled: the loop ends.
            if rest > .zero { try? await Task.sleep(for: rest) }
        }
    }

    /// One look, and what there is to read after it.
    private func look(
        _ feed: TenantFeed, _ before: EventHorizon, hasBegun: Bool
    ) async throws -> (EventHorizon, EventSpan) {
        let position = feed.position
        let limit = self.limits.spanMax
        return try await self.database.asTenant(feed.tenant, deadline: .now + Self.connectionWaitMax) { connection in
            var horizon = before
            horizon.looked(try EventFeed.look(on: connection))
            guard hasBegun else {
                let start = try EventFeed.reached(horizon.final, on: connection)
                return (horizon, EventSpan(events: [], end: start, isFull: false))
            }
            return (
                horizon, try EventFeed.news(after: position, through: horizon.final, limit: limit, on: connection)
            )
        }
    }
}
