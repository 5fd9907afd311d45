import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials

extension StoreFixture {
    /// - Parameter change: makes the plan what the test needs.
    func operation(
        _ verb: Operation.Verb, _ selection: Operation.Selection, expecting mark: Operation.Mark? = nil,
        key: NewJob.Idempotency? = nil, now: Date? = nil, _ change: @Sendable (inout Operation.Plan) -> Void = { _ in }
    ) async throws -> Operation {
        try await self.run { connection in
            var plan = Operation.Plan(verb: verb)
            change(&plan)
            return try OperationStore.create(
                OperationStore.New(
                    id: .new(at: Date()), plan: plan, selection: selection, shown: [:], expected: mark,
                    idempotency: key),
                by: "ann", now: now, on: connection)
        }
    }

    func mark(_ verb: Operation.Verb, _ selection: Operation.Selection) async throws -> Operation.Mark {
        try await self.run { try OperationStore.mark(of: selection, for: verb, on: $0) }
    }

    /// One look at the operation.
    func round(_ id: Operation.ID, now: Date? = nil) async throws -> OperationStore.Round? {
        try await self.run { connection in
            try OperationStore.work(
                on: id,
                variables: { job, changes, connection in
                    try changes.variables(after: try JobStore.get(job, on: connection)?.variables ?? [:])
                }, now: now, on: connection)
        }
    }

    /// Looks at it until there is nothing to do at once.
    @discardableResult
    func work(_ id: Operation.ID, now: Date? = nil) async throws -> Operation {
        while let round = try await self.round(id, now: now) {
            if !round.isDueAgain { return round.operation }
        }
        return try await self.operation(id)
    }

    func operation(_ id: Operation.ID) async throws -> Operation {
        guard let operation = try await self.run({ try OperationStore.get(id, on: $0) }) else {
            throw StoreError.notFound(.operation, id.description)
        }
        return operation
    }

    func items(_ id: Operation.ID, _ state: Operation.ItemState? = nil) async throws -> [OperationStore.Item] {
        try await self.run { try OperationStore.items(of: id, in: state, limit: 500, on: $0) }
    }

    @discardableResult
    func steer(
        _ id: Operation.ID, _ steering: OperationStore.Steering, reason: String? = nil, now: Date? = nil
    ) async throws -> Operation {
        try await self.run {
            try OperationStore.steer(id, steering, by: "bob", reason: reason, now: now, on: $0)
        }
    }

    /// Jobs that wait.
    func waiting(_ count: Int) async throws -> [Job.ID] {
        try await self.submit((0..<count).map { self.job(["n": .int($0)]) }).map(\.id)
    }

    func statuses(_ ids: [Job.ID]) async throws -> [Job.Status?] {
        let known = try await self.run { try JobStore.statuses(of: ids, on: $0) }
        return ids.map { known[$0] }
    }

    /// What the audit has of operations, the oldest first.
    func actions(_ noun: ControlNoun? = nil) async throws -> [ControlAction] {
        try await self.run { try ControlLog.list(noun: noun, limit: 99, on: $0) }.reversed()
    }
}
