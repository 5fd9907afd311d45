import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

/// The steps that a failed job has recorded last, for people who look at its dead letter.
struct LastSteps: Sendable {
    /// No more are shown.
    static let countMax = 3

    let steps: [StepInfo]

    init(_ steps: [StepInfo]) { self.steps = steps.suffix(Self.countMax) }

    /// The letter is shown all the same when they cannot be had: its job may be gone, its journal with it.
    init(of letter: DeadLetterInfo, by client: CasareClient) async {
        guard let last = letter.step else {
            self.init([])
            return
        }
        // The cursor is the number of the step before; from the first one on there is none.
        let before = last - Self.countMax
        let page = try? await client.stepsPage(
            of: letter.id, results: false, limit: Self.countMax, cursor: before >= 0 ? String(before) : nil)
        self.init(page?.steps ?? [])
    }
}

extension DeadLetterInfo {
    /// Everything one needs, on one page.
    func presentation(lastSteps: LastSteps = LastSteps([])) throws -> Presentation {
        var sheet = Sheet("\(self.id) is \(self.status.rawValue)", tone: self.status.tone)
        self.addOrigin(to: &sheet)
        self.addDealings(to: &sheet)
        self.addAttempts(to: &sheet)
        if !lastSteps.steps.isEmpty {
            sheet.sections.append(
                .table(
                    title: "Last recorded steps", Self.stepColumns.map(\.heading),
                    lastSteps.steps.map { step in Self.stepColumns.map { $0.cell(step) } }))
        }
        sheet.add(self.variables, titled: "Variables")
        if let context { sheet.add(context, of: self) }
        sheet.sections.append(.fields(title: "To go on", self.nextCommands))
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }

    private func addOrigin(to sheet: inout Sheet) {
        sheet.add("workflow", .text("\(self.workflow) version \(self.workflowVersion)"))
        sheet.add(self.failure)
        sheet.add("last step", .number(self.step))
        sheet.add("robot", .text(self.robot))
        sheet.add("environment", .text(self.environment))
        sheet.add("priority", .number(self.priority?.rawValue))
        sheet.add("queue key", .text(self.queueKey))
        if let tags, !tags.isEmpty { sheet.add("asked for", .text("tags " + tags.joined(separator: ", "))) }
        sheet.add("fingerprint", .text(self.fingerprint))
        sheet.add("opened", .time(self.openedAt))
        sheet.add("trace ID", .text(self.traceID))
    }

    /// What somebody has done about it.
    private func addDealings(to sheet: inout Sheet) {
        if let acknowledgement {
            sheet.add("acknowledged", .time(acknowledgement.at))
            sheet.add("acknowledged by", .text(acknowledgement.sentence))
        }
        if let replay {
            sheet.add("replayed", .time(replay.at))
            sheet.add("replayed by", .text(replay.by))
            sheet.add("replayed as", .text(replay.job.description))
            sheet.add("replay ended", replay.endedAt.map { Cell.time($0) } ?? .text("not yet"))
        } else {
            sheet.add("replayed as", .text(self.replayedAs?.description))
        }
        if let resolution {
            sheet.add("resolved", .time(resolution.at))
            sheet.add("resolved by", .text(resolution.sentence))
        }
    }

    /// The last ones: the letter of a job that a robot has begun many times has many.
    private static let attemptsShownMax = 5

    private func addAttempts(to sheet: inout Sheet) {
        guard !self.attempts.isEmpty else { return }
        let shown = self.attempts.suffix(Self.attemptsShownMax)
        let count = max(self.attemptCount ?? 0, self.attempts.count)
        let title = shown.count < count ? "Last \(shown.count) of \(count) attempts" : "Attempts"
        sheet.sections.append(
            .table(
                title: title, Self.attemptColumns.map(\.heading),
                shown.map { attempt in Self.attemptColumns.map { $0.cell(attempt) } }))
    }

    private static let attemptColumns: [Column<Attempt>] = [
        Column("attempt") { .number($0.number) },
        Column("robot") { .text($0.robot) },
        Column("finished_at") { .time($0.finishedAt) },
        Column("kind") { .text($0.failure.kind) },
        Column("node") { .text($0.failure.node) },
        Column("error", shrinks: true) { .text($0.failure.message) },
    ]

    private static let stepColumns: [Column<StepInfo>] = [
        Column("step") { .number($0.step) },
        Column("node") { .text($0.node) },
        Column("node_type") { .text($0.nodeType) },
        Column("started_at") { .time($0.startedAt) },
        Column("error", shrinks: true) { step in
            if case .failed(let message) = step.outcome { .text(message) } else { .empty }
        },
    ]
}

extension DeadLetterInfo.Note {
    /// "ann: the bank is closed"
    fileprivate var sentence: String { self.by + (self.reason.map { ": \($0)" } ?? "") }
}

extension Sheet {
    /// What a letter is compared with.
    fileprivate mutating func add(_ context: DeadLetterContextInfo, of letter: DeadLetterInfo) {
        let similar = context.similar
        let likeIt = "Like it in any workflow, within a day before and after"
        // The letter itself is one of them.
        if similar.count > 1 {
            self.sections.append(
                .fields(
                    title: likeIt,
                    [
                        Field(label: "dead letters", cell: .count(similar.count, isExact: !similar.isInexact)),
                        Field(label: "first", cell: .time(similar.firstOpenedAt)),
                        Field(label: "last", cell: .time(similar.lastOpenedAt)),
                    ]))
        } else {
            self.sections.append(.lines(title: likeIt, ["no other dead letter has its fingerprint"]))
        }
        guard let success = context.lastSuccess else {
            self.sections.append(
                .lines(title: "Last success of \(letter.workflow)", ["none is known from before it"]))
            return
        }
        self.sections.append(
            .fields(
                title: "Last success of \(letter.workflow)",
                [
                    Field(label: "job", cell: .text(success.job.description)),
                    Field(label: "version", cell: .number(success.workflowVersion)),
                    Field(label: "robot", cell: .text(success.robot)),
                    Field(label: "finished", cell: .time(success.finishedAt)),
                ].filter { $0.cell != .empty }))
        let title = "What was different then"
        guard !context.differences.isEmpty else {
            self.sections.append(
                .lines(title: title, ["nothing that is known: version, robot, environment and variables are the same"]))
            return
        }
        self.sections.append(
            .table(
                title: title, Self.differenceColumns.map(\.heading),
                context.differences.map { difference in Self.differenceColumns.map { $0.cell(difference) } }))
    }

    private static let differenceColumns: [Column<DeadLetterContextInfo.Difference>] = [
        Column("what") { .text($0.name) },
        Column("then", shrinks: true) { .text($0.before.map(Self.text)) },
        Column("now", shrinks: true) { .text($0.now.map(Self.text)) },
    ]

    /// Text as it is, everything else as JSON.
    private static func text(_ value: Value) -> String { value.string ?? value.jsonText(.compact) }
}
