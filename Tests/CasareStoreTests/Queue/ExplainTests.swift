import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

struct ExplainTests {
    private func codes(_ store: StoreFixture, _ job: Job.ID, now: Date? = nil) async throws -> [Explanation.Code] {
        try await store.run { try QueueStore.explain(job: job, now: now, on: $0).reasons.map(\.code) }
    }

    private func first(_ store: StoreFixture, _ job: Job.ID) async throws -> Explanation.Reason {
        try #require(try await store.run { try QueueStore.explain(job: job, on: $0).reasons.first })
    }

    @Test func `limits, rates and pauses are told, with who holds the slots and what to do`() async throws {
        try await withFixture { store in
            let jobs = try await store.load(5, keys: 1)
            #expect(try await self.codes(store, jobs[1]) == [.inLine])
            try await store.limit {
                $0.concurrency = 1
                $0.keyConcurrency = 1
            }
            #expect(try await store.lease(5).count == 1)
            #expect(try await self.codes(store, jobs[0]) == [.running])
            #expect(try await self.codes(store, jobs[1]) == [.queueLimit, .keyLimit, .inLine])
            let limit = try await self.first(store, jobs[1])
            #expect(limit.message.contains("1 of 1") && limit.message.contains("\(jobs[0]) on r1"))
            #expect(limit.clears == "casarectl queue limit default --concurrency N")

            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, by: "ann", reason: "month end", until: nil, on: $0)
            }
            let pause = try await self.first(store, jobs[1])
            #expect(pause.code == .queuePaused && pause.clears == "casarectl queue resume default")
            #expect(pause.message == "Queue default is paused by ann: month end.")
            _ = try await store.run { try QueueStore.resume(StoreFixture.queue, on: $0) }
            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, key: "k0", by: "bob", reason: nil, until: nil, on: $0)
            }
            let key = try await self.first(store, jobs[1])
            #expect(key.code == .keyPaused && key.clears == "casarectl queue resume default --key k0")
            _ = try await store.run { try QueueStore.resume(StoreFixture.queue, key: "k0", on: $0) }

            try await store.limit {
                $0 = QueueLimits(
                    rate: QueueRate(everySeconds: 3600, burst: 1), keyRate: QueueRate(everySeconds: 7200, burst: 1))
            }
            #expect(try await store.lease(5).count == 1)
            #expect(try await self.codes(store, jobs[2]) == [.robotsBusy, .queueRate, .keyRate, .inLine])
        }
    }

    @Test func `that no robot fits is told, and what the nearest lacks`() async throws {
        try await withFixture { store in
            let needs = try await store.run {
                try QueueStore.requirement(
                    Job.Requirements(tags: ["gpu", "t"], capabilities: ["excel"]), workflow: nil,
                    queue: StoreFixture.queue, on: $0)
            }
            let job = try await store.load(1, requirement: needs)[0]
            let reason = try await self.first(store, job)
            #expect(reason.code == .noRobotFits)
            #expect(
                reason.message == "None of the 1 robots of environment default has the tags gpu, t and the "
                    + "capabilities excel; the nearest: r1 (lacks gpu, excel).")
            let queue = try await store.run { try QueueStore.explain(queue: StoreFixture.queue, on: $0) }
            #expect(queue.reasons.contains { $0.code == .requirementUnmet && $0.message.contains("excel") })
            let robot = try await store.run { try QueueStore.explain(robot: StoreFixture.robot, on: $0) }
            #expect(robot.reasons.first { $0.code == .lanes }?.detail["does_not_fit"]?.int == 1)
        }
    }

    @Test func `what keeps the robots from a job is told`() async throws {
        try await withFixture { store in
            let job = try await store.load(1)[0]
            #expect(try await self.codes(store, job) == [.inLine])
            let running = try await store.load(2)
            #expect(try await store.lease(3).count == 3)
            let next = try await store.load(1)[0]
            #expect(try await self.codes(store, next) == [.robotsBusy, .inLine])
            let robot = try await store.run { try QueueStore.explain(robot: StoreFixture.robot, on: $0) }
            #expect(robot.reasons.map(\.code) == [.slotsFull, .workWaits])
            _ = try await store.run { try RobotStore.cordon(StoreFixture.robot, by: "ann", on: $0) }
            let cordoned = try await self.first(store, next)
            #expect(cordoned.code == .robotsCordoned && cordoned.clears == "casarectl robot uncordon r1")
            try await store.asOwner("UPDATE robot_sessions SET ended_at = now()")
            #expect(try await self.codes(store, next) == [.robotsOffline, .inLine])
            #expect(try await self.codes(store, running[0]) == [.robotLost])
            let offline = try await store.run { try QueueStore.explain(robot: StoreFixture.robot, on: $0) }
            #expect(offline.reasons.map(\.code) == [.offline, .cordoned])
        }
    }

    @Test func `where a job stands is told`() async throws {
        try await withFixture { store in
            let later = try await store.submit(store.job(due: .after(.seconds(60))), now: noon)
            #expect(try await self.codes(store, later, now: noon) == [.dueLater])
            #expect(try await self.codes(store, later, now: noon.addingTimeInterval(60)) == [.dueNotMoved])
            let failed = try await store.leased()
            _ = try await store.fail(failed, now: noon)
            #expect(try await self.codes(store, failed.lease.job, now: noon) == [.retryDue])
            let ended = try await store.leased()
            _ = try await store.fail(ended, .business)
            let reason = try await self.first(store, ended.lease.job)
            #expect(reason.code == .ended && reason.message.contains("no such customer"))
            #expect(reason.clears == "casarectl retry \(ended.lease.job)")
            let asked = try await store.leased()
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try await store.run { try LeaseStore.block(asked.lease, question: question, on: $0) }
            #expect(try await self.first(store, asked.lease.job).message.hasSuffix("step n happened: Done?"))
            try await store.asOwner("DELETE FROM scheduled")
            #expect(try await self.codes(store, later) == [.nowhere])
        }
    }

    @Test func `what does not exist is not explained`() async throws {
        try await withFixture { store in
            let job = Job.ID.new(at: noon)
            await #expect(throws: StoreError.notFound(.job, job.description)) {
                try await store.run { try QueueStore.explain(job: job, on: $0) }
            }
            await #expect(throws: StoreError.notFound(.queue, "x")) {
                try await store.run { try QueueStore.explain(queue: "x", on: $0) }
            }
            let robot = try #require(Robot.ID(rawValue: "x"))
            await #expect(throws: StoreError.notFound(.robot, "x")) {
                try await store.run { try QueueStore.explain(robot: robot, on: $0) }
            }
        }
    }

    @Test func `a queue without work and one without robots say so`() async throws {
        try await withFixture { store in
            let idle = try await store.run { try QueueStore.explain(queue: StoreFixture.queue, on: $0) }
            #expect(idle.reasons.map(\.code) == [.noWork])
            _ = try await store.submit(store.job(environment: "elsewhere"))
            let alone = try await store.run { try QueueStore.explain(queue: "elsewhere", on: $0) }
            #expect(alone.reasons.map(\.code) == [.noRobots, .waiting])
        }
    }

    @Test func `a command is filled in as a shell takes it`() {
        let reason = Explanation.Reason(
            code: .keyPaused, detail: ["queue": "a b", "key": "it's", "by": "ann"],
            template: "casarectl queue resume {queue} --key {key}", names: [:])
        #expect(reason.clears == #"casarectl queue resume 'a b' --key 'it'\''s'"#)
    }
}
