extension Job {
    /// Where a job that is run again begins: what was recorded before is taken over, and not done again.
    public enum ResumePoint: Hashable, Sendable {
        /// Nothing is taken over.
        case start
        /// At the step that made the job fail. A step that was begun and of which nothing more is known is taken over.
        case failed
        /// At this position in the journal, from 0.
        case step(Int)
    }

    /// The job whose recorded steps a job has taken over.
    public struct Origin: Hashable, Sendable {
        public let job: ID
        /// The first step that was not taken over, unless it was in doubt.
        public let step: Int

        public init(job: ID, step: Int) {
            self.job = job
            self.step = step
        }
    }
}
