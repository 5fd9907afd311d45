import CasareDomain
import CasareWire

extension RoleInfo {
    static let columns: [Column<RoleInfo>] = [
        Column("name") { .text($0.name.rawValue) },
        Column("built_in") { .flag($0.isBuiltIn) },
        Column("permissions") { .number($0.permissions.count) },
        Column("description", shrinks: true) { .text($0.description) },
        Column("updated_at", wide: true) { .time($0.updatedAt) },
        Column("updated_by", wide: true) { .text($0.updatedBy) },
        Column("created_at", wide: true) { .time($0.createdAt) },
        Column("created_by", wide: true) { .text($0.createdBy) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// - Parameter sentence: what was done; `nil`: it is only shown.
    func presentation(saying sentence: String? = nil) throws -> Presentation {
        var sheet = Sheet(sentence ?? "\(self.name): \(Count.text(self.permissions.count, "permission"))")
        sheet.add("what for", .text(self.description))
        sheet.add("always there", self.isBuiltIn ? .flag(true) : .empty)
        sheet.add("updated", .time(self.updatedAt))
        sheet.add("updated by", .text(self.updatedBy))
        sheet.sections.append(.lines(title: "Permissions", PermissionLines.text(of: self.permissions)))
        return try Presentation(single: self, columns: Self.columns, name: self.name.rawValue, sheet: sheet)
    }
}

/// Permissions for people, a line for each noun.
enum PermissionLines {
    /// `item: create, read`, in the order in which nouns and verbs are given.
    static func text(of permissions: [String]) -> [String] {
        var nouns: [String] = []
        var verbs: [String: [String]] = [:]
        for permission in permissions {
            let parts = permission.split(separator: ".", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let noun = String(parts[0])
            if verbs[noun] == nil { nouns.append(noun) }
            verbs[noun, default: []].append(String(parts[1]))
        }
        return nouns.map { "\($0): \((verbs[$0] ?? []).joined(separator: ", "))" }
    }
}
