import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials

/// What a submit asks of the queue beside a place in it.
struct QueueOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Robots of this environment may run it (default: default).", valueName: "name"),
        transform: Text.notEmpty)
    var environment: String?

    @Option(
        help: ArgumentHelp(
            "Jobs of one key take turns with those of others; the queue may limit each key.", valueName: "key"),
        transform: Text.notEmpty)
    var queueKey: String?

    @Option(
        help: ArgumentHelp("Its robot must have this tag; may be repeated.", valueName: "tag"),
        transform: Text.label)
    var requireTag: [String] = []

    @Option(
        help: ArgumentHelp("Its robot must have this capability; may be repeated.", valueName: "capability"),
        transform: Text.label)
    var requireCapability: [String] = []

    @Option(
        help: ArgumentHelp("Only this robot may run it.", valueName: "id"), transform: RobotArgument.parse)
    var robot: RobotArgument?

    @Option(
        help: ArgumentHelp("It fails as expired when no robot has begun it by this time.", valueName: "time"),
        transform: Moment.parse)
    var deadline: Moment?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The same, so long from now, \(TimeSpan.help).", valueName: "time"),
        transform: PositiveJobSpan.parse)
    var expiresIn: PositiveJobSpan?

    @Option(
        help: ArgumentHelp("Let there be one job of this key at a time.", valueName: "key"), transform: Text.notEmpty)
    var uniqueKey: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long the job has its unique key to itself: while it is waiting, while it is unfinished (the default), "
                + "or a time such as 10m.", valueName: "what"),
        completion: .list(["waiting", "unfinished"]), transform: UniqueForArgument.parse)
    var uniqueFor: UniqueForArgument?

    @Option(
        help: ArgumentHelp(
            "When another job has the unique key: return that one (the default), reject this one, or replace that one "
                + "while it waits.", valueName: "what"),
        completion: .list(ConflictArgument.names), transform: ConflictArgument.parse)
    var onConflict: ConflictArgument?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Begin when no other job of the unique key has been submitted for this long; each replaces the one before.",
            valueName: "time"), transform: PositiveJobSpan.parse)
    var debounce: PositiveJobSpan?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("But no later than this long after the first of them.", valueName: "time"),
        transform: PositiveJobSpan.parse)
    var debounceMax: PositiveJobSpan?

    func validate() throws {
        if self.deadline != nil && self.expiresIn != nil {
            throw ValidationError("Give --deadline or --expires-in, not both.")
        }
        if self.uniqueKey == nil {
            let options = [
                ("--unique-for", self.uniqueFor != nil), ("--on-conflict", self.onConflict != nil),
                ("--debounce", self.debounce != nil), ("--debounce-max", self.debounceMax != nil),
            ]
            if let (option, _) = options.first(where: \.1) {
                throw ValidationError("\(option) belongs to a unique key: add --unique-key.")
            }
        }
        if let debounceMax {
            guard let debounce else { throw ValidationError("--debounce-max belongs to --debounce: add that.") }
            guard debounceMax.seconds >= debounce.seconds else {
                throw ValidationError("--debounce-max is less than --debounce; no job would wait that long.")
            }
        }
        if self.debounce != nil && (self.uniqueFor != nil || self.onConflict?.name ?? .replace != .replace) {
            throw ValidationError(
                "--debounce replaces the job that waits: leave out --unique-for and --on-conflict.")
        }
    }

    /// - Parameter delay: of the job, in seconds.
    func check(delay: Double?, at: Moment?) throws {
        if self.debounce != nil && (delay != nil || at != nil) {
            throw ValidationError("--debounce says when the job begins: leave out --delay and --at.")
        }
        if let expiresIn, let start = self.debounce?.seconds ?? delay, expiresIn.seconds <= start {
            throw ValidationError("--expires-in is over before the job may begin; give a longer time.")
        }
        if let deadline, let at, deadline.date <= at.date {
            throw ValidationError("--deadline is over before the job may begin; give a later one.")
        }
    }

    func apply(to request: inout SubmitJobRequest) throws {
        request.environment = self.environment ?? SubmitJobRequest.environmentDefault
        request.queueKey = self.queueKey
        let requirements = Job.Requirements(
            tags: self.requireTag, capabilities: self.requireCapability, robot: self.robot?.id)
        request.requirements = requirements == .anyRobot ? nil : requirements
        request.expiresAt = self.deadline?.date
        request.expiresInSeconds = self.expiresIn?.seconds
        guard let uniqueKey else { return }
        do throws(Job.Uniqueness.Invalid) {
            request.unique = try Job.Uniqueness(
                key: uniqueKey, scope: self.uniqueFor?.scope, windowSeconds: self.uniqueFor?.windowSeconds,
                onConflict: self.onConflict?.name, debounceSeconds: self.debounce?.seconds,
                debounceMaxSeconds: self.debounceMax?.seconds)
        } catch {
            throw CommandFailure(.usage, "--unique-key: \(error.member.rawValue) \(error)")
        }
    }
}

/// How long a job holds its unique key.
struct UniqueForArgument: ArgumentForm, Hashable {
    static let form = "waiting, unfinished, or \(PositiveJobSpan.form)"

    let scope: Job.UniqueKey.ScopeName
    let windowSeconds: Double?

    init?(argument: String) {
        switch argument.lowercased() {
        case "waiting": (self.scope, self.windowSeconds) = (.waiting, nil)
        case "unfinished": (self.scope, self.windowSeconds) = (.unfinished, nil)
        default:
            guard let span = PositiveJobSpan(argument: argument) else { return nil }
            (self.scope, self.windowSeconds) = (.window, span.seconds)
        }
    }
}

struct ConflictArgument: ArgumentForm, Hashable {
    static let names = Job.Uniqueness.ConflictName.allCases.map(\.rawValue)
    static let form = "one of \(Self.names.joined(separator: ", "))"

    let name: Job.Uniqueness.ConflictName

    init?(argument: String) {
        guard let name = Job.Uniqueness.ConflictName(rawValue: argument.lowercased()) else { return nil }
        self.name = name
    }
}
