import CasareStore
import HummingbirdCore

extension APIRequest {
    /// Without a wake-up it is looked at again after this time, more or less: notifications can be lost.
    private static let pollInterval = Duration.seconds(2)

    /// Looks until there is something, the time is up, the server stops or the client goes away.
    ///
    /// - Parameters:
    ///   - look: `nil` for nothing yet.
    /// - Returns: what was found, and whether the connection must be closed because it was watched.
    func waiting<R: Sendable>(
        for topic: WaitingRoom.Topic, atMost limit: Duration, look: @escaping @Sendable () async throws -> R?
    ) async throws -> (found: R?, closesConnection: Bool) {
        // Most requests find something at once, and keep their connection.
        if let found = try await look() { return (found, false) }
        guard limit > .zero, !self.services.waitingRoom.isClosed else { return (nil, false) }
        let deadline = ContinuousClock.now + limit
        let room = self.services.waitingRoom
        let found = try await self.stream.consumeWithCancellationOnInboundClose { _ in
            try await room.withSeat(topic) { seat -> R? in
                while let seat {
                    if let found = try await look() { return found }
                    let rest = deadline - .now
                    guard rest > .zero, !room.isClosed else { return nil }
                    await seat.wait(atMost: min(rest, Self.pollInterval * Double.random(in: 0.75...1.25)))
                    try Task.checkCancellation()
                }
                return nil
            }
        }
        return (found, true)
    }
}
