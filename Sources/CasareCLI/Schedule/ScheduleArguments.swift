import CasareDomain

/// One of an enumeration's names.
private func rawForm<T: RawRepresentable & CaseIterable>(_: T.Type) -> String where T.RawValue == String {
    "one of " + rawNames(of: T.self).joined(separator: ", ")
}

private func rawNames<T: RawRepresentable & CaseIterable>(of _: T.Type) -> [String] where T.RawValue == String {
    T.allCases.map(\.rawValue)
}

/// `buffer-one` is `buffer_one`.
private func rawText(_ argument: String) -> String {
    String(argument.lowercased().map { $0 == "-" ? "_" : $0 })
}

struct DSTArgument: ArgumentForm, Hashable {
    static let names = rawNames(of: DSTRule.self)
    static let form = rawForm(DSTRule.self)

    let rule: DSTRule

    init?(argument: String) {
        guard let rule = DSTRule(rawValue: rawText(argument)) else { return nil }
        self.rule = rule
    }
}

struct WaitForArgument: ArgumentForm, Hashable {
    static let names = rawNames(of: ScheduleSpec.Dependency.WaitFor.self)
    static let form = rawForm(ScheduleSpec.Dependency.WaitFor.self)

    let waitFor: ScheduleSpec.Dependency.WaitFor

    init?(argument: String) {
        guard let waitFor = ScheduleSpec.Dependency.WaitFor(rawValue: rawText(argument)) else { return nil }
        self.waitFor = waitFor
    }
}

struct EndingArgument: ArgumentForm, Hashable {
    static let names = rawNames(of: ScheduleSpec.Dependency.On.self)
    static let form = rawForm(ScheduleSpec.Dependency.On.self)

    let ending: ScheduleSpec.Dependency.On

    init?(argument: String) {
        guard let ending = ScheduleSpec.Dependency.On(rawValue: rawText(argument)) else { return nil }
        self.ending = ending
    }
}

struct EventKindArgument: ArgumentForm, Hashable {
    static let names = rawNames(of: EventKind.self)
    static let form = rawForm(EventKind.self)

    let kind: EventKind

    init?(argument: String) {
        guard let kind = EventKind(rawValue: rawText(argument)) else { return nil }
        self.kind = kind
    }
}

struct OverlapArgument: ArgumentForm, Hashable {
    static let names = rawNames(of: ScheduleSpec.Overlap.self)
    static let form = rawForm(ScheduleSpec.Overlap.self)

    let overlap: ScheduleSpec.Overlap

    init?(argument: String) {
        guard let overlap = ScheduleSpec.Overlap(rawValue: rawText(argument)) else { return nil }
        self.overlap = overlap
    }
}

struct CatchUpArgument: ArgumentForm, Hashable {
    static let names = rawNames(of: ScheduleSpec.CatchUp.Policy.self)
    static let form = rawForm(ScheduleSpec.CatchUp.Policy.self)

    let policy: ScheduleSpec.CatchUp.Policy

    init?(argument: String) {
        guard let policy = ScheduleSpec.CatchUp.Policy(rawValue: rawText(argument)) else { return nil }
        self.policy = policy
    }
}

struct OnClosedArgument: ArgumentForm, Hashable {
    static let names = rawNames(of: ScheduleSpec.OnClosed.self)
    static let form = rawForm(ScheduleSpec.OnClosed.self)

    let onClosed: ScheduleSpec.OnClosed

    init?(argument: String) {
        guard let onClosed = ScheduleSpec.OnClosed(rawValue: rawText(argument)) else { return nil }
        self.onClosed = onClosed
    }
}

struct ScheduleStatusArgument: ArgumentForm, Hashable {
    static let names = rawNames(of: Schedule.Status.self)
    static let form = rawForm(Schedule.Status.self)

    let status: Schedule.Status

    init?(argument: String) {
        guard let status = Schedule.Status(rawValue: rawText(argument)) else { return nil }
        self.status = status
    }
}

struct ScheduleKindArgument: ArgumentForm, Hashable {
    static let names = rawNames(of: ScheduleSpec.Timing.Kind.self)
    static let form = rawForm(ScheduleSpec.Timing.Kind.self)

    let kind: ScheduleSpec.Timing.Kind

    init?(argument: String) {
        guard let kind = ScheduleSpec.Timing.Kind(rawValue: rawText(argument)) else { return nil }
        self.kind = kind
    }
}

/// The whole seconds between two ticks.
struct IntervalArgument: ArgumentForm, Hashable {
    static let form = "whole seconds, from 1s to 366d, such as 30s, 5m, 2h or 1d"

    let seconds: Int

    init?(argument: String) {
        guard let span = TimeSpan(argument), let seconds = Int(exactly: span.seconds),
            ScheduleSpec.Interval.secondsRange.contains(seconds)
        else { return nil }
        self.seconds = seconds
    }
}

/// A JSON object.
struct JSONObjectArgument: ArgumentForm, Hashable {
    static let form = "a JSON object, such as {\"error_type\": \"Timeout\"}"

    let object: Object

    init?(argument: String) {
        guard let object = (try? Value(parsingJSON: argument))?.object else { return nil }  // Not JSON: no object.
        self.object = object
    }
}
