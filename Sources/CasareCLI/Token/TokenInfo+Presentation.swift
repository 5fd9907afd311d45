import CasareDomain
import CasareWire
import FoundationEssentials

extension TokenInfo {
    static let columns: [Column<TokenInfo>] = [
        Column("name", shrinks: true) { .text($0.name) },
        Column("role") { .text($0.role.rawValue) },
        Column("robot") { .text($0.robot?.description) },
        Column("created_at") { .time($0.createdAt) },
        Column("expires_at") { .time($0.expiresAt) },
        Column("last_used_at") { .time($0.lastUsedAt) },
        Column("revoked_at") { .time($0.revokedAt) },
        Column("prefix", wide: true) { .text($0.prefix) },
        Column("last_used_from", wide: true) { .text($0.lastUsedFrom) },
        Column("replaced_at", wide: true) { .time($0.replacedAt) },
        Column("created_by", wide: true) { .text($0.createdBy) },
        Column("scopes", wide: true) { .text($0.scopes?.joined(separator: " ")) },
        Column("networks", wide: true) { .text($0.networks?.joined(separator: " ")) },
        Column("description", wide: true, shrinks: true) { .text($0.description) },
        Column("id", wide: true) { .number($0.id) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// Another one of its name would be refused.
    var counts: Bool { self.revokedAt == nil && self.replacedAt == nil }

    /// - Parameter sentence: what would be done; `nil`: it is only shown.
    func presentation(saying sentence: String? = nil) throws -> Presentation {
        var sheet = Sheet(sentence ?? "token \(self.name)")
        sheet.add("begins with", .text(self.prefix))
        sheet.add("role", .text(self.role.rawValue))
        sheet.add("speaks for", .text(self.robot.map { "robot \($0) alone" }))
        sheet.add("about", .text(self.description))
        sheet.add("cut down to", .text(self.scopes?.joined(separator: ", ")))
        sheet.add("counts from", .text(self.networks?.joined(separator: ", ")))
        sheet.add("created", .time(self.createdAt))
        sheet.add("by", .text(self.createdBy))
        sheet.add("last used", .time(self.lastUsedAt))
        sheet.add("from", .text(self.lastUsedFrom))
        sheet.add("expires", .time(self.expiresAt))
        sheet.add("replaced", .time(self.replacedAt))
        sheet.add("revoked", .time(self.revokedAt))
        return try Presentation(single: self, columns: Self.columns, name: self.name, sheet: sheet)
    }
}
