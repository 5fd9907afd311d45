import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What a person says of a step that may or may not have happened.
struct ResolveTests {
    private static let question = Job.Question(step: 1, node: "n1", nodeType: "T", text: "Did n1 happen?")

    /// A job that asks about its second step.
    private static func blocked(_ job: NewJob? = nil, in store: StoreFixture, now: Date? = nil) async throws -> Job.ID {
        let leased = try await store.leased(job, now: now)
        try await self.block(leased, in: store, now: now)
        return leased.lease.job
    }

    private static func block(_ job: LeasedJob, in store: StoreFixture, now: Date? = nil) async throws {
        try await store.run {
            try LeaseStore.block(
                job.lease, question: self.question, entries: [.step(0, "effect"), .step(1, "effect", nil)], now: now,
                on: $0)
        }
    }

    @discardableResult
    private static func resolve(
        _ id: Job.ID, step: Int = 1, attempt: Int? = nil, as resolution: Job.Resolution, by person: String = "bob",
        in store: StoreFixture, now: Date? = nil
    ) async throws -> Job {
        try await store.run {
            try JobStore.resolve(
                id, step: step, attempt: attempt, as: resolution, by: person, reason: "looked it up", now: now, on: $0)
        }
    }

    private static func steps(_ id: Job.ID, in store: StoreFixture) async throws -> [JournalRow] {
        try await store.run { try JobStore.steps(id, on: $0) }
    }

    private static func events(_ id: Job.ID, in store: StoreFixture) async throws -> [String] {
        try await store.run { connection in
            try connection.execute(
                Query(
                    "SELECT kind FROM events WHERE tenant_id = casare_tenant() AND job_id = @job ORDER BY event_id"),
                ["job": .uuid(id.rawValue)]
            ).map { try $0.string("kind") }
        }
    }

    @Test(arguments: [
        (Job.Resolution.done(outputs: ["id": 4711]), #"{"outputs":{"id":4711}}"#), (.skip, #"{"outputs":{}}"#),
    ])
    func `a step that counts as done has a result, and the job goes on behind it`(
        resolution: Job.Resolution, result: String
    ) async throws {
        try await withFixture { store in
            let id = try await Self.blocked(in: store)
            let job = try await Self.resolve(id, as: resolution, in: store, now: noon)
            #expect(job.state == .pending(dueAt: nil) && job.attempt == 1)
            let steps = try await Self.steps(id, in: store)
            #expect(steps.map(\.result) == [#"{"outputs": {}}"#, result])
            #expect(steps[1].startedAt == JournalRow.step(1, "effect").startedAt && steps[1].finishedAt == noon)
            #expect(try await store.jobsAreInOnePlaceEach())
            let again = try await store.lease()
            #expect(again.map(\.lease.job) == [id] && again.map(\.attempt) == [2])
            #expect(try await Self.events(id, in: store) == ["submitted", "leased", "blocked", "resolved", "leased"])
        }
    }

    @Test func `a step that is to be performed again has no entry any more, and the others stay`() async throws {
        try await withFixture { store in
            let id = try await Self.blocked(in: store)
            try await Self.resolve(id, as: .retry, in: store)
            #expect(try await Self.steps(id, in: store) == [.step(0, "effect")])
            #expect(try await store.lease().map(\.lease.job) == [id])
        }
    }

    @Test func `a step that counts as failed says who decided so, and no later attempt repeats it`() async throws {
        try await withFixture { store in
            let id = try await Self.blocked(in: store)
            try await Self.resolve(id, as: .fail, in: store)
            let failure = try Value(parsingJSON: try await Self.steps(id, in: store)[1].result ?? "")
            #expect(failure["type"] == "InDoubtError" && failure["business"] == true)
            #expect(
                failure["error"]
                    == "Step 1 (n1) may or may not have happened; bob decided that it counts as failed: looked it up")
            // The workflow may catch it, and fail later for another reason.
            let again = try #require(try await store.lease().first)
            try await store.run { connection in
                _ = try LeaseStore.fail(
                    again.lease, failure: .broken, result: nil, entries: [.step(2, "captured")], randomFraction: 0.5,
                    on: connection)
            }
            #expect(try await Self.steps(id, in: store).map(\.step) == [0, 1])
        }
    }

    @Test func `what was recorded stays`() async throws {
        try await withFixture { store in
            for resolution in [Job.Resolution.done(outputs: ["x": 1]), .retry] {
                let job = try await store.leased()
                try await store.run {
                    try LeaseStore.block(
                        job.lease, question: Self.question, entries: [.step(1, "effect")], on: $0)
                }
                try await Self.resolve(job.lease.job, as: resolution, in: store)
                #expect(try await Self.steps(job.lease.job, in: store) == [.step(1, "effect")])
                let again = try #require(try await store.lease().first)
                try await store.run { try LeaseStore.complete(again.lease, result: .ok(), on: $0) }
            }
        }
    }

