import Glibc

/// Runs the jobs of one actor on one thread of its own, where blocking calls harm nobody.
///
/// The thread starts with the first job and ends once `stop()` was called and nothing is left to run. A job that comes
/// even later starts a thread for itself, so nobody who calls a stopped actor waits for ever.
final class ThreadExecutor: SerialExecutor {
    private struct State: Sendable {
        var jobs: [UnownedJob] = []
        var thread: pthread_t?
        var isRunning = false
        var isStopped = false
    }

    private let state = Condition(State())
    private let threadName: String

    init(threadName: String) {
        self.threadName = threadName
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustStart = self.state.update { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart {
            startThread(named: self.threadName) { self.runJobs() }
        }
    }

    /// Lets the thread end after the jobs that are already queued.
    func stop() {
        self.state.update { $0.isStopped = true }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    func isIsolatingCurrentContext() -> Bool? {
        self.state.update { state in
            guard let thread = state.thread else { return false }
            return pthread_equal(thread, pthread_self()) != 0
        }
    }

    func checkIsolated() {
        precondition(self.isIsolatingCurrentContext() == true, "This is not the thread of the connection")
    }

    private func runJobs() {
        let own = pthread_self()
        self.state.update { $0.thread = own }
        var batch: [UnownedJob] = []
        while true {
            let hasEnded: Bool = self.state.wait { state in
                if !state.jobs.isEmpty {
                    swap(&batch, &state.jobs)
                    return false
                }
                guard state.isStopped else { return nil }
                state.isRunning = false
                state.thread = nil
                return true
            }
            if hasEnded { return }
            for job in batch {
                job.runSynchronously(on: self.asUnownedSerialExecutor())
            }
            batch.removeAll(keepingCapacity: true)
        }
    }
}
