import FoundationEssentials

extension ScheduleSpec {
    /// Finds what no schedule can be, as far as that shows without a clock and without the database: whether its zone,
    /// its workflow and its calendar are there is for others to say.
    ///
    /// - Throws: for the first member that contradicts another or is out of range.
    public func check() throws(Invalid) {
        try self.checkTiming()
        try self.checkJob()
        try self.checkPolicies()
        try self.checkBounds()
        if let sla { try Self.check(sla) }
        if let description {
            let most = Self.descriptionCharactersMax
            guard description.unicodeScalars.count <= most, !description.utf8.contains(0) else {
                throw Invalid(member: "description", reason: "expected at most \(most) characters, without U+0000")
            }
        }
    }

    private func checkTiming() throws(Invalid) {
        switch self.timing {
        case .cron(let cron):
            try Self.check(cron.expression, "cron.expression", charactersMax: Cron.expressionCharactersMax)
            try Self.check(cron.zone, "cron.zone", charactersMax: Cron.zoneCharactersMax)
            do throws(CronError) {
                _ = try CronExpression(cron.expression)
            } catch {
                throw Invalid(member: "cron.expression", reason: error.description)
            }
        case .interval(let interval):
            let range = Interval.secondsRange
            guard range.contains(interval.seconds) else {
                throw Invalid(
                    member: "interval.seconds",
                    reason: "expected a whole number from \(range.lowerBound) to \(range.upperBound), which is 366 "
                        + "days, got \(interval.seconds)")
            }
            try Self.check(interval.from, "interval.from")
        case .once(let once):
            try Self.check(once.at, "once.at")
            if let startsAt, once.at < startsAt {
                throw Invalid(member: "starts_at", reason: "is after once.at, so it would never fire; leave it out")
            }
            if let endsAt, once.at > endsAt {
                throw Invalid(member: "ends_at", reason: "is before once.at, so it would never fire; leave it out")
            }
        case .dependency(let dependency): try self.check(dependency)
        case .event(let event): try Self.check(event)
        }
    }

    private func check(_ dependency: Dependency) throws(Invalid) {
        guard (1...Dependency.workflowsMax).contains(dependency.after.count) else {
            throw Invalid(
                member: "dependency.after",
                reason: "expected the names of 1 to \(Dependency.workflowsMax) workflows, got "
                    + "\(dependency.after.count)")
        }
        for (position, name) in dependency.after.enumerated() {
            let place = "dependency.after[\(position)]"
            try Self.check(name, place, charactersMax: Self.workflowCharactersMax)
            guard !dependency.after[..<position].contains(name) else {
                throw Invalid(member: place, reason: "names \(name) a second time; name each workflow once")
            }
            guard name != self.workflow else {
                throw Invalid(
                    member: place, reason: "is the schedule's own workflow, which would start itself again and again")
            }
        }
        try Self.check(seconds: dependency.withinSeconds, "dependency.within_seconds", max: Job.spanSecondsMax)
    }

    private static func check(_ event: Event) throws(Invalid) {
        guard !event.kinds.isEmpty else {
            throw Invalid(member: "event.kinds", reason: "is empty; name one kind of event or more, such as failed")
        }
        guard Set(event.kinds).count == event.kinds.count else {
            throw Invalid(member: "event.kinds", reason: "names a kind twice; name each once")
        }
        if let workflow = event.workflow {
            try Self.check(workflow, "event.workflow", charactersMax: Self.workflowCharactersMax)
            if let other = event.kinds.first(where: { $0.subject != .job }) {
                throw Invalid(
                    member: "event.workflow",
                    reason: "is of jobs, and \(other.rawValue) happens to none; leave it out, or name kinds of jobs "
                        + "alone")
            }
        }
        do throws(Invalid) {
            _ = try DetailFilter(event.filter)
        } catch {
            throw Invalid(
                member: error.member.isEmpty ? "event.filter" : "event.filter.\(error.member)", reason: error.reason)
        }
        if let seconds = event.debounceSeconds {
            try Self.check(seconds: seconds, "event.debounce_seconds", max: Job.spanSecondsMax)
        }
    }

    private func checkJob() throws(Invalid) {
        try Self.check(self.workflow, "workflow", charactersMax: Self.workflowCharactersMax)
        if let version = self.workflowVersion, !(1...Int(Int32.max)).contains(version) {
            throw Invalid(member: "workflow_version", reason: "expected a number from 1, got \(version)")
        }
        if let environment {
            try Self.check(environment, "environment", charactersMax: Self.environmentCharactersMax)
        }
        if let queueKey { try Self.check(queueKey, "queue_key", charactersMax: Job.queueKeyCharactersMax) }
        guard self.requiredTags.count <= Job.Requirements.labelsMax else {
            throw Invalid(
                member: "required_tags",
                reason: "expected at most \(Job.Requirements.labelsMax), got \(self.requiredTags.count)")
        }
        for (position, tag) in self.requiredTags.enumerated() {
            let place = "required_tags[\(position)]"
            try Self.check(tag, place, charactersMax: Job.Requirements.labelCharactersMax)
            guard !tag.utf8.contains(UInt8(ascii: ",")) else {
                throw Invalid(member: place, reason: "holds a comma; give what is between commas one by one")
            }
        }
        if let seconds = self.expiresInSeconds {
            try Self.check(seconds: seconds, "expires_in_seconds", max: Job.spanSecondsMax)
        }
    }

