extension Explanation.Reason {
    /// A reason in words, from its facts.
    public init(
        _ code: Explanation.Code, about subject: Explanation.Subject, detail: Object, clears: Explanation.Command?
    ) {
        self.init(
            code: code, message: Self.message(code, subject, Explanation.Facts(detail: detail)), detail: detail,
            clears: clears?.text)
    }

    private static func message(
        _ code: Explanation.Code, _ subject: Explanation.Subject, _ facts: Explanation.Facts
    ) -> String {
        switch code {
        case .ended:
            "It ended as \(facts.text("kind")) at \(facts.text("at"))"
                + (facts.clause("message") { ": \(Explanation.Facts.ended($0))" }.nonEmpty ?? ".")
                + facts.clause("replayed_as") { " It was submitted anew as job \($0)." }
        case .running:
            "It runs on robot \(facts.text("robot")) since \(facts.text("since")), attempt \(facts.number("attempt"))"
                + facts.clause("until") { "; its time limit is \($0)" } + "."
        case .robotStale:
            "It runs on robot \(facts.text("robot")) since \(facts.text("since")), attempt \(facts.number("attempt")), "
                + "but the robot has not renewed its session since \(facts.text("seen_at")); unless it does by "
                + "\(facts.text("alive_until")), the job is taken back."
        case .robotLost:
            facts.has("lost_at")
                ? "Its robot \(facts.text("robot")) lost its connection at \(facts.text("lost_at")); unless it comes "
                    + "back in a moment, an orchestrator takes the job back."
                : "Its robot \(facts.text("robot")) is gone, last heard of at \(facts.text("seen_at")); an "
                    + "orchestrator takes the job back."
        case .asked:
            "A person must say whether step \(facts.text("node")) happened: \(facts.text("question"))"
        case .paused:
            "It is paused\(facts.said)" + facts.clause("due_at") { "; it was due at \($0)" } + "."
        case .pausing:
            "It is to be paused\(facts.said); its robot hands it back after the step that it is in, or the robot is one "
                + "that does not know of pauses and goes on to the attempt's end."
        case .dueNotMoved:
            "It has been due since \(facts.text("due_at")), and no orchestrator has moved it to the queue: is one "
                + "running? casarectl doctor db looks after that."
        case .retryDue:
            "Attempt \(facts.number("attempt")) failed" + facts.clause("error") { ": \($0)" }
                + "; the next one is due at \(facts.text("due_at"))."
        case .dueLater: "It is due at \(facts.text("due_at"))."
        case .inLine:
            "It is in line: \(facts.before)"
                + facts.clause("ready_since") { "; it has been ready since about \($0)" } + "."
        case .expires: "It ends as expired unless it has begun by \(facts.text("at"))."
        case .nowhere:
            "It is in no place where a job can be, which must not happen: casarectl doctor db looks at the database."
        case .queuePaused: "Queue \(facts.text("queue")) is paused\(facts.said)."
        case .keyPaused: "\(facts.key.capitalizedFirst) is paused\(facts.said).\(facts.keyWaiting)"
        case .queueLimit: "Queue \(facts.text("queue")) is at its limit\(facts.limit)"
        case .keyLimit: "\(facts.key.capitalizedFirst) is at its limit\(facts.limit)\(facts.keyWaiting)"
        case .queueRate:
            "The rate of queue \(facts.text("queue")), \(facts.rate), is used up; the next job may begin at "
                + "\(facts.text("next_at"))."
        case .keyRate:
            "The rate of \(facts.key), \(facts.rate), is used up; its next job may begin at \(facts.text("next_at"))."
                + facts.keyWaiting
        case .noRobotRegistered:
            "No robot is registered in environment \(facts.text("queue")): start casare-robot with "
                + "CASARE_ENVIRONMENT=\(Explanation.Command.quoted(facts.text("queue")))"
                + (facts.need.nonEmpty.map { "; the job needs \($0)." } ?? ".")
        case .noRobotFits:
            "No robot of environment \(facts.text("queue")) has \(facts.need)\(facts.nearest)"
                + facts.clause("elsewhere") { "; that robot is of environment \($0)" } + "."
        case .robotsOffline:
            "No robot \(Self.which(subject, facts)) is alive: \(facts.standing). Start casare-robot as one of them."
        case .robotsCordoned, .robotsDraining:
            "No robot \(Self.which(subject, facts)) takes jobs: \(facts.standing)."
        case .robotsBusy:
            "No robot \(Self.which(subject, facts)) has a slot free: \(facts.slots)."
        case .requirementUnmet: Self.unmet(subject, facts)
        case .waiting: facts.ready
        case .runningJobs: facts.running
        case .noWork:
            facts.holds("elsewhere")
                ? "No job that it may run waits in queue \(facts.text("queue"))."
                : "No job waits in queue \(facts.text("queue"))."
        case .workWaits:
            "Jobs that it may run wait in queue \(facts.text("queue"))"
                + (facts.holds("held") ? "." : "; it asks for some with its next request.")
        case .offline:
            "It has no open session" + facts.clause("seen_at") { "; it was last heard of at \($0)" }
                + ". Start its program, casare-robot."
        case .stale:
            facts.has("lost_at")
                ? "It lost its connection at \(facts.text("lost_at")); unless it comes back in a moment, its session "
                    + "ends and its jobs go to others."
                : "It has not renewed its session since \(facts.text("seen_at"))"
                    + (facts.holds("is_over")
                        ? "; its session is about to end"
                        : "; unless it does by \(facts.text("alive_until")), its session ends")
                    + " and its jobs go to others."
        case .cordoned: "It is cordoned\(facts.said). It leases nothing more."
        case .draining:
            "It was asked to \(facts.text("order"))\(facts.said). It leases nothing more, and ends "
                + (facts.text("order") == Robot.Order.stop.rawValue
                    ? "when it has handed back what it runs." : "when its last job has ended.")
        case .wedged:
            "The robot\(facts.clause("robot") { " \($0)" }) is wedged: "
                + (facts.text("cause") == Robot.Wedge.Cause.jobOverdue.rawValue
                    ? "job \(facts.text("job")) should have ended by its own time limits at \(facts.text("since"))."
                    : "it has had free slots since \(facts.text("since")) and asks for no jobs.")
        case .slotsFull:
            "\(facts.number("slots") == 1 ? "Its slot is" : "All of its \(facts.number("slots")) slots are") taken: it "
                + "runs \(Explanation.Facts.counted(facts.number("in_use"), "job"))."
        }
    }

    /// The robots that are meant.
    private static func which(_ subject: Explanation.Subject, _ facts: Explanation.Facts) -> String {
        switch subject {
        case .queue: "of environment \(facts.text("queue"))"
        case .job, .robot: "that fits"
        }
    }

    /// What jobs wait for that nobody meets, or this robot does not.
    private static func unmet(_ subject: Explanation.Subject, _ facts: Explanation.Facts) -> String {
        switch subject {
        case .robot:
            "\(facts.waiting) in queue \(facts.text("queue")) for a robot that has \(facts.need)\(facts.lacking)."
        case .job, .queue:
            "No robot of environment \(facts.text("queue")) "
                + (facts.standing.isEmpty
                    ? "has \(facts.need)\(facts.nearest)." : "that has \(facts.need) takes jobs: \(facts.standing).")
                + " \(facts.waiting) for one.\(facts.more)"
        }
    }
}

extension String {
    fileprivate var capitalizedFirst: String { self.prefix(1).uppercased() + self.dropFirst() }
    fileprivate var nonEmpty: String? { self.isEmpty ? nil : self }
}
