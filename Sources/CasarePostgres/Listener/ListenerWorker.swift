import CLibpq
import Glibc

/// The thread of a listener: it connects, listens, waits in `poll(2)` and begins again when the connection is lost.
final class ListenerWorker: Sendable {
    private struct State {
        var isStopped = false
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private enum Ending {
        case stopped
        case lost
    }

    private static let firstPause: Duration = .milliseconds(50)
    private static let pauseMax: Duration = .seconds(5)

    private let configuration: PostgresConfiguration
    private let listenScript: String
    private let continuation: AsyncStream<PostgresListener.Event>.Continuation
    private let state = Condition(State())
    /// An eventfd that becomes readable when the worker shall stop, so that one `poll` waits for both.
    private let stopSignal: Int32

    init(
        _ configuration: PostgresConfiguration, _ channels: [String],
        _ continuation: AsyncStream<PostgresListener.Event>.Continuation
    ) {
        self.configuration = configuration
        self.listenScript = channels.map { "LISTEN \(quotedIdentifier($0))" }.joined(separator: "; ")
        self.continuation = continuation
        self.stopSignal = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(self.stopSignal >= 0, "The system refused a file descriptor: \(String(cString: strerror(errno)))")
    }

    deinit { Glibc.close(self.stopSignal) }

    func start() {
        startThread(named: "pg-listener") { self.run() }
    }

    func stop() {
        self.state.update { $0.isStopped = true }
        eventfd_write(self.stopSignal, 1)
    }

    func stopAndWait() async {
        self.stop()
        await withCheckedContinuation { waiter in
            let hasEnded = self.state.update { state in
                if !state.hasEnded { state.waiters.append(waiter) }
                return state.hasEnded
            }
            if hasEnded { waiter.resume() }
        }
    }

    private var isStopped: Bool { self.state.update { $0.isStopped } }

    private func run() {
        var pause = Self.firstPause
        var mayHaveMissed = false
        while !self.isStopped {
            // Why it failed needs no report: it is tried again, and the consumer is told what it may have missed.
            if let link = try? self.listen() {
                pause = Self.firstPause
                self.continuation.yield(.listening(mayHaveMissed: mayHaveMissed))
                mayHaveMissed = true
                if self.deliver(from: link) == .stopped { break }
            }
            // Between half and all of it, so that many listeners do not come back in the same moment.
            self.waitForStop(atMost: pause * Double.random(in: 0.5...1))
            pause = min(pause * 2, Self.pauseMax)
        }
        self.continuation.finish()
        let waiters = self.state.update { state in
            state.hasEnded = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func listen() throws(PostgresError) -> Link {
        let link = try Link.open(self.configuration)
        var watch = StatementWatch("LISTEN", timeout: self.configuration.connectTimeout, isCancellable: false)
        try link.run(self.listenScript, &watch)
        return link
    }

    private func deliver(from link: Link) -> Ending {
        while true {
            var isDropping = false
            while let notification = PQnotifies(link.pointer) {
                let result = self.continuation.yield(
                    .notification(
                        channel: String(cString: notification.pointee.relname),
                        payload: String(cString: notification.pointee.extra)))
                PQfreemem(notification)
                if case .dropped = result { isDropping = true }
            }
            if isDropping { self.continuation.yield(.listening(mayHaveMissed: true)) }

            var descriptors = [
                pollfd(fd: PQsocket(link.pointer), events: Int16(POLLIN), revents: 0),
                pollfd(fd: self.stopSignal, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&descriptors, 2, -1)
            if self.isStopped { return .stopped }
            if ready > 0, descriptors[0].revents != 0, PQconsumeInput(link.pointer) != 1 { return .lost }
        }
    }

    private func waitForStop(atMost duration: Duration) {
        var descriptor = pollfd(fd: self.stopSignal, events: Int16(POLLIN), revents: 0)
        poll(&descriptor, 1, Int32(duration.milliseconds))
    }
}
