import CasareDomain
import CasareWire
import FoundationEssentials

extension JobQueue.Kind {
    var tone: Tone {
        switch self {
        case .plain, .lanes: .good
        case .limited: .plain
        case .paused: .attention
        }
    }
}

extension QueueInfo {
    static let columns: [Column<QueueInfo>] = [
        Column("name") { .text($0.name) },
        Column("kind") { .state($0.kind.rawValue, $0.kind.tone) },
        Column("ready") { $0.count("ready", $0.ready) },
        Column("scheduled") { $0.count("scheduled", $0.scheduled) },
        Column("running") { $0.count("running", $0.running) },
        Column("paused_jobs") { queue in
            queue.pausedJobs.map { queue.count("paused_jobs", $0) } ?? .empty
        },
        Column("slots") { .number($0.slots) },
        Column("robots_alive") { .number($0.robotsAlive) },
        Column("limits", shrinks: true) { .text($0.limits.text) },
        Column("paused", shrinks: true) { .text($0.pause?.text) },
        Column("paused_by", wide: true) { .text($0.pause?.by) },
        Column("paused_until", wide: true) { .time($0.pause?.until) },
        Column("pause_reason", wide: true) { .text($0.pause?.reason) },
        Column("inexact", wide: true) { .text($0.inexact.isEmpty ? nil : $0.inexact.joined(separator: " ")) },
    ]

    private func count(_ name: String, _ number: Int) -> Cell {
        .count(number, isExact: !self.inexact.contains(name))
    }

    /// "queue prod has rules".
    fileprivate var sentence: String {
        switch self.kind {
        case .plain: "queue \(self.name) has no rules"
        case .lanes, .limited: "queue \(self.name) has rules"
        case .paused: "queue \(self.name) is paused"
        }
    }

    /// - Parameters:
    ///   - answer: what programs see: the server's.
    ///   - key: of the queue, where it was about one.
    func presentation(saying sentence: String, answer: some Encodable, key: QueueKeyInfo?) throws -> Presentation {
        var sheet = Sheet(sentence)
        for field in self.fields { sheet.add(field.label, field.cell) }
        if let key { sheet.sections.append(Sheet.keys([key], titled: "Key")) }
        return Presentation(
            single: self, columns: Self.columns, name: self.name, json: try ValueEncoder.encode(answer), sheet: sheet)
    }

    /// What a person sees of it, without what is empty.
    var fields: [Sheet.Field] {
        func count(_ name: String, _ number: Int, _ words: String) -> String {
            "\(number)\(self.inexact.contains(name) ? "+" : "") \(words)"
        }
        let jobs = [
            count("ready", self.ready, "ready"), count("scheduled", self.scheduled, "due later"),
            count("running", self.running, "running"),
            self.pausedJobs.flatMap { $0 > 0 ? count("paused_jobs", $0, "paused") : nil },
        ].compactMap(\.self)
        let ageing = self.limits.ageingSeconds
        return [
            Sheet.Field(label: "paused", cell: .text(self.pause?.text)),
            Sheet.Field(label: "limits", cell: .text(self.limits.text)),
            Sheet.Field(
                label: "ageing",
                cell: ageing == QueueLimits.ageingSecondsDefault ? .empty : .duration(seconds: ageing)),
            Sheet.Field(label: "jobs", cell: .text(jobs.joined(separator: ", "))),
            Sheet.Field(
                label: "robots",
                cell: .text(
                    "\(Count.text(self.robotsAlive, "robot")) alive with \(Count.text(self.slots, "slot")) to lease to")
            ),
        ].filter { $0.cell != .empty }
    }
}

