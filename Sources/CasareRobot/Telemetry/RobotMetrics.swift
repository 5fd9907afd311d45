import CasareClient
import CasareDomain
import CasareStore
package import CasareTelemetry
import Instrumentation

/// What a robot counts of its own work. Ends of jobs are counted when the other side has taken the report.
package struct RobotMetrics: Sendable {
    package let registry: MetricRegistry
    private let queue: AttributeValue
    private let leased: Counter<Int>.Series
    private let consumed: Counter<Int>.Series
    private let waited: Histogram.Series
    private let jobDuration: Histogram
    private let retried: Counter<Int>
    private let fenced: Counter<Int>
    private let lettersOpened: Counter<Int>
    private let runDuration: Histogram
    private let runsActive: UpDownCounter<Int>
    private let processed: Histogram
    private let operations: Histogram
    private let nodes: Histogram
    /// Of those that succeeded, by type.
    private let nodesCompleted = KnownSeries<String>()
    private let nodeRetries: Counter<Int>
    private let commits: Histogram.Series
    private let requests: Histogram

    /// - Parameter queue: the environment that the robot leases from.
    package init(_ registry: MetricRegistry, queue: String) {
        self.registry = registry
        let queue = AttributeValue.string(queue)
        self.queue = queue
        self.leased = registry.counter(.jobLeased).series([.queue: queue])
        self.consumed = registry.counter(.messagesConsumed).series([
            .messagingSystem: "casare", .messagingOperation: "lease", .queue: queue,
        ])
        self.waited = registry.histogram(.jobWaitDuration).series([.queue: queue])
        self.jobDuration = registry.histogram(.jobDuration)
        self.retried = registry.counter(.jobRetried)
        self.fenced = registry.counter(.leaseFenced)
        self.lettersOpened = registry.counter(.deadLetterOpened)
        self.runDuration = registry.histogram(.workflowRunDuration)
        self.runsActive = registry.upDownCounter(.workflowRunActive)
        self.processed = registry.histogram(.messageProcessDuration)
        self.operations = registry.histogram(.messagingOperationDuration)
        self.nodes = registry.histogram(.nodeExecutionDuration)
        self.nodeRetries = registry.counter(.nodeRetries)
        self.commits = registry.histogram(.journalCommitDuration).series(.none)
        self.requests = registry.histogram(.httpClientRequestDuration)
        // So that whoever looks at increases sees the first of each.
        for kind in Failure.Kind.allCases {
            self.retried.series([.queue: queue, .failureKind: .string(kind.rawValue)])
            self.lettersOpened.series([.queue: queue, .failureKind: .string(kind.rawValue)])
        }
        for report in Report.allCases { self.fenced.series([.leaseOperation: .string(report.rawValue)]) }
    }

    /// What a robot tells of a job.
    enum Report: String, Sendable, CaseIterable {
        case checkpoint, complete, fail, block, release
    }

    /// How an attempt ended.
    enum RunEnd: Sendable {
        case completed
        case failed(Failure.Kind)
        /// Handed back, asks a person, or lost with its lease.
        case released, blocked, lost

        var result: AttributeValue {
            switch self {
            case .completed: "completed"
            case .failed: "failed"
            case .released: "released"
            case .blocked: "blocked"
            case .lost: "cancelled"
            }
        }

        var failureKind: AttributeValue? {
            switch self {
            case .failed(let kind): .string(kind.rawValue)
            case .completed, .released, .blocked, .lost: nil
            }
        }
    }

    // MARK: Leasing

    func leased(_ jobs: [LeasedJob], in duration: Duration) {
        guard !jobs.isEmpty else { return }
        self.leased.add(jobs.count)
        self.consumed.add(jobs.count)
        for job in jobs {
            guard let waited = job.waited else { continue }
            // In the job's trace, to which the number leads.
            ServiceContext.withValue(job.trace.map { ServiceContext($0) }) { self.waited.record(waited) }
        }
        self.operation("lease", "receive", took: duration, error: nil)
    }

    func leaseFailed(_ errorType: String, after duration: Duration) {
        self.operation("lease", "receive", took: duration, error: .string(errorType))
    }

    // MARK: Runs

    func began(_ job: LeasedJob) { self.runsActive.add(1, [.workflow: .string(job.workflowName)]) }

    func ended(_ job: LeasedJob, _ end: RunEnd, after duration: Duration) {
        let workflow = AttributeValue.string(job.workflowName)
        self.runsActive.add(-1, [.workflow: workflow])
        self.runDuration.record(
            duration, [.workflow: workflow, .runResult: end.result, .failureKind: end.failureKind])
        self.processed.record(
            duration,
            [
                .messagingSystem: "casare", .messagingOperation: "process", .queue: self.queue,
                .errorType: end.failureKind,
            ])
    }

    /// The job has come to its end, and the other side knows. A side that has not said since when the job was due has
    /// said how long it waited, or is one of before that too.
    func finished(_ job: LeasedJob, _ end: RunEnd, after duration: Duration) {
        self.jobDuration.record(
            duration + (job.sinceDue ?? job.waited ?? .zero),
            [
                .queue: self.queue, .workflow: .string(job.workflowName), .jobResult: end.result,
                .failureKind: end.failureKind,
            ])
    }

    /// Jobs came to their end by what the robot did in the database, and not by a report of how a run ended.
    func ended(_ jobs: [EndedJob]) {
        for job in jobs {
            let queue = AttributeValue.string(job.queue)
            let kind = job.failure.map { AttributeValue.string($0.rawValue) }
            self.jobDuration.record(
                job.duration,
                [
                    .queue: queue, .workflow: .string(job.workflow),
                    .jobResult: kind == nil ? "cancelled" : "failed", .failureKind: kind,
                ])
            if let kind { self.lettersOpened.add(1, [.queue: queue, .failureKind: kind]) }
        }
    }

    func failed(_ kind: Failure.Kind, _ outcome: FailOutcome) {
        let attributes: Attributes = [.queue: self.queue, .failureKind: .string(kind.rawValue)]
        switch outcome {
        case .retrying: self.retried.add(1, attributes)
        case .deadLettered: self.lettersOpened.add(1, attributes)
        }
    }

    // MARK: Reports

    func reported(_ report: Report, took duration: Duration, error: AttributeValue?) {
        self.operation(report.rawValue, "settle", took: duration, error: error)
    }

    /// The job was no longer the robot's.
    func refused(_ report: Report) { self.fenced.add(1, [.leaseOperation: .string(report.rawValue)]) }

    func committed(after duration: Duration) { self.commits.record(duration) }

    /// A request to the orchestrator has ended, or a try of one that is repeated. How long the other side took for the
    /// answer to a long poll says nothing of it.
    func requested(_ attempt: RequestAttempt) {
        guard !attempt.isLongPoll || attempt.errorType != nil else { return }
        self.requests.record(
            attempt.duration,
            [
                .method: .string(attempt.method), .serverAddress: .string(attempt.host),
                .serverPort: .int(attempt.port), .status: attempt.status.map(AttributeValue.int),
                .errorType: attempt.errorType.map(AttributeValue.string),
            ])
    }

    private func operation(_ name: String, _ type: AttributeValue, took duration: Duration, error: AttributeValue?) {
        self.operations.record(
            duration,
            [
                .messagingSystem: "casare", .messagingOperation: .string(name), .messagingOperationType: type,
                .queue: self.queue, .errorType: error,
            ])
    }

    // MARK: Nodes

    /// A step was done, and not known from the journal.
    ///
    /// - Parameter error: the failure's type; `nil` where it succeeded.
    func stepEnded(_ nodeType: String, attempt: Int, error: String?, after duration: Duration) {
        let type = AttributeValue.string(nodeType)
        let errorType = error.map { AttributeValue.string($0) }
        if errorType == nil {
            let completed = self.nodesCompleted.series(of: nodeType) {
                // The first of both is an increase for whoever looks at increases.
                self.nodeRetries.series([.nodeType: type])
                return self.nodes.series([.nodeType: type, .nodeResult: "completed"])
            }
            completed.record(duration)
        } else {
            self.nodes.record(duration, [.nodeType: type, .nodeResult: "failed", .errorType: errorType])
            self.nodeRetries.series([.nodeType: type, .errorType: errorType])
        }
        if attempt > 1 { self.nodeRetries.add(1, [.nodeType: type, .errorType: errorType]) }
    }

    /// A step was under way when its job went elsewhere: it has neither succeeded nor failed here.
    func stepLeft(_ nodeType: String, after duration: Duration) {
        self.nodes.record(duration, [.nodeType: .string(nodeType), .nodeResult: "cancelled"])
    }
}
