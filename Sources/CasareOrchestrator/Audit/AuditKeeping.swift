package import CasareSettings
package import CasareStore
package import Configuration

/// How the audit log is kept.
package struct AuditKeeping: Sendable {
    /// For how many days entries are kept; `nil`: for ever.
    package var days: Int?
    package var anchoring: AuditChainer.Anchoring

    package init(days: Int? = nil, anchoring: AuditChainer.Anchoring = AuditChainer.Anchoring()) {
        self.days = days
        self.anchoring = anchoring
    }

    /// What an orchestrator is told of it by its environment.
    package enum Settings {
        package static let days = Setting.number(
            "CASARE_AUDIT_DAYS", in: 0...36_500, standard: 0,
            "For how many days entries of the audit log are kept; 0 keeps them for ever. An anchor takes the place of "
                + "what goes, from which the rest is proven.")
        package static let anchorEntries = Setting.number(
            "CASARE_AUDIT_ANCHOR_ENTRIES", in: 1...1_000_000, standard: AuditChainer.Anchoring.entriesStandard,
            "After so many entries an anchor of the audit log is put on record, and after an hour where there are new "
                + "ones.")
        package static let signingKey = Setting<AuditSigningKey?>(
            "CASARE_AUDIT_SIGNING_KEY", form: "32 bytes in base64 or hex", standard: nil,
            standardText: "none; anchors are not signed", isSecret: true,
            "The Ed25519 key that anchors of the audit log are signed with; the same for all orchestrators."
        ) { text in AuditSigningKey(text: text).map { .some($0) } }

        package static let all = [
            Self.days.declaration, Self.anchorEntries.declaration, Self.signingKey.declaration,
        ]
    }

    package init(config: ConfigReader) throws(SettingError) {
        let days = try Settings.days.value(in: config)
        self.init(
            days: days > 0 ? days : nil,
            anchoring: AuditChainer.Anchoring(
                entries: try Settings.anchorEntries.value(in: config),
                key: try Settings.signingKey.value(in: config)))
    }
}
