extension Explanation.Reason {
    /// A reason in words, from its facts.
    ///
    /// - Parameters:
    ///   - template: the command, with {queue}, {key}, {job} and {robot} for the names in `detail` or `names`.
    ///   - names: what the question was about.
    public init(code: Explanation.Code, detail: Object, template: String?, names: [String: String]) {
        self.init(
            code: code, message: Self.message(code, Facts(detail: detail)), detail: detail,
            clears: template.map { Self.command($0, detail, names) })
    }

    private static func command(_ template: String, _ detail: Object, _ names: [String: String]) -> String {
        var command = template
        for name in ["queue", "key", "job", "robot"] where command.contains("{\(name)}") {
            let known = names[name] ?? detail[name]?.string ?? detail["\(name)s"]?.list?.first?.string
            command.replace("{\(name)}", with: known.map(self.quoted) ?? name.uppercased())
        }
        return command
    }

    /// As a shell takes it for one word.
    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [0x2D, 0x2E, 0x5F, 0x2F, 0x3A, 0x40].contains(byte)
            }
        return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
    }

    private struct Facts {
        let detail: Object

        func text(_ key: String) -> String { self.detail[key]?.string ?? "?" }
        func number(_ key: String) -> Int { self.detail[key]?.int ?? 0 }

        func words(_ key: String) -> [String] { self.detail[key]?.list?.compactMap(\.string) ?? [] }

        /// The clause with the value in it, or nothing without a value.
        func clause(_ key: String, _ clause: (String) -> String) -> String {
            self.detail[key]?.string.map(clause) ?? ""
        }

        /// " by ann: month end, until 2026-01-01T12:00:00Z"
        var pause: String {
            " by \(self.text("by"))" + self.clause("reason") { ": \($0)" } + self.clause("until") { ", until \($0)" }
        }

        /// "1001" stands for more than a thousand.
        func bounded(_ key: String) -> String { self.number(key) > 1000 ? "more than 1000" : "\(self.number(key))" }

        /// What is asked of a robot, in words.
        var requirement: String {
            var parts: [String] = []
            if !self.words("tags").isEmpty { parts.append("the tags \(self.words("tags").joined(separator: ", "))") }
            if !self.words("capabilities").isEmpty {
                parts.append("the capabilities \(self.words("capabilities").joined(separator: ", "))")
            }
            if let robot = self.detail["robot"]?.string { parts.append("the name \(robot)") }
            if let workflow = self.detail["workflow"]?.string { parts.append("workflow \(workflow) assigned to it") }
            return parts.isEmpty ? "anything" : parts.joined(separator: " and ")
        }

        /// Who comes nearest to that, and what it lacks.
        var nearest: String {
            let robots = (self.detail["nearest"]?.list ?? []).compactMap { near -> String? in
                guard let robot = near["robot_id"]?.string else { return nil }
                let missing = [near["missing_tags"], near["missing_capabilities"]]
                    .flatMap { $0?.list?.compactMap(\.string) ?? [] }
                return missing.isEmpty ? robot : "\(robot) (lacks \(missing.joined(separator: ", ")))"
            }
            return robots.isEmpty ? "" : "; the nearest: \(robots.joined(separator: ", "))"
        }

        var holders: String {
            let jobs = (self.detail["oldest"]?.list ?? []).compactMap { holder -> String? in
                holder["job_id"]?.string.map { job in
                    holder["robot_id"]?.string.map { "\(job) on \($0)" } ?? job
                }
            }
            return jobs.isEmpty ? "" : ", held longest by \(jobs.joined(separator: ", "))"
        }
    }

    private static func message(_ code: Explanation.Code, _ facts: Facts) -> String {
        switch code {
        case .ended:
            "It has ended as \(facts.text("kind")) at \(facts.text("at"))" + facts.clause("message") { ": \($0)" } + "."
        case .running:
            "It runs on robot \(facts.text("robot")) since \(facts.text("since")), attempt \(facts.number("attempt"))."
        case .robotLost:
            "Its robot \(facts.text("robot")) has not been heard of since \(facts.text("seen_at")); "
                + "the sweep takes the job back in a moment."
        case .asked:
            "A person must say whether step \(facts.text("node")) happened: \(facts.text("question"))"
        case .dueNotMoved:
            "It has been due since \(facts.text("due_at")), and no orchestrator has moved it to the queue: is one running?"
        case .retryDue: "Attempt \(facts.number("attempt")) failed; the next one is due at \(facts.text("due_at"))."
        case .dueLater: "It is due at \(facts.text("due_at"))."
        case .queuePaused: "Queue \(facts.text("queue")) is paused\(facts.pause)."
        case .keyPaused: "Key \(facts.text("key")) of queue \(facts.text("queue")) is paused\(facts.pause)."
        case .noRobotRegistered: "No robot is registered in environment \(facts.text("queue"))."
        case .noRobotFits:
            "None of the \(facts.number("registered")) robots of environment \(facts.text("queue")) has "
                + "\(facts.requirement)\(facts.nearest)."
        case .robotsOffline: "No robot that fits is alive: \(facts.words("robots").joined(separator: ", "))."
        case .robotsCordoned:
            "The robots that fit and are alive take no more jobs, being cordoned or asked to end: \(facts.words("robots").joined(separator: ", "))."
        case .robotsBusy:
            "The robots that fit are busy: \(facts.number("slots_in_use")) of \(facts.number("slots")) slots are taken."
        case .queueLimit:
            "Queue \(facts.text("queue")) is at its limit: \(facts.number("running")) of \(facts.number("limit")) jobs "
                + "run\(facts.holders)."
        case .keyLimit:
            "Key \(facts.text("key")) is at its limit: \(facts.number("running")) of \(facts.number("limit")) jobs "
                + "run\(facts.holders)."
        case .queueRate:
            "The rate of queue \(facts.text("queue")) is used up; the next job may begin at \(facts.text("next_at"))."
        case .keyRate:
            "The rate of key \(facts.text("key")) is used up; its next job may begin at \(facts.text("next_at"))."
        case .inLine:
            "It is in line: \(facts.bounded("ahead")) jobs of its priority are before it, "
                + "\(facts.bounded("more_urgent")) are more urgent"
                + (facts.number("lanes_before") > 0
                    ? ", \(facts.bounded("lanes_before")) keys have their turn first" : "")
                + facts.clause("ready_since") { "; it has been ready since \($0)" } + "."
        case .expires: "It ends as expired unless it has begun by \(facts.text("at"))."
        case .nowhere: "It is in no place where a job can be, which must not happen."
        case .lanes:
            "Lanes of jobs by what they wait for: "
                + facts.detail.keys.filter { $0 != "queue" }.map { "\($0) \(facts.number($0))" }.joined(separator: ", ")
                + "."
        case .waiting: "\(facts.text("ready")) jobs are ready and \(facts.text("scheduled")) are due later."
        case .runningJobs: "\(facts.number("running")) jobs run on \(facts.number("slots")) slots."
        case .requirementUnmet: "No robot that is alive has \(facts.requirement)."
        case .noRobots:
            facts.number("alive") == 0
                ? "No robot of environment \(facts.text("queue")) is alive."
                : "All robots of environment \(facts.text("queue")) that are alive are cordoned."
        case .noWork: "No job waits in queue \(facts.text("queue"))."
        case .workWaits: "Jobs wait in queue \(facts.text("queue")); the robot gets some with its next request."
        case .offline:
            "It has no open session" + facts.clause("seen_at") { "; it was last heard of at \($0)" } + "."
        case .stale: "Its session has not been renewed since \(facts.text("seen_at")), and is about to end."
        case .cordoned: "It is cordoned since \(facts.text("since")): it leases nothing more."
        case .draining:
            "It was asked to \(facts.text("order")) by \(facts.text("by"))" + facts.clause("reason") { ": \($0)" }
                + "; it leases nothing more, and ends."
        case .wedged:
            facts.text("cause") == Robot.Wedge.Cause.jobOverdue.rawValue
                ? "The robot\(facts.clause("robot") { " \($0)" }) is wedged: job \(facts.text("job")) should have ended by its "
                    + "own time limits at \(facts.text("since"))."
                : "The robot is wedged: it has had free slots since \(facts.text("since")) and asks for no jobs."
        case .slotsFull: "All of its \(facts.number("slots")) slots are taken: it runs \(facts.number("in_use")) jobs."
        }
    }
}
