package import CasareDomain
package import CasarePostgres

extension OperationStore {
    /// What became of one of an operation's jobs.
    package struct Item: Hashable, Sendable {
        package let position: Int
        package let job: Job.ID
        package let state: Operation.ItemState
        package let newJob: Job.ID?
        package let error: String?
    }

    /// In the order in which they were tried, behind the cursor's.
    ///
    /// - Parameter state: only those.
    /// - Throws: `StoreError.notFound` when there is no such operation.
    package static func items(
        of id: Operation.ID, in state: Operation.ItemState? = nil, after position: Int? = nil, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> [Item] {
        let operation = PostgresValue.uuid(id.rawValue)
        let after = PostgresValue.int(position ?? -1)
        let rows =
            switch state {
            case nil:
                try connection.execute(
                    OperationQueries.items, ["operation": operation, "after": after, "limit": .int(limit)])
            case .done:
                try connection.execute(
                    OperationQueries.doneItems, ["operation": operation, "after": after, "limit": .int(limit)])
            case .held, .failed, .skipped, .undone:
                try connection.execute(
                    OperationQueries.otherItems,
                    [
                        "operation": operation, "after": after, "state": .text(state?.rawValue), "limit": .int(limit),
                    ])
            }
        if rows.isEmpty, try self.get(id, on: connection) == nil {
            throw StoreError.notFound(.operation, id.description)
        }
        return try rows.map { row in
            let text = try row.string("state")
            guard let state = Operation.ItemState(rawValue: text) else {
                throw StoreError.unreadable("an item of operation \(id) has the unknown state \"\(text)\"")
            }
            return Item(
                position: try row.int("position"), job: Job.ID(rawValue: try row.uuid("job_id")), state: state,
                newJob: try row.optionalUUID("new_job").map(Job.ID.init(rawValue:)),
                error: try row.optionalString("error"))
        }
    }
}
