import CasareDomain
import CasareWire

extension WorkItem.Status {
    var tone: Tone {
        switch self {
        case .new: .plain
        case .inProgress: .attention
        case .completed: .good
        case .failed, .abandoned: .bad
        case .retry: .attention
        case .deleted: .faint
        }
    }
}

extension WorkItemInfo {
    static let columns: [Column<WorkItemInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("reference", shrinks: true) { .text($0.reference) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("priority") { .number($0.priority.rawValue) },
        Column("retries") { .number($0.retries) },
        Column("deadline", wide: true) { .time($0.deadline) },
        Column("postpone_until", wide: true) { .time($0.postponeUntil) },
        Column("taken_by", wide: true) { .text($0.takenBy) },
        Column("lease_until", wide: true) { .time($0.lease?.until) },
        Column("token", wide: true) { .text($0.lease.map { String($0.token) }) },
        Column("job", wide: true) { .text($0.job?.description) },
        Column("created_at") { .time($0.createdAt) },
        Column("finished_at", wide: true) { .time($0.finishedAt) },
        Column("error_type", wide: true) { .text($0.errorType?.rawValue) },
        Column("error", shrinks: true) { .text($0.error) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// What people know it by.
    private var title: String { self.reference.map { "\($0) (\(self.id))" } ?? self.id.description }

    /// - Parameter verb: what was done to it; `nil`: it is only shown.
    func presentation(saying verb: String? = nil) throws -> Presentation {
        let sentence = verb.map { "\($0) \(self.title)" } ?? "\(self.title) of \(self.queue)"
        var sheet = Sheet(sentence)
        sheet.add("status", .state(self.status.rawValue, self.status.tone))
        sheet.add("priority", .number(self.priority.rawValue))
        sheet.add("retries", self.retries > 0 ? .number(self.retries) : .empty)
        sheet.add("deadline", .time(self.deadline))
        sheet.add("not before", .time(self.postponeUntil))
        sheet.add(self.lease == nil ? "last taken by" : "taken by", .text(self.takenBy))
        sheet.add("job", .text(self.job?.description))
        if let lease {
            sheet.add("until", .time(lease.until))
            sheet.add("token", .text(String(lease.token)))
        }
        sheet.add("error", .text(self.error.map { "\($0) (\(self.errorType?.rawValue ?? ""))" }))
        sheet.add("created", .time(self.createdAt))
        sheet.add("finished", .time(self.finishedAt))
        if !self.data.isEmpty { sheet.add("data", .text(Value.object(self.data).jsonText(.compact))) }
        if let output { sheet.add("output", .text(Value.object(output).jsonText(.compact))) }
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }
}

extension ItemQueueInfo {
    static let columns: [Column<ItemQueueInfo>] = [
        Column("name") { .text($0.name) },
        Column("max_retries") { .number($0.maxRetries) },
        Column("retry_delay") { .duration(seconds: $0.retryDelaySeconds) },
        Column("unique_reference") { .flag($0.uniqueReference) },
        Column("performer", shrinks: true) { .text($0.performer?.workflow) },
        Column("jobs_max", wide: true) { .number($0.performer?.jobsMax) },
        Column("environment", wide: true) { .text($0.performer?.environment) },
        Column("created_at", wide: true) { .time($0.createdAt) },
        Column("created_by", wide: true) { .text($0.createdBy) },
        Column("description", shrinks: true) { .text($0.description) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    func presentation(saying sentence: String) throws -> Presentation {
        var sheet = Sheet(sentence)
        self.add(to: &sheet)
        return Presentation(
            single: self, columns: Self.columns, name: self.name, json: try ValueEncoder.encode(self), sheet: sheet)
    }

    fileprivate func add(to sheet: inout Sheet) {
        sheet.add("retries", .text("\(self.maxRetries), after \(TimeSpan.text(seconds: self.retryDelaySeconds)) each"))
        sheet.add("references", .text(self.uniqueReference ? "unique" : nil))
        if let performer {
            sheet.add(
                "performer",
                .text(
                    "\(performer.workflow), \(Count.text(performer.jobsMax, "job")) at once in \(performer.environment)"
                ))
        }
        sheet.add("description", .text(self.description))
    }
}

extension ItemQueueStatsInfo {
    static let columns: [Column<ItemQueueStatsInfo>] = {
        var columns: [Column<ItemQueueStatsInfo>] = [
            Column("name") { .text($0.queue.name) },
            Column("ready") { .count($0.ready, isExact: $0.isReadyExact) },
        ]
        for status in WorkItem.Status.allCases {
            columns.append(Column(status.rawValue) { $0.cell(of: status) })
        }
        columns.append(Column("oldest_ready_since", wide: true) { .time($0.oldestReadySince) })
        columns.append(Column("next_ready_at", wide: true) { .time($0.nextReadyAt) })
        return columns
    }()

    static var headings: [Heading] { self.columns.map(\.heading) }

    private func cell(of status: WorkItem.Status) -> Cell {
        guard let count = self.counts.first(where: { $0.status == status }) else { return .empty }
        return .count(count.count, isExact: count.isExact)
    }

    /// - Parameter sentence: what is done to the queue; `nil`: it is only shown.
    func presentation(saying sentence: String? = nil) throws -> Presentation {
        var sheet = Sheet(sentence ?? "the item queue \(self.queue.name)")
        self.queue.add(to: &sheet)
        sheet.add("ready", .count(self.ready, isExact: self.isReadyExact))
        for count in self.counts where count.count > 0 {
            sheet.add(count.status.rawValue, .count(count.count, isExact: count.isExact))
        }
        sheet.add("oldest ready since", .time(self.oldestReadySince))
        sheet.add("next ready", .time(self.nextReadyAt))
        return Presentation(
            single: self, columns: Self.columns, name: self.queue.name, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }
}
