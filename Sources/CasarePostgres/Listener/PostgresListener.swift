import CLibpq
import Glibc
import Synchronization

/// Hears notifications (`LISTEN`) on a connection of its own, and connects again when that is lost.
///
/// Notifications are hints: the server forgets them for whoever is not connected. After `listening(mayHaveMissed:
/// true)` the consumer must look for itself at what the notifications would have told.
package final class PostgresListener: Sendable {
    package enum Event: Hashable, Sendable {
        /// The server now tells what happens on the channels. True when something may have been missed: after a lost
        /// connection, or when the consumer was so slow that events were dropped.
        case listening(mayHaveMissed: Bool)
        case notification(channel: String, payload: String)
    }

    /// Events that wait for the consumer. Beyond that the oldest go, and `listening(mayHaveMissed: true)` follows.
    private static let eventsWaitingMax = 4096

    /// What happens, for one consumer. Ends after `stop`, or when the consumer's task is cancelled.
    package let events: AsyncStream<Event>
    private let worker: ListenerWorker

    /// Begins to listen at once. Keep the listener for as long as its events are read: without it they end.
    package init(configuration: PostgresConfiguration, channels: [String]) {
        let (events, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(Self.eventsWaitingMax))
        self.events = events
        let worker = ListenerWorker(configuration, channels, continuation)
        self.worker = worker
        continuation.onTermination = { _ in worker.stop() }
        worker.start()
    }

    deinit { self.worker.stop() }

    /// Ends the events, closes the connection and returns when that is done.
    package func stop() async {
        await self.worker.stopAndWait()
    }
}
