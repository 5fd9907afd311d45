import CasareDomain
import CasareWire

extension TenantInfo {
    static let columns: [Column<TenantInfo>] = [
        Column("name") { .text($0.name) },
        Column("display_name", shrinks: true) { .text($0.displayName) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("tier") { .text($0.tier?.rawValue) },
        Column("requires_approval") { .text($0.requiresApproval ? "yes" : "no") },
        Column("created_at") { .time($0.createdAt) },
        Column("removal_at", wide: true) { .time($0.removalAt) },
        Column("id", wide: true) { .number($0.id) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// What a question shows beside the name.
    var detail: String { (self.displayName.map { "\($0), " } ?? "") + self.status.rawValue }

    /// As it would be after a change.
    ///
    /// - Parameter members: of its JSON, which take the place of what there is.
    func changed(by members: Object) throws -> TenantInfo {
        let before = try ValueEncoder.encode(self).object ?? [:]
        return try ValueDecoder.decode(from: .object(before.merging(members)))
    }

    /// For a dry run: what it would be, and what of that is new.
    func presentation(after before: TenantInfo) throws -> Presentation {
        let changes = SpecChange.all(
            from: try ValueEncoder.encode(before).object ?? [:], to: try ValueEncoder.encode(self).object ?? [:])
        guard !changes.isEmpty else { return try self.presentation(saying: "nothing to change: \(self.name)") }
        return try self.presentation(saying: "would change tenant \(self.name), which would be", changes.map(\.text))
    }

    /// - Parameters:
    ///   - sentence: what would be done; `nil`: how it stands.
    ///   - changes: each a line.
    func presentation(saying sentence: String? = nil, _ changes: [String] = []) throws -> Presentation {
        var sheet = Sheet(sentence ?? "tenant \(self.name) is \(self.status.rawValue)", tone: self.status.tone)
        sheet.add("for people", .text(self.displayName))
        sheet.add("because", .text(self.statusReason))
        sheet.add("by", .text(self.statusBy))
        sheet.add("since", .time(self.statusAt))
        sheet.add("data goes from", .time(self.removalAt))
        if self.rowsRemoved > 0 { sheet.add("rows taken away", .text(String(self.rowsRemoved))) }
        sheet.add("two persons decide", .text(self.requiresApproval ? "yes" : "no"))
        sheet.add("tier", .text(self.tier?.rawValue))
        if let days = self.auditDays {
            sheet.add("audit log", .text(days == 0 ? "kept for ever" : "kept for \(days) days"))
        }
        for quota in Quota.allCases {
            if let limit = self.quotas[quota] { sheet.add(quota.rawValue, .text(String(limit))) }
        }
        sheet.add("created", .time(self.createdAt))
        if self.status == .deleting { sheet.add("next", .text("casarectl tenant resume \(self.name) keeps it")) }
        if !changes.isEmpty { sheet.sections.append(.lines(title: "Changes", changes)) }
        return Presentation(
            single: self, columns: Self.columns, name: self.name, json: try ValueEncoder.encode(self), sheet: sheet)
    }
}

extension Tenant.Status {
    var tone: Tone {
        switch self {
        case .active: .good
        case .suspended, .deleting: .attention
        case .removing, .deleted: .faint
        }
    }
}
