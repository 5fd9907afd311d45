import Dispatch

/// Runs system calls that may block, such as those on files of a slow network mount, on threads of their own.
///
/// The threads of Swift tasks are as few as the processor's cores: while a file system hangs they must go on renewing
/// leases. Cancelling the task does not interrupt a call that has begun; all calls made here are short or bounded.
enum BlockingWork {
    private static let queue = DispatchQueue(label: "casare.nodes.blocking", attributes: .concurrent)

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
}
