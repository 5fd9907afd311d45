import CasareDomain
import CasareWire

extension TriggerInfo {
    static let columns: [Column<TriggerInfo>] = [
        Column("name", shrinks: true) { .text($0.name) },
        Column("kind") { .text($0.kind.rawValue) },
        Column("status") { .state($0.status.rawValue, $0.status == .active ? .good : .attention) },
        Column("workflow", shrinks: true) { .text($0.spec.workflow) },
        Column("waits_for", shrinks: true) { .text($0.waitsFor) },
        Column("last_fired_at") { .time($0.lastFiredAt) },
        Column("last_job", wide: true) { .text($0.lastJob?.description) },
        Column("hook", wide: true) { .text($0.hook) },
        Column("managed_by", wide: true) { .text($0.managedBy) },
        Column("revision", wide: true) { .number($0.revision) },
        Column("updated_at", wide: true) { .time($0.updatedAt) },
        Column("updated_by", wide: true) { .text($0.updatedBy) },
        Column("id", wide: true) { .text($0.id.description) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// "github, POST", "failed, of invoices", "*.csv in /srv/in" or "https://example.org/feed.xml".
    var waitsFor: String {
        switch self.spec.source {
        case .webhook(let webhook):
            return ([webhook.auth.kind.rawValue] + webhook.methods.map(\.rawValue)).joined(separator: ", ")
        case .job(let source):
            let kinds = source.kinds.map(\.rawValue).joined(separator: " or ")
            return source.workflows.isEmpty ? kinds : "\(kinds), of \(source.workflows.joined(separator: ", "))"
        case .file(let file):
            return "\(file.patterns.joined(separator: " or ")) \(file.isRecursive ? "below" : "in") \(file.path)"
        case .feed(let feed):
            return switch feed.origin {
            case .rss(let rss): rss.request.url
            case .sse(let sse): "events of \(sse.request.url)"
            case .imap(let imap): "mails in \(imap.folder) of \(imap.username) at \(imap.server)"
            }
        }
    }

    /// Who watches, of a trigger that robots watch for.
    private var watchedBy: String? {
        switch self.kind {
        case .webhook, .job: nil
        case .file, .feed: self.watch?.robot?.rawValue ?? "nobody; it takes a robot of \(self.spec.environment)"
        }
    }

    private var sentence: String {
        switch self.status {
        case .active: "\(self.name) is active"
        case .paused: "\(self.name) is paused" + (self.pause.map { " by \($0.by)" } ?? "")
        }
    }

    /// - Parameters:
    ///   - sentence: what was done; `nil`: it is only shown.
    ///   - secret: of one that was made up just now.
    func presentation(
        saying sentence: String? = nil, on server: Server, secret: String? = nil
    ) throws -> Presentation {
        var sheet = Sheet(sentence ?? self.sentence, tone: self.status == .active ? .good : .attention)
        sheet.add("hook", .text(self.hook.map { server.url.text + $0 }))
        sheet.add("secret", .text(secret))
        sheet.add("waits for", .text(self.waitsFor))
        sheet.add("watched by", .text(self.watchedBy))
        sheet.add("cannot watch", .text(self.watch?.error))
        sheet.add("since", .time(self.watch?.errorSince))
        sheet.add("starts", .text(self.spec.workflow))
        sheet.add("variables", .text(self.variables))
        sheet.add("priority", .text(self.spec.priority.description))
        sheet.add("environment", .text(self.spec.environment))
        sheet.add("cooldown", .text(self.spec.cooldownSeconds.map { "\($0) s" }))
        sheet.add("once for each", .text(self.spec.dedup?.description))
        sheet.add("under way at once", .text(self.spec.concurrencyMax.map { "\($0) at the most" }))
        sheet.add("paused since", .time(self.pause?.since))
        sheet.add("because", .text(self.pause?.reason))
        sheet.add("last fired", .time(self.lastFiredAt))
        sheet.add("last job", .text(self.lastJob?.description))
        sheet.add("secrets", .text(self.secretsText))
        sheet.add("about it", .text(self.spec.description))
        sheet.add("managed by", .text(self.managedBy))
        sheet.add("updated", .time(self.updatedAt))
        sheet.add("updated by", .text(self.updatedBy))
        var json = try ValueEncoder.encode(self)
        if let secret, case .object(var members) = json {
            members["secret"] = .string(secret)
            json = .object(members)
        }
        return Presentation(single: self, columns: Self.columns, name: self.name, json: json, sheet: sheet)
    }

    private var variables: String? {
        let own = self.spec.variables.keys
        let mapped = self.spec.mapping.entries.map { "\($0.variable) from \($0.place)" }
        return own.isEmpty && mapped.isEmpty ? nil : (own + mapped).joined(separator: ", ")
    }

    private var secretsText: String? {
        guard self.secrets.count > 1 else { return nil }
        return "\(self.secrets.count) count, while one takes the other's place"
    }
}

extension TriggerDeliveryInfo {
    static let columns: [Column<TriggerDeliveryInfo>] = [
        Column("at") { .time($0.at) },
        Column("result") { .state($0.result.rawValue, $0.result.tone) },
        Column("job") { .text($0.job?.description) },
        Column("key", shrinks: true) { .text($0.key) },
        Column("reason", shrinks: true) { .text($0.reason) },
        Column("source", wide: true) { .text($0.source) },
        Column("bytes", wide: true) { .number($0.bytes) },
        Column("id", wide: true) { .text($0.id.description) },
    ]
}

extension TriggerDelivery.Result {
    var tone: Tone {
        switch self {
        case .accepted: .good
        case .duplicate, .filtered: .plain
        case .cooldown, .busy, .paused: .attention
        case .rejected, .failed: .bad
        }
    }
}

extension TestTriggerResponse {
    static let columns: [Column<TestTriggerResponse>] = [
        Column("result") { .state($0.result.rawValue, $0.result.tone) },
        Column("reason", shrinks: true) { .text($0.reason) },
        Column("proof") { .text($0.proof.rawValue) },
        Column("key", shrinks: true) { .text($0.key) },
        Column("missing", shrinks: true) { .text($0.missing.isEmpty ? nil : $0.missing.joined(separator: ", ")) },
        Column("workflow") { .text($0.job?.workflow) },
        Column("version") { .number($0.job?.version) },
    ]

    func presentation(of trigger: String) throws -> Presentation {
        let summary =
            switch self.result {
            case .accepted: "\(trigger) would make a job; nothing was changed"
            case .duplicate, .filtered, .cooldown, .busy, .paused, .rejected, .failed:
                "\(trigger) would make no job: \(self.reason ?? self.result.rawValue)"
            }
        var sheet = Sheet(summary, tone: self.result.tone)
        sheet.add("proof", .text(self.proof.rawValue))
        sheet.add("known by", .text(self.key))
        sheet.add("not there", .text(self.missing.isEmpty ? nil : self.missing.joined(separator: ", ")))
        if let job {
            sheet.add("workflow", .text("\(job.workflow), version \(job.version)"))
            sheet.add("priority", .text(job.priority.description))
            sheet.add("environment", .text(job.environment))
            for (name, value) in job.variables {
                sheet.add("variable \(name)", .text(value.jsonText(.compact)))
            }
        }
        return Presentation(
            single: self, columns: Self.columns, name: trigger, json: try ValueEncoder.encode(self), sheet: sheet)
    }
}
