import Synchronization

/// Ends a loop's pause early when there is something to do before its end.
final class Alarm: Sendable {
    private let seat = Seat()
    /// The earliest time that somebody asked for.
    private let earliest = Mutex<ContinuousClock.Instant?>(nil)

    /// Asks for the loop to go on in so much time at the latest.
    func ring(in delay: Duration) {
        let time = ContinuousClock.now + delay
        let isEarlier = self.earliest.withLock { earliest in
            guard time < earliest ?? time + .nanoseconds(1) else { return false }
            earliest = time
            return true
        }
        if isEarlier { self.seat.wake() }
    }

    /// Pauses until a time that was asked for, but no longer than `limit`. Returns at once when the task is cancelled.
    func pause(atMost limit: Duration) async {
        let end = ContinuousClock.now + limit
        while !Task.isCancelled {
            let now = ContinuousClock.now
            let due = self.earliest.withLock { earliest in
                if let time = earliest, time <= now { earliest = nil } else { return min(end, earliest ?? end) }
                return now
            }
            guard now < due else { return }
            await self.seat.wait(atMost: due - now)
        }
    }
}
