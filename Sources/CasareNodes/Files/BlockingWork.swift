import Dispatch
import Synchronization

/// Runs system calls that may block, such as those on files of a slow network mount, on threads of their own.
///
/// The threads of Swift tasks are as few as the processor's cores: while a file system hangs they must go on renewing
/// leases. Cancelling the task does not interrupt a call that has begun: calls are short or bounded, or look at their
/// `Cancellation` between two pieces of work.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "casare.nodes.blocking", attributes: .concurrent)

    /// Whether the task that waits for the work has been cancelled.
    final class Cancellation: Sendable {
        private let flag = Atomic(false)

        var isCancelled: Bool { self.flag.load(ordering: .relaxed) }

        /// - Throws: `CancellationError`.
        func check() throws {
            if self.isCancelled { throw CancellationError() }
        }

        fileprivate func cancel() { self.flag.store(true, ordering: .relaxed) }
    }

    static func run<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            self.queue.async {
                continuation.resume(with: Result(catching: work))
            }
        }
    }

    /// Runs work that reports its end by itself.
    static func start(_ work: @escaping @Sendable () -> Void) { self.queue.async(execute: work) }

    /// The same for work that may take long.
    static func run<R: Sendable>(_ work: @escaping @Sendable (Cancellation) throws -> R) async throws -> R {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await self.run { try work(cancellation) }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
