import CLibpq
import Glibc

extension PostgresConnection {
    /// Returns when the other end has closed the connection or cannot be reached any more, or when the calling task is
    /// cancelled. Nothing is sent, and statements may run meanwhile.
    ///
    /// A server that ends says so at once. One that vanishes without a word is noticed within a few seconds: the
    /// socket is told to probe its peer while it is idle.
    package nonisolated func untilLost() async {
        guard let watch = await self.lossWatch() else { return }
        await watch.wait()
    }

    private func lossWatch() -> LossWatch? {
        guard self.isOpen, let socket = self.socket else { return nil }
        return LossWatch(socket)
    }
}

/// A thread that waits for the other end of a socket to be closed.
private final class LossWatch: Sendable {
    private enum Probe {
        static let idleSeconds: Int32 = 2
        static let intervalSeconds: Int32 = 1
        static let countMax: Int32 = 3
    }

    /// A descriptor of its own: the connection may close its one, and the number then be given to another file.
    private let socket: Int32
    /// An eventfd that becomes readable when nobody waits any more.
    private let stopSignal: Int32

    init?(_ original: Int32) {
        self.socket = fcntl(original, F_DUPFD_CLOEXEC, 0)
        guard self.socket >= 0 else { return nil }
        self.stopSignal = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard self.stopSignal >= 0 else {
            Glibc.close(self.socket)
            return nil
        }
        // Refused on unix sockets, where the kernel itself tells of the other end.
        self.set(SOL_SOCKET, SO_KEEPALIVE, 1)
        self.set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, Probe.idleSeconds)
        self.set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, Probe.intervalSeconds)
        self.set(Int32(IPPROTO_TCP), TCP_KEEPCNT, Probe.countMax)
    }

    deinit {
        Glibc.close(self.socket)
        Glibc.close(self.stopSignal)
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(self.socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Once only.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                startThread(named: "pg-loss-watch") {
                    self.block()
                    continuation.resume()
                }
            }
        } onCancel: {
            eventfd_write(self.stopSignal, 1)
        }
    }

    private func block() {
        // Data is the business of whoever runs statements; POLLHUP and POLLERR are always told of.
        let closed = Int16(0x2000)  // POLLRDHUP, which Glibc's module does not export.
        while true {
            var descriptors = [
                pollfd(fd: self.socket, events: closed, revents: 0),
                pollfd(fd: self.stopSignal, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&descriptors, 2, -1)
            if ready > 0 || errno != EINTR { return }
        }
    }
}
