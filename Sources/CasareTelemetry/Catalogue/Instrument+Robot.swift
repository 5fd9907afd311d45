/// What a robot counts of what it does itself, since it was started, whatever way it reports.
///
/// Jobs whose end no robot reports are counted by whoever ends them, in the same instruments: those that are cancelled,
/// that expire, and that are given up because their robots died.
extension Instrument {
    // MARK: Jobs

    package static let jobLeased = Instrument(
        "casare.job.leased", .counter, unit: "{job}", "Jobs that the robot has leased", attributes: [.queue],
        by: .robot)
    package static let jobWaitDuration = Instrument(
        "casare.job.wait.duration", .histogram(bounds: Buckets.wait), unit: "s",
        "From when a job was due until the robot leased it, for each attempt", attributes: [.queue], by: .robot)
    package static let jobDuration = Instrument(
        "casare.job.duration", .histogram(bounds: Buckets.job), unit: "s",
        "From when a job was due for the first time until it ended, whoever ended it",
        attributes: [.queue, .workflow, .jobResult, .failureKind], by: .every)
    package static let jobRetried = Instrument(
        "casare.job.retried", .counter, unit: "{job}", "Attempts that failed and are to be made again",
        attributes: [.queue, .failureKind], by: .robot)
    package static let leaseFenced = Instrument(
        "casare.job.lease.fenced", .counter, unit: "{write}",
        "Writes that were refused because the job was no longer the robot's", attributes: [.leaseOperation],
        by: .robot)
    package static let deadLetterOpened = Instrument(
        "casare.dlq.opened", .counter, unit: "{dead_letter}", "Dead letters that were opened",
        attributes: [.queue, .failureKind], by: .every)

    // MARK: Runs

    package static let workflowRunDuration = Instrument(
        "casare.workflow.run.duration", .histogram(bounds: Buckets.job), unit: "s", "One attempt of a job on the robot",
        attributes: [.workflow, .runResult, .failureKind], by: .robot)
    package static let workflowRunActive = Instrument(
        "casare.workflow.run.active", .upDownCounter, unit: "{run}", "Attempts that are under way",
        attributes: [.workflow], by: .robot)
    package static let nodeExecutionDuration = Instrument(
        "casare.node.execution.duration", .histogram(bounds: Buckets.node), unit: "s",
        "One step of a workflow, what the node repeats by itself included",
        attributes: [.nodeType, .nodeResult, .errorType], by: .robot)
    package static let nodeRetries = Instrument(
        "casare.node.retries", .counter, unit: "{retry}",
        "Steps that were done again after a failure; what a node repeats by itself is not counted",
        attributes: [.nodeType, .errorType], by: .robot)
    package static let journalCommitDuration = Instrument(
        "casare.journal.commit.duration", .histogram(bounds: Buckets.database), unit: "s",
        "One commit of a journal, as the robot waits for it", by: .robot)

    // MARK: The robot

    package static let robotTime = Instrument(
        "casare.robot.time", .counter, number: .double, unit: "s", "Seconds that slots were idle, and busy",
        attributes: [.robot, .robotState], by: .robot, isObserved: true)
    package static let robotSlotUsage = Instrument(
        "casare.robot.slot.usage", .upDownCounter, unit: "{slot}", "Slots that have a job",
        attributes: [.robot], by: .robot, isObserved: true)
    package static let robotSlotLimit = Instrument(
        "casare.robot.slot.limit", .upDownCounter, unit: "{slot}", "Slots that the robot has",
        attributes: [.robot], by: .robot, isObserved: true)
    package static let robotUtilization = Instrument(
        "casare.robot.utilization", .gauge, number: .double, unit: "1", "The share of the slots that have a job",
        attributes: [.robot], by: .robot, isObserved: true)
    package static let robotLogLines = Instrument(
        "casare.robot.log.lines", .counter, unit: "{line}",
        "Lines of the robot's log that were sent to where they are kept, or are lost", attributes: [.errorType],
        by: .robot)
}