    @Test func `of two people who answer at once one wins, and the other is told who`() async throws {
        try await withFixture { store in
            let id = try await Self.blocked(in: store)
            let people = ["ann", "bob"]
            let answers = await withTaskGroup(of: (String, Result<Job, any Error>).self) { group in
                for person in people {
                    group.addTask {
                        do {
                            let job = try await Self.resolve(
                                id, as: person == "ann" ? .retry : .skip, by: person, in: store)
                            return (person, .success(job))
                        } catch {
                            return (person, .failure(error))
                        }
                    }
                }
                var answers: [String: Result<Job, any Error>] = [:]
                for await (person, answer) in group { answers[person] = answer }
                return answers
            }
            let winners = people.filter { (try? answers[$0]?.get()) != nil }
            #expect(winners.count == 1)
            let winner = try #require(winners.first)
            let loser = try #require(people.first { $0 != winner })
            let refusal = StoreError.alreadyResolved(id, winner == "ann" ? .retry : .skip, by: winner)
            #expect(throws: refusal) { try answers[loser]?.get() }
            #expect(try await store.jobsAreInOnePlaceEach())
            let actions = try await store.run { try ControlLog.list(of: id.description, limit: 9, on: $0) }
            #expect(actions.map(\.actor) == [winner] && actions.map(\.action) == ["job.resolve"])
            #expect(actions.first?.reason == "looked it up" && actions.first?.detail["node"] == "n1")
        }
    }

    @Test func `an answer that comes late is not taken for one to the same question asked once more`() async throws {
        try await withFixture { store in
            let id = try await Self.blocked(in: store)
            try await Self.resolve(id, attempt: 1, as: .retry, in: store)
            try await Self.block(try #require(try await store.lease().first), in: store)
            await #expect(throws: StoreError.alreadyResolved(id, .retry, by: "bob")) {
                try await Self.resolve(id, attempt: 1, as: .skip, by: "ann", in: store)
            }
            await #expect(throws: StoreError.otherQuestion(id, Self.question, attempt: 2, answered: 7)) {
                try await Self.resolve(id, step: 7, as: .skip, by: "ann", in: store)
            }
            #expect(try await store.status(id) == .blocked)
            try await Self.resolve(id, attempt: 2, as: .skip, by: "ann", in: store)
            #expect(try await store.status(id) == .pending)
        }
    }

    @Test func `a job that asks nothing is refused, and says where it stands`() async throws {
        try await withFixture { store in
            let action = "resolved; only a job that is blocked asks a person"
            let running = try await store.leased().lease
            await #expect(throws: StoreError.invalidTransition(running.job, from: .running, action: action)) {
                try await Self.resolve(running.job, as: .skip, in: store)
            }
            try await store.run { try LeaseStore.complete(running, result: .ok(), on: $0) }
            await #expect(throws: StoreError.invalidTransition(running.job, from: .completed, action: action)) {
                try await Self.resolve(running.job, as: .skip, in: store)
            }
            let nobody = Job.ID.new(at: noon)
            await #expect(throws: StoreError.notFound(.job, nobody.description)) {
                try await Self.resolve(nobody, as: .skip, in: store)
            }
        }
    }

    @Test func `a job that was begun in time is not too late after its answer`() async throws {
        try await withFixture { store in
            let job = store.job(deadline: .at(noon + 60))
            let id = try await Self.blocked(job, in: store, now: noon)
            try await Self.resolve(id, as: .retry, in: store, now: noon + 3600)
            _ = try await store.database.asSystem { try LeaseStore.expireDue(now: noon + 3601, on: $0) }
            #expect(try await store.lease(now: noon + 3602).map(\.lease.job) == [id])
        }
    }

    @Test func `the time limit begins anew with the answer`() async throws {
        try await withFixture { store in
            let job = try await store.leased(now: noon)
            try await Self.block(job, in: store, now: noon + 50)
            try await Self.resolve(job.lease.job, as: .retry, in: store, now: noon + 60)
            let again = try #require(try await store.lease(now: noon + 70).first)
            #expect(try await store.run { try LeaseStore.jobJournal(again.lease, on: $0).secondsSpent } == 0)
            try await store.run { try LeaseStore.release(again.lease, reason: "test", now: noon + 75, on: $0) }
            let last = try #require(try await store.lease(now: noon + 80).first)
            #expect(try await store.run { try LeaseStore.jobJournal(last.lease, on: $0).secondsSpent } == 5)
        }
    }

    @Test func `a job with a queue key goes back to its lane`() async throws {
        try await withFixture { store in
            let id = try await Self.blocked(store.job(queueKey: "acme"), in: store)
            try await Self.resolve(id, as: .skip, in: store)
            #expect(try await store.lease().map(\.lease.job) == [id])
        }
    }

    @Test func `a result is audited by its digest alone`() async throws {
        try await withFixture { store in
            let id = try await Self.blocked(in: store)
            try await Self.resolve(id, as: .done(outputs: ["pin": "4711-secret"]), in: store)
            let action = try await store.run { try ControlLog.list(of: id.description, limit: 1, on: $0) }.first
            #expect(action?.detail["answer"] == "done" && action?.detail["step"] == 1)
            #expect(action?.detail["result_sha256"]?.string?.count == 64)
            #expect(action.map { Value.object($0.detail).jsonText(.compact).contains("4711") } == false)
        }
    }

    @Test func `the jobs that wait longest come first`() async throws {
        try await withFixture { store in
            var jobs: [Job.ID] = []
            for minute in [3.0, 1, 2] { jobs.append(try await Self.blocked(in: store, now: noon + minute * 60)) }
            let longest = try await store.run { try JobStore.longestBlocked(limit: 2, on: $0) }
            #expect(longest.map(\.id) == [jobs[1], jobs[2]])
            #expect(longest.first?.workflowName == "orders" && longest.first?.question == Self.question)
            #expect(longest.first?.since == noon + 60)
        }
    }
}
