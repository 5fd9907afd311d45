import Dispatch
import Glibc
import Synchronization

/// Lines from stdin, each read when it is wanted and not before.
final class CommandInput: Sendable {
    enum Line: Hashable, Sendable {
        case text(String)
        case end
        /// Nothing has come in time.
        case missing
    }

    /// Nobody means a longer line.
    private static let lineBytesMax = 1 << 20

    private struct State {
        var bytes: [UInt8] = []
        var isAtEnd = false
    }

    private let state = Mutex(State())
    /// Reading blocks, and must not hold up tasks.
    private let queue = DispatchQueue(label: "casarectl.commands")
    private let descriptor: Int32
    /// A pipe's ends: what is written into it ends the waiting.
    private let wakes: Int32
    private let waker: Int32

    init(_ descriptor: Int32 = STDIN_FILENO) {
        self.descriptor = descriptor
        var ends: [Int32] = [-1, -1]
        // It fails in a process without free descriptors only, where nothing else would work either.
        _ = pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (self.wakes, self.waker) = (ends[0], ends[1])
    }

    deinit {
        close(self.wakes)
        close(self.waker)
    }

    /// The next line, without its end.
    ///
    /// - Throws: `CancellationError` when the task is cancelled, also in the middle of the waiting.
    func line(within limit: Duration?) async throws -> Line {
        try Task.checkCancellation()
        let line = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.queue.async { continuation.resume(returning: self.read(within: limit)) }
            }
        } onCancel: {
            var byte: UInt8 = 0
            // One byte always finds room in an empty pipe.
            _ = write(self.waker, &byte, 1)
        }
        try Task.checkCancellation()
        return line
    }

    private func read(within limit: Duration?) -> Line {
        let deadline = limit.map { ContinuousClock.now + $0 }
        while true {
            if let line = self.takeLine() { return line }
            var waiting = [
                pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: self.wakes, events: Int16(POLLIN), revents: 0),
            ]
            let rest = deadline.map { Int32(max(0, ($0 - .now) / .milliseconds(1)).rounded(.up)) } ?? -1
            let count = poll(&waiting, 2, rest)
            if count < 0 && errno == EINTR { continue }
            if count == 0 { return .missing }
            // Cancelled: what is returned is not looked at.
            if count < 0 || waiting[1].revents != 0 { return .end }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let size = Glibc.read(self.descriptor, &buffer, buffer.count)
            if size < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            self.state.withLock { state in
                if size <= 0 { state.isAtEnd = true } else { state.bytes += buffer[..<size] }
                if state.bytes.count > Self.lineBytesMax { state.isAtEnd = true }
            }
        }
    }

    private func takeLine() -> Line? {
        self.state.withLock { state in
            if let end = state.bytes.firstIndex(of: 0x0A) {
                defer { state.bytes.removeFirst(end + 1) }
                return .text(Self.text(state.bytes[..<end]))
            }
            guard state.isAtEnd else { return nil }
            defer { state.bytes = [] }
            return state.bytes.isEmpty ? .end : .text(Self.text(state.bytes[...]))
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.last == 0x0D ? bytes.dropLast() : bytes, as: UTF8.self)
    }
}
