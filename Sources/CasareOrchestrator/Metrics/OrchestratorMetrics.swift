import CasareDomain
import CasareStore
import CasareTelemetry
import FoundationEssentials
import Logging

/// What an orchestrator counts of its own work. Everything is counted after the commit, by whoever has committed it:
/// what is undone was never counted, and nothing twice.
struct OrchestratorMetrics: Sendable {
    let registry: MetricRegistry
    private let jobSubmitted: Counter<Int>
    private let leaseExpired: Counter<Int>
    private let jobDuration: Histogram
    private let deadLetterOpened: Counter<Int>
    private let deadLetterReplayed: Counter<Int>
    private let triggerReceived: Counter<Int>
    private let scheduleTicks: Counter<Int>
    private let scheduleDelay: Histogram
    private let scheduleBreaches: Counter<Int>
    let readErrors: Counter<Int>
    let loops: LoopMetrics
    let http: HTTPMetrics
    let messaging: MessagingMetrics
    let auth: AuthMetrics
    let secrets: SecretMetrics
    let audit: AuditMetrics

    init(_ registry: MetricRegistry) {
        self.registry = registry
        self.jobSubmitted = registry.counter(.jobSubmitted)
        self.leaseExpired = registry.counter(.leaseExpired)
        self.jobDuration = registry.histogram(.jobDuration)
        self.deadLetterOpened = registry.counter(.deadLetterOpened)
        self.deadLetterReplayed = registry.counter(.deadLetterReplayed)
        self.triggerReceived = registry.counter(.triggerReceived)
        self.scheduleTicks = registry.counter(.scheduleTicks)
        self.scheduleDelay = registry.histogram(.scheduleDelay)
        self.scheduleBreaches = registry.counter(.scheduleBreaches)
        self.readErrors = registry.counter(.metricReadErrors)
        self.loops = LoopMetrics(registry)
        self.http = HTTPMetrics(registry)
        self.messaging = MessagingMetrics(registry)
        self.auth = AuthMetrics(registry)
        self.secrets = SecretMetrics(registry)
        self.audit = AuditMetrics(registry)
        self.scheduleDelay.series(.none)
        // So that whoever looks at increases sees the first of each.
        for kind in Trigger.Kind.allCases {
            for result in TriggerDelivery.Result.allCases {
                self.triggerReceived.series(Self.received(kind, result))
            }
        }
    }

    /// What made jobs.
    enum Maker: String, Sendable, CaseIterable {
        /// Somebody who submitted them.
        case api
        /// Somebody who ran others again.
        case rerun
        /// The job that runs beside them.
        case job
        case schedule, backfill, trigger, operation
        /// The rotation of a secret, whose hook they are.
        case rotation
        case itemQueue = "item_queue"
    }

    func made(_ tally: JobTally, by maker: Maker) {
        for line in tally.lines {
            self.jobSubmitted.add(
                line.jobs,
                [
                    .queue: .string(line.queue), .workflow: .string(line.workflow),
                    .triggerType: .string(maker.rawValue),
                ])
            if line.replays > 0 { self.deadLetterReplayed.add(line.replays, [.queue: .string(line.queue)]) }
        }
    }

    /// Jobs came to their end here, and not by a robot's report.
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
            if let kind { self.deadLetterOpened.add(1, [.queue: queue, .failureKind: kind]) }
        }
    }

    /// - Parameter leases: how many, by queue.
    func expired(_ leases: [String: Int]) {
        for (queue, count) in leases { self.leaseExpired.add(count, [.queue: .string(queue)]) }
    }

    func received(by kind: Trigger.Kind, _ results: [TriggerDelivery.Result]) {
        for result in results { self.triggerReceived.add(1, Self.received(kind, result)) }
    }

    private static func received(_ kind: Trigger.Kind, _ result: TriggerDelivery.Result) -> Attributes {
        [.triggerType: .string(kind.rawValue), .triggerResult: .string(result.rawValue)]
    }

    /// There is such a queue: of what may happen in it the first is an increase for whoever looks at increases.
    func known(queue: String) {
        self.leaseExpired.series([.queue: .string(queue)])
        self.deadLetterReplayed.series([.queue: .string(queue)])
    }

    func ticked(_ ticks: [TickCount]) {
        for tick in ticks {
            // The first that is missed is an increase too, where one has fired before.
            self.scheduleTicks.series([
                .schedule: .string(tick.schedule), .tickResult: .string(TickCount.Result.missed.rawValue),
            ])
            self.scheduleTicks.add(
                tick.count, [.schedule: .string(tick.schedule), .tickResult: .string(tick.result.rawValue)])
            if let delay = tick.delay { self.scheduleDelay.record(delay) }
        }
    }

    func broken(_ promises: [BrokenPromise]) {
        for one in promises {
            self.scheduleBreaches.add(
                1, [.schedule: .string(one.schedule), .objective: .string(one.promise.rawValue)])
        }
    }
}
