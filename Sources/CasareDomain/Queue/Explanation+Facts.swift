extension Explanation {
    /// What is behind a reason, in words of which messages are made.
    struct Facts {
        /// Counts of what waits stop here.
        private static let waitingMax = 100
        /// Those of what is before a job.
        private static let beforeMax = 1000

        let detail: Object

        func text(_ key: String) -> String { self.detail[key]?.string ?? "?" }
        func has(_ key: String) -> Bool { self.detail[key]?.string != nil }
        func number(_ key: String) -> Int { self.detail[key]?.int ?? 0 }
        func holds(_ key: String) -> Bool { self.detail[key]?.bool == true }

        func words(_ key: String) -> [String] { self.detail[key]?.list?.compactMap(\.string) ?? [] }

        /// The clause with the value in it, or nothing without a value.
        func clause(_ key: String, _ clause: (String) -> String) -> String {
            self.detail[key]?.string.map(clause) ?? ""
        }

        /// " by ann: month end; since 2026-01-01T10:00:00.000Z, until 2026-01-01T12:00:00.000Z"
        var said: String {
            self.clause("by") { " by \($0)" } + self.clause("reason") { ": \(Self.unended($0))" }
                + self.clause("since") { "; since \($0)" } + self.clause("until") { ", until \($0)" }
        }

        /// Text of a person's or a program's, to go on behind or to end with a full stop.
        static func unended(_ text: String) -> String {
            String(text.reversed().drop { $0 == "." || $0.isWhitespace }.reversed())
        }

        /// Such text as a sentence's end.
        static func ended(_ text: String) -> String {
            guard let last = text.last(where: { !$0.isWhitespace }), "!?".contains(last) else {
                return "\(Self.unended(text))."
            }
            return text
        }

        /// "1 job", "2 jobs".
        static func counted(_ number: Int, _ noun: String, max: Int = .max) -> String {
            "\(number > max ? "more than \(max)" : "\(number)") \(noun)\(number == 1 ? "" : "s")"
        }

        // MARK: What waits

        /// "3 jobs wait", "More than 100 jobs wait".
        var waiting: String {
            let waiting = self.number("waiting")
            return (waiting > Self.waitingMax ? "More than \(Self.waitingMax) jobs" : Self.counted(waiting, "job"))
                + (waiting == 1 ? " waits" : " wait")
        }

        /// What a queue has.
        var ready: String {
            let inexact = self.words("inexact")
            let (ready, scheduled) = (self.number("ready"), self.number("scheduled"))
            let counts = [("ready", ready), ("scheduled", scheduled)].map { key, number in
                inexact.contains(key) ? "\(number)+" : "\(number)"
            }
            return "\(counts[0]) \(ready == 1 ? "job is" : "jobs are") ready, and \(counts[1]) "
                + "\(scheduled == 1 ? "is" : "are") due later."
        }

        /// What a queue runs.
        var running: String {
            "\(Self.counted(self.number("running"), "job")) \(self.number("running") == 1 ? "runs" : "run"); the "
                + "robots that take jobs have \(Self.counted(self.number("slots"), "slot"))."
        }

        /// Of a key: " 3 of its jobs wait." Nothing where the question was about one job.
        var keyWaiting: String {
            guard let waiting = self.detail["waiting"]?.int else { return self.more }
            let count = waiting > Self.waitingMax ? "More than \(Self.waitingMax)" : "\(waiting)"
            return " \(count) of its jobs \(waiting == 1 ? "waits" : "wait").\(self.more)"
        }

        /// " The same holds for 4 more." where not all of a kind are told.
        var more: String { self.detail["more"]?.int.map { " The same holds for \($0) more." } ?? "" }

        /// What is before a job that waits for its turn.
        var before: String {
            let (ahead, urgent, keys) = (self.number("ahead"), self.number("more_urgent"), self.number("keys_before"))
            var parts: [String] = []
            if ahead > 0 {
                let jobs = Self.counted(ahead, "job", max: Self.beforeMax)
                parts.append("\(jobs) of its priority \(ahead == 1 ? "is" : "are") before it")
            }
            if urgent > 0 {
                let jobs = Self.counted(urgent, "job", max: Self.beforeMax)
                parts.append("\(jobs) \(urgent == 1 ? "is" : "are") more urgent")
            }
            if keys > 0 {
                let others = Self.counted(keys, "key", max: Self.beforeMax)
                parts.append("\(others) \(keys == 1 ? "has its" : "have their") turn first")
            }
            return parts.isEmpty ? "no job of its priority or above is before it" : parts.joined(separator: ", ")
        }

        // MARK: Robots

        /// What is asked of a robot, in words.
        var need: String {
            var parts: [String] = []
            for (key, noun, plural) in [("tags", "tag", "tags"), ("capabilities", "capability", "capabilities")] {
                let labels = self.words(key)
                guard !labels.isEmpty else { continue }
                parts.append("the \(labels.count == 1 ? noun : plural) \(labels.joined(separator: ", "))")
            }
            if let robot = self.detail["robot"]?.string { parts.append("the name \(robot)") }
            if let workflow = self.detail["workflow"]?.string { parts.append("workflow \(workflow) assigned to it") }
            return parts.joined(separator: " and ")
        }

        /// Who comes nearest to that, and what it lacks.
        var nearest: String {
            let robots = (self.detail["nearest"]?.list ?? []).compactMap { near in
                near["robot"]?.string.map { "\($0) (lacks \(Self.labels(near["lacks"])))" }
            }
            return robots.isEmpty ? "" : "; the nearest: \(robots.joined(separator: ", "))"
        }

        /// What a lone robot lacks.
        var lacking: String {
            self.detail["nearest"]?.list?.first.map { "; it lacks \(Self.labels($0["lacks"]))" } ?? ""
        }

        private static func labels(_ labels: Value?) -> String {
            labels?.list?.compactMap(\.string).joined(separator: ", ") ?? ""
        }

        /// How each of some robots stands: "r1 (cordoned by ann: new disk; since …), r2 (offline)".
        var standing: String {
            let robots = (self.detail["robots"]?.list ?? []).compactMap { robot -> String? in
                guard let facts = robot.object.map({ Facts(detail: $0) }) else { return nil }
                let state =
                    switch facts.text("state") {
                    case "draining": "asked to \(facts.text("order"))\(facts.said)"
                    case "stale": "stale\(facts.clause("since") { ": not heard of since \($0)" })"
                    case let state: "\(state)\(facts.said)"
                    }
                return "\(facts.text("robot")) (\(state))"
            }
            let others = self.number("fitting") - robots.count
            return robots.joined(separator: ", ") + (others > 0 ? " and \(others) more" : "")
        }

        /// "3 of 4 slots are taken"
        var slots: String {
            "\(self.number("slots_in_use")) of \(Self.counted(self.number("slots"), "slot")) "
                + (self.number("slots") == 1 ? "is taken" : "are taken")
        }

        // MARK: Limits

        var key: String { "key \(self.text("key")) of queue \(self.text("queue"))" }

        /// ": 3 of 3 run; the longest: …"
        var limit: String {
            let (running, limit) = (self.number("running"), self.number("limit"))
            let jobs = (self.detail["oldest"]?.list ?? []).compactMap { holder -> String? in
                guard let facts = holder.object.map({ Facts(detail: $0) }) else { return nil }
                return facts.text("job_id") + facts.clause("robot_id") { " on \($0)" }
                    + facts.clause("since") { " since \($0)" } + facts.clause("until") { ", time limit \($0)" }
            }
            return ": \(running) of \(limit) \(running == 1 ? "runs" : "run")"
                + (limit == 0 ? ", and none may begin" : "")
                + (jobs.isEmpty ? "" : "; the longest: \(jobs.joined(separator: "; "))") + "."
        }

        /// "10 at once, then 1 every 0.6 s"
        var rate: String {
            let every = self.detail["every_seconds"]
            let seconds = every?.int.map { "\($0)" } ?? Value.double(every?.double ?? 0).displayText
            return "\(self.number("burst")) at once, then 1 every \(seconds) s"
        }
    }
}
