extension APIRequest {
    /// Without a wake-up it is looked at again after this time, more or less: notifications can be lost.
    private static let pollInterval = Duration.seconds(2)

    /// Looks until there is something, the time is up, the server stops or the client goes away.
    ///
    /// - Parameters:
    ///   - lookIn: asked after each look: when to look again at the latest, although nobody says anything.
    ///   - look: `nil` for nothing yet.
    func waiting<R: Sendable>(
        for topic: WaitingRoom.Topic, atMost limit: Duration, lookIn: () -> Duration? = { nil },
        look: () async throws -> R?
    ) async throws -> R? {
        try await self.waiting(
            in: self.services.waitingRoom, for: topic, atMost: limit, lookIn: lookIn, look: look)
    }

    func waiting<R: Sendable>(
        in room: WaitingRoom, for topic: WaitingRoom.Topic, atMost limit: Duration,
        lookIn: () -> Duration? = { nil }, look: () async throws -> R?
    ) async throws -> R? {
        // Most requests find something at once.
        if let found = try await look() { return found }
        guard limit > .zero else { return nil }
        let deadline = ContinuousClock.now + limit
        return try await room.withSeat(topic) { seat in
            guard let seat else { return nil }
            return try await self.connection.waking(seat) {
                while !self.isUseless(in: room) {
                    // Taken before this look: what happens after it wakes the seat.
                    if let found = try await look() { return found }
                    let rest = deadline - .now
                    guard rest > .zero, !self.isUseless(in: room) else { return nil }
                    let poll = Self.pollInterval * Double.random(in: 0.75...1.25)
                    await seat.wait(atMost: min(rest, poll, lookIn() ?? poll))
                }
                return nil
            }
        }
    }

    /// Waits for a word on the topic itself: what is said may be nothing that a look finds.
    ///
    /// - Parameter look: whether there is something that was said before.
    /// - Returns: whether something was said, or may have been.
    func hearing(
        _ topic: WaitingRoom.Topic, atMost limit: Duration, look: () async throws -> Bool
    ) async throws -> Bool {
        let room = self.services.waitingRoom
        let deadline = ContinuousClock.now + limit
        return try await room.withSeat(topic) { seat in
            // Taken before the look: what is said after it wakes the seat.
            if try await look() { return true }
            guard let seat, limit > .zero else { return false }
            return await self.connection.waking(seat) {
                guard !self.isUseless(in: room) else { return false }
                await seat.wait(atMost: deadline - .now)
                return ContinuousClock.now < deadline
            }
        }
    }

    /// Nobody is there to wait any longer, or nobody should.
    private func isUseless(in room: WaitingRoom) -> Bool {
        self.connection.isClosed || room.isClosed || Task.isCancelled
    }
}
