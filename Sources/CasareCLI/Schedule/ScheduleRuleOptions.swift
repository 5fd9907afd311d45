import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials

/// By which rules a schedule fires. Each option is a member of its spec.
struct ScheduleRuleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "While its job before is under way: skip (the default), buffer-one, buffer-all, cancel-other, "
                + "terminate-other or allow-all.", valueName: "policy"),
        completion: .list(OverlapArgument.names), transform: OverlapArgument.parse)
    var overlap: OverlapArgument?

    @Option(
        help: ArgumentHelp(
            "Ticks that nobody was there to fire: none, latest (the default) or all.", valueName: "policy"),
        completion: .list(CatchUpArgument.names), transform: CatchUpArgument.parse)
    var catchUp: CatchUpArgument?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Of all, the last so many (default: 5).", valueName: "n"),
        transform: Text.number(in: ScheduleSpec.CatchUp.maxRange))
    var catchUpMax: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("None that is older than this (default: 1d).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var catchUpWindow: PositiveTimeSpan?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Fire each tick up to this much later, always the same for one tick.", valueName: "time"),
        transform: TimeSpan.parse)
    var jitter: TimeSpan?

    @Option(help: ArgumentHelp("No tick before this time.", valueName: "time"), transform: Moment.parse)
    var starts: Moment?

    @Option(help: ArgumentHelp("No tick after this time.", valueName: "time"), transform: Moment.parse)
    var ends: Moment?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Fire so often, and no more.", valueName: "n"),
        transform: Text.number(in: 1...ScheduleSpec.runsMax))
    var runs: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Pause itself when so many of its jobs failed in a row.", valueName: "n"),
        transform: Text.number(in: 1...ScheduleSpec.pauseAfterFailuresMax))
    var pauseAfterFailures: Int?

    @Option(help: ArgumentHelp("Fire only while this calendar is open.", valueName: "name"), transform: Text.notEmpty)
    var calendar: String?

    @Option(
        help: ArgumentHelp(
            "Ticks while it is closed: skip (the default), or postpone to when it opens.", valueName: "what"),
        completion: .list(OnClosedArgument.names), transform: OnClosedArgument.parse)
    var onClosed: OnClosedArgument?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Its jobs are to begin this long after their ticks at the latest.", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var slaStartDelay: PositiveTimeSpan?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Its jobs are to take this long at the most.", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var slaDuration: PositiveTimeSpan?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("So many of its last 20 jobs are to complete, such as 95%.", valueName: "share"),
        transform: ShareArgument.parse)
    var slaSuccessRate: ShareArgument?

    @Option(help: ArgumentHelp("What it is for.", valueName: "text"), transform: Text.notEmpty)
    var description: String?

    func validate() throws {
        if let starts, let ends, ends.date < starts.date {
            throw ValidationError("--ends is before --starts: it would never fire.")
        }
    }

    func add(to spec: inout Object) {
        if let overlap { spec["overlap"] = .string(overlap.overlap.rawValue) }
        spec.set(
            "catch_up",
            ("policy", self.catchUp.map { .string($0.policy.rawValue) }), ("max", self.catchUpMax.map(Value.int)),
            ("window_seconds", self.catchUpWindow.map { .double($0.seconds) }))
        if let jitter { spec["jitter_seconds"] = .double(jitter.seconds) }
        if let starts { spec["starts_at"] = .string(Timestamp.text(starts.date)) }
        if let ends { spec["ends_at"] = .string(Timestamp.text(ends.date)) }
        if let runs { spec["runs"] = .int(runs) }
        if let pauseAfterFailures { spec["pause_after_failures"] = .int(pauseAfterFailures) }
        if let calendar { spec["calendar"] = .string(calendar) }
        if let onClosed { spec["on_closed"] = .string(onClosed.onClosed.rawValue) }
        spec.set(
            "sla",
            ("start_delay_seconds", self.slaStartDelay.map { .double($0.seconds) }),
            ("duration_seconds", self.slaDuration.map { .double($0.seconds) }),
            ("success_rate", self.slaSuccessRate.map { .double($0.share) }))
        if let description { spec["description"] = .string(description) }
    }
}