    private func checkPolicies() throws(Invalid) {
        let range = CatchUp.maxRange
        guard range.contains(self.catchUp.max) else {
            throw Invalid(
                member: "catch_up.max",
                reason: "expected a number from \(range.lowerBound) to \(range.upperBound), got \(self.catchUp.max)")
        }
        try Self.check(
            seconds: self.catchUp.windowSeconds, "catch_up.window_seconds", max: CatchUp.windowSecondsMax)
        if let seconds = self.jitterSeconds {
            guard (0...Self.jitterSecondsMax).contains(seconds) else {
                throw Invalid(
                    member: "jitter_seconds",
                    reason: "expected seconds from 0 to \(Int(Self.jitterSecondsMax)), got \(seconds)")
            }
            guard self.timing.hasTimes || seconds == 0 else {
                throw Invalid(
                    member: "jitter_seconds",
                    reason: "spreads times, and \(self.timing.kind.rawValue) has none; leave it out")
            }
        }
        if let failures = self.pauseAfterFailures, !(1...Self.pauseAfterFailuresMax).contains(failures) {
            throw Invalid(
                member: "pause_after_failures",
                reason: "expected a number from 1 to \(Self.pauseAfterFailuresMax), got \(failures)")
        }
        if let calendar { try Self.check(calendar, "calendar", charactersMax: Self.calendarCharactersMax) }
        guard self.blackouts.count <= Self.blackoutsMax else {
            throw Invalid(
                member: "blackouts",
                reason: "has \(self.blackouts.count) elements; at most \(Self.blackoutsMax) are allowed: put them into "
                    + "a calendar")
        }
    }

    private func checkBounds() throws(Invalid) {
        try Self.check(self.startsAt, "starts_at")
        try Self.check(self.endsAt, "ends_at")
        if let startsAt, let endsAt, endsAt < startsAt {
            throw Invalid(member: "ends_at", reason: "is before starts_at, so it would never fire")
        }
        if let runs, !(1...Self.runsMax).contains(runs) {
            throw Invalid(member: "runs", reason: "expected a number from 1 to \(Self.runsMax), got \(runs)")
        }
    }

    private static func check(_ sla: SLA) throws(Invalid) {
        guard sla.startDelaySeconds != nil || sla.durationSeconds != nil || sla.successRate != nil else {
            throw Invalid(
                member: "sla",
                reason: "watches nothing; give start_delay_seconds, duration_seconds or success_rate, or leave it out")
        }
        if let seconds = sla.startDelaySeconds {
            try Self.check(seconds: seconds, "sla.start_delay_seconds", max: Job.spanSecondsMax)
        }
        if let seconds = sla.durationSeconds {
            try Self.check(seconds: seconds, "sla.duration_seconds", max: Job.spanSecondsMax)
        }
        if let rate = sla.successRate, !(rate > 0 && rate <= 1) {
            throw Invalid(
                member: "sla.success_rate", reason: "expected a number above 0, up to 1: 0.95 is 95 %, got \(rate)")
        }
        guard SLA.runsRange.contains(sla.runs) else {
            throw Invalid(
                member: "sla.runs",
                reason: "expected a number from \(SLA.runsRange.lowerBound) to \(SLA.runsRange.upperBound), got "
                    + "\(sla.runs)")
        }
    }

    /// - Throws: for a text that is empty, too long, or holds a control character.
    private static func check(_ text: String, _ member: String, charactersMax: Int) throws(Invalid) {
        guard (1...charactersMax).contains(text.unicodeScalars.count) else {
            throw Invalid(member: member, reason: "expected 1 to \(charactersMax) characters")
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw Invalid(member: member, reason: "holds a control character; leave it out")
        }
    }

    private static func check(seconds: Double, _ member: String, max: Double) throws(Invalid) {
        guard seconds > 0, seconds <= max else {
            throw Invalid(member: member, reason: "expected seconds above 0, up to \(Int(max)), got \(seconds)")
        }
    }

    private static func check(_ time: Date?, _ member: String) throws(Invalid) {
        guard let time, !self.timeRange.contains(time) else { return }
        throw Invalid(member: member, reason: "expected a time of the years 2000 to 2099; is it a slip?")
    }
}
