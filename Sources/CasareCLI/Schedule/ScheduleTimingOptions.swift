import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials

/// When a schedule fires. Each option is a member of its spec.
struct ScheduleTimingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Fire by a cron expression of 5 fields, or 6 with seconds: '0 3 * * MON-FRI', '@hourly'.",
            valueName: "expression"), transform: Text.notEmpty)
    var cron: String?

    @Option(
        help: ArgumentHelp("The zone of the cron expression, such as Europe/Berlin (default: UTC).", valueName: "zone"),
        transform: Text.notEmpty)
    var zone: String?

    @Option(
        help: ArgumentHelp(
            "When clocks are put forward or back: automatic (the default), fixed or elapsed.", valueName: "rule"),
        completion: .list(DSTArgument.names), transform: DSTArgument.parse)
    var dst: DSTArgument?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Fire every so often, \(TimeSpan.help).", valueName: "time"),
        transform: IntervalArgument.parse)
    var every: IntervalArgument?

    @Option(
        help: ArgumentHelp("The first tick of --every; the others are counted from it.", valueName: "time"),
        transform: Moment.parse)
    var from: Moment?

    @Option(
        help: ArgumentHelp("Fire once, at this time, such as 2026-11-30T06:00:00Z.", valueName: "time"),
        transform: Moment.parse)
    var at: Moment?

    @Option(
        help: ArgumentHelp("Fire after a job of this workflow; may be repeated.", valueName: "workflow"),
        transform: Text.notEmpty)
    var after: [String] = []

    @Option(
        help: ArgumentHelp("Of several --after: all of them (the default), or any.", valueName: "what"),
        completion: .list(WaitForArgument.names), transform: WaitForArgument.parse)
    var waitFor: WaitForArgument?

    @Option(
        help: ArgumentHelp("Which endings count: success (the default), failure or always.", valueName: "what"),
        completion: .list(EndingArgument.names), transform: EndingArgument.parse)
    var on: EndingArgument?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How far apart the endings of all of them may lie (default: 1h).", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var within: PositiveTimeSpan?

    @Option(
        help: ArgumentHelp(
            "Fire when this happens to a job, such as failed, or to a secret, such as secret.rotation_due; may be "
                + "repeated.", valueName: "kind"),
        completion: .list(EventKindArgument.names), transform: EventKindArgument.parse)
    var onEvent: [EventKindArgument] = []

    @Option(
        help: ArgumentHelp("Only events of this workflow's jobs.", valueName: "workflow"), transform: Text.notEmpty)
    var eventWorkflow: String?

    @Option(
        help: ArgumentHelp("What must be true of an event's detail, as JSON.", valueName: "json"),
        transform: JSONObjectArgument.parse)
    var eventFilter: JSONObjectArgument?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Fire once nothing more has happened for so long.", valueName: "time"),
        transform: PositiveTimeSpan.parse)
    var debounce: PositiveTimeSpan?

    private struct Given {
        let option: String
        let isGiven: Bool

        init(_ option: String, _ isGiven: Bool) {
            self.option = option
            self.isGiven = isGiven
        }
    }

    /// A way to say when, and what belongs to it.
    private struct Way {
        let option: String
        let isGiven: Bool
        let others: [Given]

        init(_ option: String, _ isGiven: Bool, _ others: [Given] = []) {
            self.option = option
            self.isGiven = isGiven
            self.others = others
        }
    }

    private var ways: [Way] {
        let cron = [Given("--zone", self.zone != nil), Given("--dst", self.dst != nil)]
        let every = [Given("--from", self.from != nil)]
        let after = [
            Given("--wait-for", self.waitFor != nil), Given("--on", self.on != nil),
            Given("--within", self.within != nil),
        ]
        let event = [
            Given("--event-workflow", self.eventWorkflow != nil), Given("--event-filter", self.eventFilter != nil),
            Given("--debounce", self.debounce != nil),
        ]
        return [
            Way("--cron", self.cron != nil, cron), Way("--every", self.every != nil, every),
            Way("--at", self.at != nil), Way("--after", !self.after.isEmpty, after),
            Way("--on-event", !self.onEvent.isEmpty, event),
        ]
    }

    static let names = "--cron, --every, --at, --after or --on-event"

    /// Whether it says when.
    var isGiven: Bool { self.ways.contains(where: \.isGiven) }

    func validate() throws {
        let given = self.ways.filter(\.isGiven).map(\.option)
        guard given.count <= 1 else {
            throw ValidationError(
                "\(given.joined(separator: " and ")) are different ways to say when it fires: give one of them.")
        }
        if let at, at.date <= Date() { throw ValidationError("--at is past: it would never fire.") }
        guard let one = given.first else { return }
        for way in self.ways where way.option != one {
            if let other = way.others.first(where: \.isGiven) {
                throw ValidationError("\(other.option) belongs to \(way.option), and not to \(one).")
            }
        }
    }

    /// - Throws: `ValidationError` for what belongs to a way that was not given; an update may give it alone.
    func checkIsWhole() throws {
        for way in self.ways where !way.isGiven {
            if let other = way.others.first(where: \.isGiven) {
                throw ValidationError("\(other.option) belongs to \(way.option): add that.")
            }
        }
    }

    func add(to spec: inout Object) {
        spec.set(
            "cron",
            ("expression", self.cron.map(Value.string)), ("zone", self.zone.map(Value.string)),
            ("dst", self.dst.map { .string($0.rule.rawValue) }))
        spec.set(
            "interval",
            ("seconds", self.every.map { .int($0.seconds) }),
            ("from", self.from.map { .string(Timestamp.text($0.date)) }))
        spec.set("once", ("at", self.at.map { .string(Timestamp.text($0.date)) }))
        spec.set(
            "dependency",
            ("after", self.after.isEmpty ? nil : .list(self.after.map(Value.string))),
            ("wait_for", self.waitFor.map { .string($0.waitFor.rawValue) }),
            ("on", self.on.map { .string($0.ending.rawValue) }),
            ("within_seconds", self.within.map { .double($0.seconds) }))
        spec.set(
            "event",
            ("kinds", self.onEvent.isEmpty ? nil : .list(self.onEvent.map { .string($0.kind.rawValue) })),
            ("workflow", self.eventWorkflow.map(Value.string)),
            ("filter", self.eventFilter.map { .object($0.object) }),
            ("debounce_seconds", self.debounce.map { .double($0.seconds) }))
    }
}

extension Object {
    /// Sets a member to an object of what is given, unless nothing is.
    mutating func set(_ name: String, _ members: (String, Value?)...) {
        let given = members.compactMap { name, value in value.map { (name, $0) } }
        if !given.isEmpty { self[name] = .object(Object(given)) }
    }
}
