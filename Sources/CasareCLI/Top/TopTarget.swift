import CasareDomain
import CasareWire

/// One line of a list: what the keys are about.
enum TopTarget: Hashable, Sendable {
    case job(JobInfo)
    case queue(QueueInfo)
    case robot(RobotInfo)
    case letter(DeadLetterInfo)
    case operation(OperationInfo)

    /// By which it is found again in a newer list.
    var id: String {
        switch self {
        case .job(let job): job.id.description
        case .queue(let queue): queue.name
        case .robot(let robot): robot.id.rawValue
        case .letter(let letter): letter.id.description
        case .operation(let operation): operation.id.description
        }
    }

    /// What a key does to it; `nil`: nothing.
    func action(for key: Character) -> TopAction? {
        switch (self, key) {
        case (.job(let job), "p"):
            job.status == .paused || job.pause != nil ? .resumeJob(job.id) : .pauseJob(job.id)
        case (.job(let job), "c"): .cancelJob(job.id)
        case (.queue(let queue), "p"): queue.pause == nil ? .pauseQueue(queue.name) : .resumeQueue(queue.name)
        case (.robot(let robot), "d"): .drainRobot(robot.id)
        case (.letter(let letter), "r"): .retryLetter(letter.id)
        case (.letter(let letter), "a"): .acknowledgeLetter(letter.id)
        case (.operation(let operation), "p"):
            operation.status == .paused || operation.status == .stopped
                ? .resumeOperation(operation.id) : .pauseOperation(operation.id)
        case (.operation(let operation), "c"): .cancelOperation(operation.id)
        case (.job, _), (.queue, _), (.robot, _), (.letter, _), (.operation, _): nil
        }
    }

    /// Whether the server can say why it does not get on.
    var canBeExplained: Bool {
        switch self {
        case .job, .queue, .robot, .letter: true
        case .operation: false
        }
    }
}

/// A list as the server gave it.
enum TopList: Sendable {
    case jobs([JobInfo])
    case queues([QueueInfo])
    case robots([RobotInfo])
    case letters([DeadLetterInfo])
    case operations([OperationInfo])

    var targets: [TopTarget] {
        switch self {
        case .jobs(let jobs): jobs.map(TopTarget.job)
        case .queues(let queues): queues.map(TopTarget.queue)
        case .robots(let robots): robots.map(TopTarget.robot)
        case .letters(let letters): letters.map(TopTarget.letter)
        case .operations(let operations): operations.map(TopTarget.operation)
        }
    }

    /// Columns and cells of the command that lists such things; what does not matter at a glance is left out.
    var table: (headings: [Heading], rows: [[Cell]]) {
        switch self {
        case .jobs(let jobs): Self.table(jobs, JobInfo.columns, Self.jobKeys)
        case .queues(let queues): Self.table(queues, QueueInfo.columns, Self.queueKeys)
        case .robots(let robots): Self.table(robots, RobotInfo.columns, Self.robotKeys)
        case .letters(let letters): Self.table(letters, DeadLetterInfo.columns, Self.letterKeys)
        case .operations(let operations): Self.table(operations, OperationInfo.columns, Self.operationKeys)
        }
    }

    private static let jobKeys = ["id", "workflow", "status", "attempt", "robot", "created_at", "error"]
    private static let queueKeys = [
        "name", "kind", "ready", "scheduled", "running", "paused_jobs", "slots", "robots_alive", "paused",
    ]
    private static let robotKeys = ["id", "status", "slots_in_use", "slots", "environment", "last_seen_at", "why"]
    private static let letterKeys = ["id", "workflow", "kind", "attempts", "opened_at", "error"]
    private static let operationKeys = [
        "id", "verb", "status", "count", "done", "failed", "created_by", "created_at", "reason",
    ]

    private static func table<Row>(
        _ rows: [Row], _ columns: [Column<Row>], _ keys: [String]
    ) -> (headings: [Heading], rows: [[Cell]]) {
        let shown = keys.compactMap { key in columns.first { $0.key == key } }
        return (shown.map(\.heading), rows.map { row in shown.map { $0.cell(row) } })
    }
}
