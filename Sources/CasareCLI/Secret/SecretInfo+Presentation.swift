import CasareDomain
import CasareWire
import FoundationEssentials

extension SecretInfo {
    static let columns: [Column<SecretInfo>] = [
        Column("name", shrinks: true) { .text($0.name.rawValue) },
        Column("kind") { .text($0.kind.rawValue) },
        Column("version") { .number($0.currentVersion) },
        Column("rotated_at") { .time($0.rotatedAt) },
        Column("rotation_due_at") { .time($0.rotationDueAt) },
        Column("expires_at") { .time($0.expiresAt) },
        Column("rotation_held", wide: true) { .flag($0.rotationHeld ?? false) },
        Column("provider", wide: true) { .text($0.provider) },
        Column("description", wide: true, shrinks: true) { .text($0.description) },
        Column("labels", wide: true, shrinks: true) { .text($0.labelsText) },
        Column("deleted_at", wide: true) { .time($0.deletedAt) },
        Column("revision", wide: true) { .number($0.revision) },
        Column("updated_at", wide: true) { .time($0.updatedAt) },
        Column("updated_by", wide: true) { .text($0.updatedBy) },
        Column("id", wide: true) { .text($0.id.description) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// When the value is as old as its policy allows.
    private var rotationDueAt: Date? {
        guard let rotation, let rotatedAt else { return nil }
        return rotatedAt.addingTimeInterval(Double(rotation.everySeconds))
    }

    private static func heldText(_ name: Secret.Name) -> String {
        "since the database was restored from a backup, as the value may be an old one: casarectl secret rotate "
            + "\(name) with the one that counts, or casarectl secret policy \(name) where this one does"
    }

    private var labelsText: String? {
        let texts = self.labels.map { "\($0.0)=\($0.1.string ?? "")" }
        return texts.isEmpty ? nil : texts.joined(separator: ", ")
    }

    /// For a question or a dry run.
    var detail: String { "\(self.kind.rawValue), version \(self.currentVersion)" }

    private var sentence: String {
        if self.deletedAt != nil { return "\(self.name) is deleted" }
        if self.provider != nil { return "\(self.name), a \(self.kind.rawValue) of a provider" }
        return self.currentVersion == 0
            ? "\(self.name) has no value" : "\(self.name), version \(self.currentVersion) of a \(self.kind.rawValue)"
    }

    /// - Parameter sentence: what was done; `nil`: it is only shown.
    func presentation(saying sentence: String? = nil) throws -> Presentation {
        var sheet = Sheet(sentence ?? self.sentence, tone: self.deletedAt == nil ? .plain : .attention)
        sheet.add("about it", .text(self.description))
        sheet.add("labels", .text(self.labelsText))
        sheet.add("provider", .text(self.provider))
        sheet.add("path", .text(self.path))
        sheet.add("value since", .time(self.rotatedAt))
        if let rotation {
            sheet.add("rotation every", .duration(seconds: Double(rotation.everySeconds)))
            sheet.add("rotation due", .time(self.rotationDueAt))
            sheet.add("made up as", .text(rotation.generate?.description))
            sheet.add("hook", .text(rotation.hook))
        }
        if self.rotationHeld == true { sheet.add("rotation held", .text(Self.heldText(self.name))) }
        sheet.add("expires", .time(self.expiresAt))
        sheet.add("deleted", .time(self.deletedAt))
        sheet.add("versions kept", .number(self.versionsMax))
        sheet.add("updated", .time(self.updatedAt))
        sheet.add("updated by", .text(self.updatedBy))
        return try Presentation(single: self, columns: Self.columns, name: self.name.rawValue, sheet: sheet)
    }
}

extension SecretVersionInfo {
    static var headings: [Heading] { self.columns(current: 0).map(\.heading) }

    /// - Parameter current: the number of the version that the name means.
    static func columns(current: Int) -> [Column<SecretVersionInfo>] {
        [
            Column("version") { .number($0.version) },
            Column("current") { .flag($0.version == current) },
            Column("state") { .state($0.state.rawValue, $0.state.tone) },
            Column("state_time") { .time($0.stateTime) },
            Column("fields", shrinks: true) { .text($0.fields.joined(separator: ", ")) },
            Column("created_at") { .time($0.createdAt) },
            Column("created_by") { .text($0.createdBy) },
            Column("reason", shrinks: true) { .text($0.reason) },
            Column("expires_at", wide: true) { .time($0.expiresAt) },
            Column("key_id", wide: true) { .text($0.keyID) },
        ]
    }
}

extension SecretVersion.Kind {
    var tone: Tone {
        switch self {
        case .live: .good
        case .pending, .overlapping: .attention
        case .superseded, .deleted, .destroyed: .faint
        }
    }
}

extension RevealedSecret {
    private static let columns: [Column<RevealedSecret>] = [
        Column("name") { .text($0.name.rawValue) },
        Column("kind") { .text($0.kind.rawValue) },
        Column("version") { .number($0.version) },
        Column("fields") { .text($0.fields.names.joined(separator: ", ")) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// With the values: on the sheet, and in JSON and YAML.
    func presentation() throws -> Presentation {
        var sheet = Sheet("\(self.name), version \(self.version)")
        for name in self.fields.names {
            self.fields[name]?.reveal { sheet.add(name, .text($0)) }
        }
        return try Presentation(single: self, columns: Self.columns, name: self.name.rawValue, sheet: sheet)
    }
}

extension SecretConsumerInfo {
    static let columns: [Column<SecretConsumerInfo>] = [
        Column("job") { .text($0.job.description) },
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("version") { .number($0.version) },
        Column("since") { .time($0.since) },
        Column("robot") { .text($0.robot) },
    ]
}

extension SecretRotationInfo {
    private static let columns: [Column<SecretRotationInfo>] = [
        Column("secret", shrinks: true) { .text($0.secret.rawValue) },
        Column("version") { .number($0.version) },
        Column("previous_version") { .number($0.previousVersion) },
        Column("state") { .state($0.state.rawValue, $0.state.tone) },
        Column("overlap") { $0.overlapSeconds.map { .duration(seconds: $0) } ?? .empty },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    func presentation() throws -> Presentation {
        let sentence =
            switch self.state {
            case .current: "rotated \(self.secret): version \(self.version) is current"
            case .pending: "version \(self.version) of \(self.secret) waits; version \(self.previousVersion) is current"
            case .discarded:
                "took version \(self.version) of \(self.secret) back; version \(self.previousVersion) is current"
            }
        var sheet = Sheet(sentence, tone: self.state.tone)
        if self.state == .current, self.previousVersion > 0, let overlapSeconds, overlapSeconds > 0 {
            sheet.add("version \(self.previousVersion) counts for", .duration(seconds: overlapSeconds))
        }
        return try Presentation(single: self, columns: Self.columns, name: self.secret.rawValue, sheet: sheet)
    }
}

extension SecretRotationInfo.State {
    fileprivate var tone: Tone {
        switch self {
        case .current: .good
        case .pending: .attention
        case .discarded: .bad
        }
    }
}
