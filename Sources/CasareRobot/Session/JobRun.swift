/// The task that runs a job, and who waits for it.
struct JobRun: Sendable {
    let task: Task<Void, Never>
    /// Opens when the run has ended, or is waited for no longer.
    let isOver: Latch

    init(_ body: @escaping @Sendable () async -> Void) {
        let isOver = Latch()
        self.isOver = isOver
        self.task = Task {
            await body()
            isOver.open()
        }
    }

    /// The same run for somebody else, who waits for it anew.
    init(waitingAgainFor other: JobRun) {
        let isOver = Latch()
        self.isOver = isOver
        self.task = other.task
        // Without a parent, as the run itself is by now: nobody waits for one that was given up.
        Task {
            await other.task.value
            isOver.open()
        }
    }
}