extension QueueKeyInfo {
    static let columns: [Column<QueueKeyInfo>] = [
        Column("key", shrinks: true) { .text($0.key) },
        Column("running") { .number($0.running) },
        Column("ready") { .count($0.ready, isExact: !$0.inexact.contains("ready")) },
        Column("concurrency") { .number($0.concurrency) },
        Column("rate") { .text($0.rate?.text) },
        Column("paused", shrinks: true) { .text($0.pause?.text) },
        Column("paused_by", wide: true) { .text($0.pause?.by) },
        Column("paused_until", wide: true) { .time($0.pause?.until) },
        Column("pause_reason", wide: true) { .text($0.pause?.reason) },
        Column("inexact", wide: true) { .text($0.inexact.isEmpty ? nil : $0.inexact.joined(separator: " ")) },
    ]
}

extension QueueLimitsInfo {
    /// "20 at once, 10/s, 20 at once"; `nil` without a limit.
    var text: String? {
        let parts = [
            self.concurrency.map { "concurrency \($0)" }, self.rate.map { "rate \($0.text)" },
            self.keyConcurrency.map { "key concurrency \($0)" }, self.keyRate.map { "key rate \($0.text)" },
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

extension QueuePauseInfo {
    /// "by ann until …: deploy".
    var text: String {
        "by \(self.by)" + (self.until.map { " until \(Timestamp.text($0))" } ?? "")
            + (self.reason.map { ": \($0)" } ?? "")
    }
}

extension QueueStatsInfo {
    /// Lanes that wait for nothing but jobs: they tell nobody anything.
    private static let emptyLanes = "empty"

    var presentation: Presentation {
        get throws {
            var sheet = Sheet(self.queue.sentence, tone: self.queue.kind.tone)
            for field in self.queue.fields { sheet.add(field.label, field.cell) }
            sheet.add(
                "blocked",
                self.blocked > 0 ? .count(self.blocked, isExact: !self.inexact.contains("blocked")) : .empty)
            sheet.add("oldest ready since", .time(self.oldestReadySince))
            sheet.add("next due", .time(self.nextDueAt))
            sheet.addCounts(self.readyByPriority, titled: "Ready by priority") {
                self.inexact.contains("ready_by_priority.\($0)")
            }
            var lanes = self.lanes
            lanes[Self.emptyLanes] = nil
            sheet.addCounts(lanes, titled: "Lanes by what they wait for") { _ in self.inexact.contains("lanes") }
            if !self.keys.isEmpty { sheet.sections.append(Sheet.keys(self.keys, titled: self.keysTitle)) }
            if !self.actions.isEmpty {
                sheet.sections.append(
                    .table(
                        title: "Done by people", ControlActionInfo.columns.map(\.heading),
                        self.actions.map { action in ControlActionInfo.columns.map { $0.cell(action) } }))
            }
            return Presentation(
                single: self.queue, columns: QueueInfo.columns, name: self.queue.name,
                json: try ValueEncoder.encode(self), sheet: sheet)
        }
    }

    /// So many keys of a kind the server shows at most.
    private static let keysMax = 20

    private var keysTitle: String {
        self.keys.count < Self.keysMax
            ? "Keys" : "Keys of which most run, and those with a pause or limits (--keys lists all)"
    }
}

extension ControlActionInfo {
    static let columns: [Column<ControlActionInfo>] = [
        Column("at") { .time($0.at) },
        Column("actor") { .text($0.actor) },
        Column("action") { .text($0.action) },
        Column("detail", shrinks: true) {
            .text($0.detail.isEmpty ? nil : Value.object($0.detail).jsonText(.compact))
        },
        Column("reason", shrinks: true) { .text($0.reason) },
    ]
}

extension Sheet {
    fileprivate mutating func addCounts(
        _ counts: Object, titled title: String, isInexact: (_ name: String) -> Bool
    ) {
        guard !counts.isEmpty else { return }
        let fields = counts.map { name, value in
            Field(label: name, cell: .count(value.int ?? 0, isExact: !isInexact(name)))
        }
        self.sections.append(.fields(title: title, fields))
    }

    fileprivate static func keys(_ keys: [QueueKeyInfo], titled title: String) -> Section {
        let columns = QueueKeyInfo.columns.filter { !$0.isWide }
        return .table(title: title, columns.map(\.heading), keys.map { key in columns.map { $0.cell(key) } })
    }
}
