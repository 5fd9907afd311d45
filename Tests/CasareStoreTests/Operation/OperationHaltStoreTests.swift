import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Operations that stand still or fail as a whole: none of them is forgotten, and none keeps others from their turn.
struct OperationHaltStoreTests {
    @Test func `a canary that fails while it is paused stops it when it is resumed`() async throws {
        try await withFixture { store in
            let letters = [try await store.letter(), try await store.letter(), try await store.letter()]
            let operation = try await store.operation(.replay, .ids(letters)) { $0.canary = 1 }
            try await store.work(operation.id)
            let canary = try #require(try await store.items(operation.id).first?.newJob)
            #expect(try await store.steer(operation.id, .pause, reason: "lunch").status == .paused)
            try await store.end(canary, .business)
            let later = Date().addingTimeInterval(5)
            let paused = try await store.work(operation.id, now: later)
            #expect(paused.status == .paused && paused.statusReason == "lunch" && paused.progress.replaysEnded == 1)
            let stopped = try await store.steer(operation.id, .resume)
            #expect(stopped.status == .stopped && stopped.statusReason?.hasPrefix("canary: ") == true)
            #expect(try await store.steer(operation.id, .pause).status == .stopped, "it stands still already")
            #expect(try await store.steer(operation.id, .resume).status == .running)
            let ended = try await store.work(operation.id, now: later.addingTimeInterval(5))
            #expect(ended.status == .completed && ended.progress.succeeded == 3)
        }
    }

    @Test func `one that fails as a whole is left for later, and nobody else's turn is taken`() async throws {
        try await withFixture { store in
            let operation = try await store.operation(.cancel, .ids(try await store.waiting(1)))
            try await store.database.asSystem { connection in
                _ = try connection.execute(
                    "DELETE FROM operation_chunks WHERE operation_id = @operation",
                    ["operation": .uuid(operation.id.rawValue)])
            }
            await #expect(throws: StoreError.self) { _ = try await store.round(operation.id) }
            try await store.run { try OperationStore.postpone(operation.id, on: $0) }
            let due = try await store.database.asSystem { try OperationStore.due(limit: 9, on: $0) }
            #expect(due.isEmpty)
            let later = Date().addingTimeInterval(60)
            let dueLater = try await store.database.asSystem {
                try OperationStore.due(limit: 9, now: later, on: $0)
            }
            #expect(dueLater.map(\.operation) == [operation.id])
        }
    }

    @Test func `what is not due is not postponed`() async throws {
        try await withFixture { store in
            let operation = try await store.operation(.cancel, .ids(try await store.waiting(1)))
            try await store.steer(operation.id, .pause)
            try await store.work(operation.id)
            try await store.run { try OperationStore.postpone(operation.id, on: $0) }
            let later = Date().addingTimeInterval(3600)
            let due = try await store.database.asSystem { try OperationStore.due(limit: 9, now: later, on: $0) }
            #expect(due.isEmpty, "it rests until somebody resumes it")
        }
    }

    @Test func `more new jobs than one look takes are counted without a long pause`() async throws {
        try await withFixture { store in
            let operation = try await store.operation(.replay, .ids([try await store.letter()]))
            try await store.work(operation.id)
            let new = try #require(try await store.items(operation.id).first?.newJob)
            // As many as one look takes, all of which go on.
            try await store.database.asSystem { connection in
                _ = try connection.execute(
                    """
                    INSERT INTO operation_items (tenant_id, operation_id, position, job_id, state, new_job)
                    SELECT item.tenant_id, item.operation_id, number, item.job_id, item.state, item.new_job
                    FROM operation_items AS item CROSS JOIN generate_series(1, 1200) AS number
                    """)
                _ = try connection.execute("UPDATE operations SET succeeded = 1201, done = 1201, jobs = 1201")
            }
            let later = Date().addingTimeInterval(60)
            let first = try #require(try await store.round(operation.id, now: later))
            #expect(first.lookAt == first.now.addingTimeInterval(OperationState.stretchInterval))
            try await store.end(new, nil)
            let soon = later.addingTimeInterval(1)
            let second = try #require(try await store.round(operation.id, now: soon))
            #expect(second.operation.progress.replaysCompleted == 201, "those behind the first thousand")
            #expect(second.lookAt == second.now.addingTimeInterval(OperationState.idleSettleInterval))
            let end = try #require(try await store.round(operation.id, now: soon.addingTimeInterval(60)))
            #expect(end.operation.progress.replaysCompleted == 1201 && end.lookAt == nil)
        }
    }
}
