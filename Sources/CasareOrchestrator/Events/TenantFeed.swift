import CasareDomain
import CasareStore
import Synchronization

/// The latest events of a tenant in memory, for all of its streams: one task reads them, and many look here.
///
/// Who waits takes a seat first and looks then, so that nothing that comes in between is missed.
final class TenantFeed: Sendable {
    /// What is in memory after a place.
    enum Recent: Sendable {
        /// In order, and where they end.
        case events([StoredEvent], end: EventCursor)
        /// Nothing, or not all of it: the database has it.
        case elsewhere
    }

    private struct State {
        /// All events after `floor` and up to `position`, in order.
        var events: [StoredEvent] = []
        var bytes = 0
        var floor = EventCursor.start
        var position = EventCursor.start
        var seats: [Int: Seat] = [:]
        var lastSeat = 0
    }

    let tenant: Tenant.ID
    /// Of the task that reads.
    let readerSeat = Seat()
    private let limits: StreamLimits
    private let state = Mutex(State())

    init(_ tenant: Tenant.ID, limits: StreamLimits) {
        self.tenant = tenant
        self.limits = limits
    }

    /// How far the events are known. It lies before all that is yet to come.
    var position: EventCursor { self.state.withLock { $0.position } }

    /// How many events are in memory.
    var count: Int { self.state.withLock { $0.events.count } }

    func recent(after cursor: EventCursor, limit: Int) -> Recent {
        self.state.withLock { state in
            guard cursor >= state.floor, cursor < state.position else { return .elsewhere }
            // The first that is after it: they are in order.
            var (low, high) = (0, state.events.count)
            while low < high {
                let middle = (low + high) / 2
                if state.events[middle].cursor > cursor { high = middle } else { low = middle + 1 }
            }
            let found = Array(state.events[low...].prefix(limit))
            let isAll = low + found.count == state.events.count
            return .events(found, end: isAll ? state.position : found.last?.cursor ?? state.position)
        }
    }

    /// The reader begins: nothing before this is in memory.
    func begin(at cursor: EventCursor) {
        self.state.withLock { state in
            state.floor = cursor
            state.position = cursor
        }
        self.wakeAll()
    }

    /// The reader got further. The oldest events give way to the new ones.
    func append(_ span: EventSpan) {
        let hasMoved = self.state.withLock { state in
            guard span.end > state.position else { return false }
            state.position = span.end
            state.events += span.events
            state.bytes += span.events.reduce(0) { $0 + $1.bytes }
            var dropped = 0
            while state.events.count - dropped > self.limits.recentMax || state.bytes > self.limits.recentBytesMax {
                state.bytes -= state.events[dropped].bytes
                state.floor = state.events[dropped].cursor
                dropped += 1
            }
            state.events.removeFirst(dropped)
            return true
        }
        if hasMoved { self.wakeAll() }
    }

    /// Keeps a seat while `body` runs, which is woken whenever there may be something new.
    func withSeat<R>(_ body: (Seat) async throws -> R) async rethrows -> R {
        let seat = Seat()
        let number = self.state.withLock { state in
            state.lastSeat += 1
            state.seats[state.lastSeat] = seat
            return state.lastSeat
        }
        defer { self.state.withLock { $0.seats[number] = nil } }
        return try await body(seat)
    }

    func wakeAll() {
        let seats = self.state.withLock { Array($0.seats.values) }
        for seat in seats {
            seat.wake()
        }
    }
}
