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
        Column("slots") { .number($0.slots) },
        Column("robots_alive") { .number($0.robotsAlive) },
        Column("limits", shrinks: true) { .text($0.limits.text) },
        Column("paused_by", wide: true) { .text($0.pause?.by) },
        Column("paused_until", wide: true) { .time($0.pause?.until) },
        Column("pause_reason", shrinks: true) { .text($0.pause?.reason) },
    ]

    /// A count that was not carried on to the end says so.
    private func count(_ name: String, _ number: Int) -> Cell {
        self.inexact.contains(name) ? .text("\(number)+") : .number(number)
    }

    func presentation(saying sentence: String, key: QueueKeyInfo? = nil) throws -> Presentation {
        var sheet = Sheet(sentence)
        sheet.addFields(of: self)
        if let key { sheet.sections.append(Sheet.keys([key], titled: "Key")) }
        return Presentation(
            single: self, columns: Self.columns, name: self.name,
            json: try key.map { try ValueEncoder.encode(ChangeLimitsResponse(queue: self, key: $0)) }
                ?? ValueEncoder.encode(self),
            sheet: sheet)
    }
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
    var presentation: Presentation {
        get throws {
            var sheet = Sheet("queue \(self.queue.name) is \(self.queue.kind.rawValue)", tone: self.queue.kind.tone)
            sheet.addFields(of: self.queue)
            sheet.add("blocked", self.blocked > 0 ? .number(self.blocked) : .empty)
            sheet.add("oldest ready since", .time(self.oldestReadySince))
            sheet.add("next due", .time(self.nextDueAt))
            sheet.addCounts(self.readyByPriority, titled: "Ready by priority")
            sheet.addCounts(self.lanes, titled: "Lanes by what they wait for")
            if !self.keys.isEmpty { sheet.sections.append(Sheet.keys(self.keys, titled: "Keys")) }
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
    fileprivate mutating func addFields(of queue: QueueInfo) {
        self.add("paused", .text(queue.pause?.text))
        self.add("limits", .text(queue.limits.text))
        self.add(
            "ageing",
            queue.limits.ageingSeconds == QueueLimits.ageingSecondsDefault
                ? .empty : .duration(seconds: queue.limits.ageingSeconds))
        self.add(
            "jobs",
            .text(
                "\(queue.ready) ready, \(queue.scheduled) due later, \(queue.running) running"
                    + (queue.inexact.isEmpty
                        ? "" : "; more \(queue.inexact.joined(separator: " and ")) than were counted")))
        self.add(
            "robots",
            .text("\(Count.text(queue.robotsAlive, "robot")) alive with \(Count.text(queue.slots, "slot")) to lease to")
        )
    }

    fileprivate mutating func addCounts(_ counts: Object, titled title: String) {
        guard !counts.isEmpty else { return }
        self.sections.append(
            .fields(title: title, counts.map { Field(label: $0.key, cell: .number($0.value.int ?? 0)) }))
    }

    fileprivate static func keys(_ keys: [QueueKeyInfo], titled title: String) -> Section {
        let columns: [Column<QueueKeyInfo>] = [
            Column("key", shrinks: true) { .text($0.key) },
            Column("running") { .number($0.running) },
            Column("ready") { .number($0.ready) },
            Column("concurrency") { .number($0.concurrency) },
            Column("rate") { .text($0.rate?.text) },
            Column("paused", shrinks: true) { .text($0.pause?.text) },
        ]
        return .table(title: title, columns.map(\.heading), keys.map { key in columns.map { $0.cell(key) } })
    }
}
