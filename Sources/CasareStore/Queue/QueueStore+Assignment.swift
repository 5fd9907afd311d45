package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// The robots that alone run a workflow.
package struct WorkflowAssignment: Hashable, Sendable {
    /// In the order of their IDs; none: any robot runs it.
    package var robots: [Robot.ID] = []
    package var assignedAt: Date?
    /// The name of a token.
    package var assignedBy: String?
}

extension QueueStore {
    /// Says which robots run a workflow, instead of those that did; none: any robot. Of the jobs that wait it concerns
    /// those that were submitted while the workflow was assigned.
    ///
    /// - Throws: `StoreError.notFound` for the workflow, or for one of the robots.
    package static func assign(
        _ workflow: Workflow.ID, to robots: [Robot.ID], by: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws {
        // Whoever assigns it at the same time waits: of two such changes the later one holds, whole.
        let held = try connection.execute(QueueQueries.holdWorkflow, ["workflow": .uuid(workflow.rawValue)])
        guard !held.isEmpty else { throw StoreError.notFound(.workflow, workflow.description) }
        try connection.execute(QueueQueries.unassign, ["workflow": .uuid(workflow.rawValue)])
        guard !robots.isEmpty else { return }
        let assigned = try connection.execute(
            QueueQueries.assign,
            [
                "workflow": .uuid(workflow.rawValue), "robots": .textArray(Set(robots).map(\.rawValue)),
                "by": .text(by.storable), "now": .timestamp(now),
            ])
        let known = Set(try assigned.map { try $0.string("robot_id") })
        if let missing = robots.first(where: { !known.contains($0.rawValue) }) {
            throw StoreError.notFound(.robot, missing.rawValue)
        }
    }

    package static func assignment(
        of workflow: Workflow.ID, on connection: isolated PostgresConnection
    ) throws -> WorkflowAssignment {
        var assignment = WorkflowAssignment()
        for row in try connection.execute(QueueQueries.assignment, ["workflow": .uuid(workflow.rawValue)]) {
            let text = try row.string("robot_id")
            guard let robot = Robot.ID(rawValue: text) else {
                throw StoreError.unreadable("\"\(text)\" is no robot's ID")
            }
            assignment.robots.append(robot)
            assignment.assignedAt = try row.date("assigned_at")
            assignment.assignedBy = try row.string("assigned_by")
        }
        return assignment
    }
}
