import CasareDomain
import CasareWire

extension SelectionInfo {
    static let columns: [Column<SelectionInfo>] = [
        Column("name") { .text($0.name) },
        Column("selects", shrinks: true) { .text($0.selection.description) },
        Column("updated_at") { .time($0.updatedAt) },
        Column("updated_by") { .text($0.updatedBy) },
        Column("created_at", wide: true) { .time($0.createdAt) },
        Column("created_by", wide: true) { .text($0.createdBy) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// - Parameter sentence: what was done; `nil`: it is only shown.
    func presentation(saying sentence: String? = nil) throws -> Presentation {
        var sheet = Sheet(sentence ?? "\(self.name) selects \(self.selection.description)")
        if sentence == nil {
            sheet.add("created", .time(self.createdAt))
            sheet.add("created by", .text(self.createdBy))
            sheet.add("updated", .time(self.updatedAt))
            sheet.add("updated by", .text(self.updatedBy))
        }
        return Presentation(
            single: self, columns: Self.columns, name: self.name, json: try ValueEncoder.encode(self), sheet: sheet)
    }
}
