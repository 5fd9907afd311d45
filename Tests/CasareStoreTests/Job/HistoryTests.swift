import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What is told of how a job got to where it is; the queue in memory tells the same.
struct HistoryTests {
    private static func time(_ seconds: Double) -> Date { noon.addingTimeInterval(seconds) }

    private static func past(_ store: StoreFixture, _ job: Job.ID) async throws -> JobPast {
        try await store.run { try JobStore.past(of: job, on: $0) }
    }

    @Test func `attempts that failed and the one that completed are there, oldest first`() async throws {
        try await withFixture { store in
            let first = try await store.leased(now: Self.time(0))
            _ = try await store.fail(first, now: Self.time(5))
            _ = try await store.promote(now: Self.time(20))
            let second = try await store.lease(now: Self.time(21))[0]
            try await store.run {
                try LeaseStore.complete(second.lease, result: .ok(), now: Self.time(30), on: $0)
            }
            let past = try await Self.past(store, first.lease.job)
            #expect(past.events.map(\.kind) == ["submitted", "leased", "retrying", "leased", "completed"])
            #expect(past.events.map(\.at) == [0, 0, 5, 21, 30].map(Self.time))
            #expect(past.events[2].detail["message"] == "row 7 is broken" && past.events[1].detail.isEmpty)
            #expect(past.attempts.map(\.number) == [1, 2] && past.attempts.map(\.robot) == ["r1", "r1"])
            #expect(past.attempts.map(\.startedAt) == [0, 21].map(Self.time))
            #expect(past.attempts.map(\.finishedAt) == [Self.time(5), Self.time(30)])
            #expect(past.attempts.map(\.failure) == [Failure.broken, nil] && !past.attempts.contains(where: \.isCrash))
        }
    }

    @Test func `an attempt under way has no end`() async throws {
        try await withFixture { store in
            let job = try await store.leased(now: Self.time(3)).lease.job
            let attempt = try #require(try await Self.past(store, job).attempts.first)
            #expect(attempt.number == 1 && attempt.robot == "r1" && attempt.startedAt == Self.time(3))
            #expect(attempt.finishedAt == nil && attempt.failure == nil)
        }
    }

    @Test func `an attempt that stopped at a question ended there`() async throws {
        try await withFixture { store in
            let job = try await store.leased(now: Self.time(0))
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try await store.run {
                try LeaseStore.block(job.lease, question: question, now: Self.time(9), on: $0)
            }
            let past = try await Self.past(store, job.lease.job)
            #expect(past.attempts.map(\.startedAt) == [Self.time(0)])
            #expect(past.attempts.map(\.finishedAt) == [Self.time(9)])
            #expect(past.events.last?.detail == ["step": 0, "node": "n", "question": "Done?"])
        }
    }

    @Test func `the attempt at whose question a job was cancelled is there, without an answer`() async throws {
        try await withFixture { store in
            let first = try await store.leased(now: Self.time(0))
            let id = first.lease.job
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try await store.run {
                try LeaseStore.block(first.lease, question: question, now: Self.time(9), on: $0)
            }
            _ = try await store.run {
                try JobStore.resolve(
                    id, step: 0, as: .retry, by: "bob", reason: "not there", now: Self.time(20), on: $0)
            }
            let second = try await store.lease(now: Self.time(21))[0]
            try await store.run {
                try LeaseStore.block(second.lease, question: question, now: Self.time(29), on: $0)
            }
            _ = try await store.run {
                try JobStore.cancel(id, by: "bob", reason: nil, now: Self.time(40), on: $0).from
            }
            let past = try await Self.past(store, id)
            #expect(past.attempts.map(\.number) == [1, 2] && past.attempts.map(\.robot) == ["r1", "r1"])
            #expect(past.attempts.map(\.startedAt) == [0, 21].map(Self.time))
            #expect(past.attempts.map(\.finishedAt) == [Self.time(9), Self.time(29)])
            #expect(past.attempts.map(\.question?.text) == ["Done?", "Done?"])
            #expect(past.attempts.map(\.question?.answer?.answer) == ["retry", nil])
        }
    }

    @Test func `a job that was answered and cancelled before it went on has its question once`() async throws {
        try await withFixture { store in
            let job = try await store.leased(now: Self.time(0))
            let id = job.lease.job
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try await store.run {
                try LeaseStore.block(job.lease, question: question, now: Self.time(9), on: $0)
            }
            _ = try await store.run {
                try JobStore.resolve(id, step: 0, as: .skip, by: "bob", reason: "seen", now: Self.time(20), on: $0)
            }
            _ = try await store.run {
                try JobStore.cancel(id, by: "bob", reason: nil, now: Self.time(30), on: $0).from
            }
            #expect(try await Self.past(store, id).attempts.map(\.question?.answer?.answer) == ["skip"])
        }
    }

    @Test func `an attempt whose robot died is told apart`() async throws {
        try await withFixture { store in
            let session = try await store.openSession(now: noon)
            let id = try await store.submit(store.job(), now: noon)
            _ = try await store.lease(session: session, now: noon)
            _ = try await store.sweep(now: Self.time(40))
            let past = try await Self.past(store, id)
            #expect(past.attempts.map(\.isCrash) == [true] && past.attempts[0].failure?.type == "RobotLost")
            #expect(past.events.last?.kind == "lease_expired" && past.events.last?.detail == ["crashes": 1])
        }
    }

    @Test func `a job that nobody began has no attempts, whatever became of it`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job())
            _ = try await store.run { try JobStore.cancel(id, by: "ann", reason: nil, on: $0) }
            let past = try await Self.past(store, id)
            #expect(past.attempts.isEmpty && past.events.map(\.kind) == ["submitted", "cancelled"])
        }
    }

    @Test func `an unknown job has no history`() async throws {
        try await withFixture { store in
            let id = Job.ID.new(at: noon)
            await #expect(throws: StoreError.notFound(.job, id.description)) {
                try await store.run { _ = try JobStore.past(of: id, on: $0) }
            }
        }
    }

    @Test func `an attempt whose question was answered says who answered what, and why`() async throws {
        try await withFixture { store in
            let job = try await store.leased(now: Self.time(0))
            let id = job.lease.job
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try await store.run {
                try LeaseStore.block(job.lease, question: question, now: Self.time(9), on: $0)
            }
            let open = try await Self.past(store, id).attempts
            #expect(open.map(\.question?.text) == ["Done?"] && open[0].question?.answer == nil)
            _ = try await store.run {
                try JobStore.resolve(
                    id, step: 0, as: .skip, by: "bob", reason: "seen", now: Self.time(20), on: $0)
            }
            let next = try await store.lease(now: Self.time(21))[0]
            try await store.run {
                try LeaseStore.complete(next.lease, result: .ok(), now: Self.time(30), on: $0)
            }
            let past = try await Self.past(store, id)
            #expect(past.attempts.map(\.number) == [1, 2] && past.attempts.map(\.robot) == ["r1", "r1"])
            #expect(past.attempts.map(\.startedAt) == [0, 21].map(Self.time))
            #expect(past.attempts.map(\.finishedAt) == [Self.time(9), Self.time(30)])
            let asked = try #require(past.attempts[0].question)
            #expect(asked.step == 0 && asked.node == "n" && asked.text == "Done?")
            let answer = try #require(asked.answer)
            #expect(answer.answer == "skip" && answer.by == "bob" && answer.reason == "seen")
            #expect(answer.at == Self.time(20) && past.attempts[1].question == nil)
        }
    }
}
