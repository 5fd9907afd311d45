import CasareEngine
import Synchronization

/// What this process remembers of the servers that it sends requests to: their rate and their circuit breakers.
final class WebTraffic: Sendable {
    /// When there are more, those of which there is nothing to remember are forgotten, else the one longest not used.
    private static let serversMax = 1024

    private struct Server {
        var rate = RequestRate()
        var breaker = CircuitBreaker()
        var lastUse: ContinuousClock.Instant
    }

    private let time: WebTime
    /// By origin.
    private let servers = Mutex<[String: Server]>([:])

    init(time: WebTime) { self.time = time }

    /// Waits for the time of the next request.
    ///
    /// - Throws: `NetworkError` when the server's circuit breaker is open, or too many requests wait for it.
    func admit(_ request: WebRequest) async throws {
        let now = self.time.now()
        let wait: Duration = try self.servers.withLock { servers in
            if servers.count >= Self.serversMax, servers[request.url.origin] == nil {
                servers = servers.filter { !$0.value.breaker.isFresh || !$0.value.rate.isFresh(at: now) }
                let oldest = servers.min { $0.value.lastUse < $1.value.lastUse }
                if servers.count >= Self.serversMax, let oldest { servers[oldest.key] = nil }
            }
            var server = servers[request.url.origin] ?? Server(lastUse: now)
            server.lastUse = now
            defer { servers[request.url.origin] = server }
            guard server.breaker.admits(at: now) else {
                throw NodeFailure(
                    "NetworkError",
                    "Circuit breaker open for \(request.displayURL): it failed \(CircuitBreaker.failuresMax) times in "
                        + "a row, and is tried again \(CircuitBreaker.openDuration.components.seconds) s after the last"
                )
            }
            guard let wait = server.rate.wait(at: now) else {
                server.breaker.requestAbandoned(at: now)
                throw NodeFailure(
                    "NetworkError",
                    "Too many requests wait for \(request.url.origin): \(RequestRate.requestsPerSecond) go out in a "
                        + "second, and none waits longer than \(RequestRate.waitMax.components.seconds) s")
            }
            return wait
        }
        guard wait > .zero else { return }
        do {
            try await self.time.sleep(wait)
        } catch {
            self.note(.abandoned, request)
            throw error
        }
    }

    /// How an attempt ended, for the server's circuit breaker.
    enum Ending { case answered, failed, abandoned }

    func note(_ ending: Ending, _ request: WebRequest) {
        let now = self.time.now()
        self.servers.withLock { servers in
            guard var server = servers[request.url.origin] else { return }
            switch ending {
            case .answered: server.breaker.requestSucceeded()
            case .failed: server.breaker.requestFailed(at: now)
            case .abandoned: server.breaker.requestAbandoned(at: now)
            }
            servers[request.url.origin] = server
        }
    }
}
