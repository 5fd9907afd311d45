import CasareDomain
import CasarePostgres
import FoundationEssentials
import Testing

@testable import CasareStore

/// Queue keys and requirements, as far as submits and retries go.
struct AskingTests {
    private static let gpu = Job.Requirements(tags: ["gpu", "eu", "gpu"], capabilities: ["excel"])

    /// The jobs in `ready` under the queue's own number, and those under a lane's.
    private func places(_ store: StoreFixture) async throws -> [Int] {
        try await store.run { connection in
            let row = try connection.execute(
                """
                SELECT count(*) FILTER (WHERE queue_id > 0) AS plain, count(*) FILTER (WHERE queue_id < 0) AS lanes
                FROM ready WHERE tenant_id = casare_tenant()
                """
            ).only()
            return [try row.int("plain"), try row.int("lanes")]
        }
    }

    @Test func `a job keeps its key, its requirements and its deadline`() async throws {
        try await withFixture { store in
            let id = try await store.submit(
                store.job(
                    due: .after(.seconds(5)), queueKey: "customer 7", requirements: Self.gpu,
                    deadline: .after(.seconds(60))), now: noon)
            let job = try #require(try await store.get(id))
            #expect(job.queueKey == "customer 7" && job.expiresAt == noon.addingTimeInterval(60))
            #expect(job.requirements.tags == ["eu", "gpu"] && job.requirements.capabilities == ["excel"])
            #expect(job.requirements.robot == nil && job.uniqueKey == nil)
            let listed = try await store.run { try JobStore.list(limit: 9, on: $0) }
            #expect(listed == [job])
            let plain = try await store.submit(store.job())
            let other = try #require(try await store.get(plain))
            #expect(other.queueKey == nil && other.requirements == .anyRobot && other.expiresAt == nil)
        }
    }

    @Test func `jobs with a key or a requirement go to lanes, and plain ones where they went before`() async throws {
        try await withFixture { store in
            try await store.submit([
                store.job(), store.job(queueKey: "a"), store.job(queueKey: "a"), store.job(queueKey: "b"),
                store.job(requirements: Self.gpu),
            ])
            // The queue has rules by now: its plain jobs keep its number.
            try await store.submit([store.job()])
            #expect(try await self.places(store) == [2, 4])
            #expect(try await store.run { try JobStore.counts(on: $0).ready } == 6)
            let known = try await store.run { try $0.execute("SELECT FROM requirements").count }
            #expect(known == 1)
        }
    }

    @Test func `a job that is due later goes to its lane then`() async throws {
        try await withFixture { store in
            try await store.submit([store.job(due: .after(.seconds(1)), queueKey: "a")], now: noon)
            #expect(try await store.promote(now: noon.addingTimeInterval(1)).promoted == 1)
            #expect(try await self.places(store) == [0, 1])
        }
    }

    @Test func `a retry asks for the same key and the same robot`() async throws {
        try await withFixture { store in
            let here = Job.Requirements(robot: StoreFixture.robot)
            let id = try await store.submit(
                store.job(queueKey: "a", requirements: here, deadline: .after(.seconds(60))), now: noon)
            _ = try await store.database.asSystem {
                try LeaseStore.expireDue(now: noon.addingTimeInterval(60), on: $0)
            }
            let new = try await store.run { try JobStore.retry(id, by: "bo", on: $0) }
            let job = try #require(try await store.get(new))
            #expect(job.queueKey == "a" && job.requirements == here && job.retryOf == id)
            // It was asked for by a person, now: the deadline of then does not count.
            #expect(job.expiresAt == nil)
            #expect(try await self.places(store) == [0, 1])
        }
    }

    @Test func `a robot that there is not, or elsewhere, is refused`() async throws {
        try await withFixture { store in
            let ghost = try #require(Robot.ID(rawValue: "ghost"))
            let nobody = store.job(requirements: Job.Requirements(robot: ghost))
            await #expect(throws: StoreError.notFound(.robot, "ghost")) { try await store.submit([nobody]) }
            let elsewhere = store.job(
                environment: "gpu", requirements: Job.Requirements(robot: StoreFixture.robot))
            await #expect(
                throws: StoreError.robotElsewhere(StoreFixture.robot, environment: "default", asked: "gpu")
            ) { try await store.submit([elsewhere]) }
        }
    }

    @Test func `a job whose workflow is assigned to robots asks for one of them without saying so`() async throws {
        try await withFixture { store in
            try await store.run {
                try QueueStore.assign(store.workflow, to: [StoreFixture.robot], by: "ann", on: $0)
            }
            let id = try await store.submit(store.job())
            #expect(try await self.places(store) == [0, 1])
            #expect(try await store.lease(9).map(\.lease.job) == [id])
            var wrong = store.job()
            wrong.workflowVersion = 7
            let jobs = [wrong]
            await #expect(throws: StoreError.notFound(.workflowVersion, "7 of \(store.workflow)")) {
                try await store.submit(jobs)
            }
        }
    }

    @Test func `an unknown workflow version is refused here too`() async throws {
        try await withFixture { store in
            var wrong = store.job(queueKey: "a")
            wrong.workflowVersion = 7
            let jobs = [wrong]
            await #expect(throws: StoreError.notFound(.workflowVersion, "7 of \(store.workflow)")) {
                try await store.submit(jobs)
            }
        }
    }

    @Test func `one queue's due jobs do not hold up another's`() async throws {
        try await withFixture { store in
            let many = (0..<40).map { _ in store.job(due: .at(noon)) }
            try await store.submit(many, now: noon.addingTimeInterval(-60))
            let few = try await store.submit(
                (0..<3).map { _ in store.job(due: .at(noon.addingTimeInterval(1)), environment: "gpu") },
                now: noon.addingTimeInterval(-60))
            func promote() async throws -> PromotionReport {
                try await store.database.asSystem {
                    try LeaseStore.promoteDue(limit: 10, now: noon.addingTimeInterval(2), on: $0)
                }
            }
            let first = try await promote()
            #expect(first.promoted == 8 && first.tenants == [store.tenant])
            #expect(first.isPartial, "a queue has used its share up")
            for job in few { #expect(try await store.get(job.id)?.state == .pending(dueAt: nil)) }
            for _ in 0..<3 {
                let report = try await promote()
                #expect(report.promoted == 10 && report.isPartial)
            }
            let last = try await promote()
            #expect(last.promoted == 5 && !last.isPartial)
        }
    }
}
