import CasareDomain
import CasareWire

extension WorkflowInfo {
    static let columns: [Column<WorkflowInfo>] = [
        Column("name") { .text($0.name) },
        Column("version") { .number($0.latestVersion) },
        Column("updated_at") { .time($0.updatedAt) },
        Column("created_at", wide: true) { .time($0.createdAt) },
        Column("id", wide: true) { .text($0.id.description) },
    ]
}

extension WorkflowVersionInfo {
    static let columns: [Column<WorkflowVersionInfo>] = [
        Column("name") { .text($0.name) },
        Column("version") { .number($0.version) },
        Column("created_at") { .time($0.createdAt) },
        Column("created_by") { .text($0.createdBy) },
        Column("checksum", wide: true) { .text($0.checksum) },
        Column("workflow_id", wide: true) { .text($0.workflowID.description) },
    ]

    /// - Parameter assignment: which robots run the workflow; `nil`: any.
    func presentation(_ assignment: WorkflowRobotsInfo?) throws -> Presentation {
        var sheet = Sheet("\(self.name) version \(self.version)")
        sheet.add("pushed", .time(self.createdAt))
        sheet.add("pushed by", .text(self.createdBy))
        sheet.add("workflow ID", .text(self.workflowID.description))
        sheet.add("checksum", .text(self.checksum))
        if let assignment, !assignment.robots.isEmpty {
            sheet.add("robots", .text(assignment.robotsText))
            sheet.add("assigned by", .text(assignment.assignedBy))
            sheet.add("assigned", .time(assignment.assignedAt))
        }
        if let document {
            sheet.add("description", .text(document["metadata"]?["description"]?.string))
            let nodes = document["nodes"]?.object?.count ?? document["nodes"]?.list?.count
            sheet.add("nodes", .number(nodes))
            sheet.add("connections", .number(document["connections"]?.list?.count))
            sheet.add("subflows", .text(document["subflows"]?.object?.keys.joined(separator: ", ")))
        }
        var json = try ValueEncoder.encode(self).object ?? [:]
        json["robots"] = .list((assignment?.robots ?? []).map { .string($0.rawValue) })
        return Presentation(
            single: self, columns: Self.columns, name: self.name, json: .object(json), sheet: sheet)
    }
}
