import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

struct ExplainTests {
    // MARK: Rules

    @Test func `limits, rates and pauses are told, with who holds the slots and what to do`() async throws {
        try await withFixture { store in
            let jobs = try await store.load(5, keys: 1)
            #expect(try await store.codes(jobs[1]) == [.inLine])
            try await store.limit {
                $0.concurrency = 1
                $0.keyConcurrency = 1
            }
            #expect(try await store.lease(5).count == 1)
            #expect(try await store.codes(jobs[0]) == [.running])
            let limited = try await store.reasons(jobs[1])
            #expect(limited.map(\.code) == [.queueLimit, .keyLimit, .inLine])
            let limit = try #require(limited.first)
            #expect(limit.message.contains("1 of 1 runs; the longest: \(jobs[0]) on r1 since "))
            #expect(limit.message.contains(", time limit "))
            #expect(limit.clears == "casarectl queue limit default --concurrency 2")
            #expect(limited[1].clears == "casarectl queue limit default --key k0 --concurrency 2")

            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, by: "ann", reason: "month end.", until: nil, on: $0)
            }
            let pause = try await store.firstReason(jobs[1])
            #expect(pause.code == .queuePaused && pause.clears == "casarectl queue resume default")
            let since = try #require(pause.detail["since"]?.string)
            #expect(since.utf8.count == 24 && since.hasSuffix("Z"))
            #expect(pause.message == "Queue default is paused by ann: month end; since \(since).")
            _ = try await store.run { try QueueStore.resume(StoreFixture.queue, on: $0) }
            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, key: "k0", by: "bob", reason: nil, until: nil, on: $0)
            }
            let key = try await store.firstReason(jobs[1])
            #expect(key.code == .keyPaused && key.clears == "casarectl queue resume default --key k0")
            _ = try await store.run { try QueueStore.resume(StoreFixture.queue, key: "k0", on: $0) }
        }
    }

    @Test func `a rate that is used up is told with a command that frees it`() async throws {
        try await withFixture { store in
            let jobs = try await store.load(3, keys: 1)
            try await store.limit {
                $0 = QueueLimits(
                    rate: QueueRate(everySeconds: 3600, burst: 1), keyRate: QueueRate(everySeconds: 7200, burst: 1))
            }
            #expect(try await store.lease(5).count == 1)
            let reasons = try await store.reasons(jobs[1])
            #expect(reasons.map(\.code) == [.queueRate, .keyRate, .inLine])
            #expect(reasons[0].clears == "casarectl queue limit default --rate none")
            #expect(reasons[0].message.hasPrefix("The rate of queue default, 1 at once, then 1 every 3600"))
            // What all keys have stays as it is: this one gets a rate of its own.
            #expect(reasons[1].clears == "casarectl queue limit default --key k0 --rate 2/7200s")
            try await store.run {
                _ = try QueueStore.limit(StoreFixture.queue, key: "k0", on: $0) {
                    $0.rate = QueueRate(count: 2, per: 7200)
                }
            }
            #expect(try await store.codes(jobs[1]) == [.queueRate, .inLine])
            try await store.limit { $0.rate = nil }
            #expect(try await store.lease(5).count == 2)
            let more = try await store.load(1, keys: 1)[0]
            let own = try #require(try await store.reasons(more).first { $0.code == .keyRate })
            #expect(own.clears == "casarectl queue limit default --key k0 --rate none")
        }
    }

    @Test func `keys whose jobs wait are told of their queue and of its robots`() async throws {
        try await withFixture { store in
            try await store.load(6, keys: 3)
            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, key: "k0", by: "ann", reason: "unpaid", until: nil, on: $0)
            }
            try await store.run {
                _ = try QueueStore.limit(StoreFixture.queue, key: "k1", on: $0) { $0.concurrency = 0 }
                _ = try QueueStore.limit(StoreFixture.queue, key: "k2", on: $0) {
                    $0.rate = QueueRate(everySeconds: 3600, burst: 1)
                }
            }
            #expect(try await store.lease(5).count == 1)
            for reasons in [try await store.reasonsOfQueue(), try await store.reasonsOfRobot()] {
                let keys = reasons.prefix { $0.detail["key"]?.string != nil }
                #expect(keys.map(\.code) == [.keyPaused, .keyLimit, .keyRate], "\(reasons)")
                #expect(keys[0].message.hasPrefix("Key k0 of queue default is paused by ann: unpaid; since "))
                #expect(keys[0].message.hasSuffix(" 2 of its jobs wait."))
                #expect(
                    keys[1].message == "Key k1 of queue default is at its limit: 0 of 0 run, and none may begin. "
                        + "2 of its jobs wait.")
                #expect(keys[2].message.hasSuffix(" 1 of its jobs waits."))
                #expect(
                    keys.map(\.clears) == [
                        "casarectl queue resume default --key k0",
                        "casarectl queue limit default --key k1 --concurrency 1",
                        "casarectl queue limit default --key k2 --rate none",
                    ])
            }
            // It has a slot free, and nothing but these keys' jobs waits.
            let last = try #require(try await store.reasonsOfRobot().last)
            #expect(last.code == .workWaits && last.message == "Jobs that it may run wait in queue default.")
        }
    }

    @Test func `more than twenty paused keys are counted`() async throws {
        try await withFixture { store in
            try await store.load(23, keys: 23)
            try await store.asOwner("UPDATE queue_keys SET paused_at = now(), paused_by = 'ann'")
            let keys = try await store.reasonsOfQueue().filter { $0.code == .keyPaused }
            #expect(keys.count == 20 && keys.last?.message.hasSuffix(" The same holds for 3 more.") == true)
        }
    }

    // MARK: Places

    @Test func `where a job stands is told`() async throws {
        try await withFixture { store in
            let later = try await store.submit(store.job(due: .after(.seconds(60))), now: noon)
            #expect(try await store.codes(later, now: noon) == [.dueLater])
            #expect(
                try await store.firstReason(later, now: noon).message == "It is due at 2026-01-01T12:01:00.000Z.")
            #expect(try await store.codes(later, now: noon.addingTimeInterval(60)) == [.dueNotMoved])
            let failed = try await store.leased()
            _ = try await store.fail(failed, now: noon)
            #expect(try await store.codes(failed.lease.job, now: noon) == [.retryDue])
            let due = try await store.firstReason(failed.lease.job, now: noon)
            #expect(due.message.hasPrefix("Attempt 1 failed: \(Failure.broken.message); the next one is due at "))
            let ended = try await store.leased()
            _ = try await store.fail(ended, .business)
            let reason = try await store.firstReason(ended.lease.job)
            #expect(reason.code == .ended && reason.message.hasSuffix(": no such customer."))
            #expect(reason.clears == "casarectl retry \(ended.lease.job)")
            try await store.asOwner(
                "UPDATE dead_letters SET replayed_as = job_id, replayed_at = now(), replayed_by = 'ann'")
            let replayed = try await store.firstReason(ended.lease.job)
            #expect(replayed.message.hasSuffix(". It was submitted anew as job \(ended.lease.job)."))
            #expect(replayed.clears == nil)
            let asked = try await store.leased()
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try await store.run { try LeaseStore.block(asked.lease, question: question, on: $0) }
            let open = try await store.firstReason(asked.lease.job)
            #expect(open.message.hasSuffix("step n happened: Done?"))
            #expect(open.clears == "casarectl job resolve \(asked.lease.job)")
            try await store.asOwner("DELETE FROM scheduled")
            #expect(try await store.codes(later) == [.nowhere])
        }
    }

    @Test func `nobody is told to end a job that runs well`() async throws {
        try await withFixture { store in
            let reason = try await store.firstReason(try await store.leased().lease.job)
            #expect(reason.code == .running && reason.clears == nil)
            #expect(reason.message.contains("attempt 1; its time limit is "))
        }
    }

    @Test func `a deadline is told as long as the job can miss it`() async throws {
        try await withFixture { store in
            let job = try await store.submit(store.job(deadline: .after(.seconds(3600))))
            #expect(try await store.codes(job) == [.inLine, .expires])
            let leased = try #require(try await store.lease().first)
            #expect(try await store.codes(job) == [.running])
            try await store.run { try LeaseStore.release(leased.lease, reason: "stopping", on: $0) }
            #expect(try await store.codes(job) == [.inLine, .expires], "it was not begun")
            let begun = try #require(try await store.lease().first)
            try await store.run { connection in
                try LeaseStore.checkpoint(begun.lease, entries: [.step(0, "effect")], on: connection)
                try LeaseStore.release(begun.lease, reason: "stopping", on: connection)
            }
            #expect(try await store.codes(job) == [.inLine])
            let last = try #require(try await store.lease().first)
            _ = try await store.fail(last)
            #expect(try await store.codes(job) == [.retryDue])
        }
    }

    @Test func `what is before a job is counted, over the lanes of others too`() async throws {
        try await withFixture { store in
            let plain = try await store.load(2)
            try await store.load(3, priority: 9)
            let line = try await store.firstReason(plain[1])
            #expect(
                line.message.hasPrefix("It is in line: 1 job of its priority is before it, 3 jobs are more urgent;"))
            #expect(line.clears == nil)
            try await store.load(2, keys: 2, prefix: "u", priority: 12)
            #expect(try await store.firstReason(plain[1]).detail["more_urgent"]?.int == 5)
            let keyed = try await store.load(1, keys: 1, prefix: "k")[0]
            let reason = try await store.firstReason(keyed)
            #expect(reason.detail["more_urgent"]?.int == 5 && reason.detail["ahead"]?.int == 0)
            // Lanes without a key, and those of other priorities, are no keys that go first.
            #expect(reason.detail["keys_before"]?.int == 0)
            let other = try await store.load(1, keys: 1, prefix: "l")[0]
            #expect(try await store.firstReason(other).message.contains("1 key has its turn first"))
        }
    }

    @Test func `no job has been ready since before it was there`() async throws {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO ready_clock (at, seq) VALUES (now() - interval '5 seconds', 0)")
            let job = try await store.load(1)[0]
            let since = try #require(try await store.firstReason(job).detail["ready_since"]?.string)
            // To the millisecond.
            let early = try await store.count(
                "SELECT count(*) FROM jobs WHERE created_at > '\(since)'::timestamptz + interval '1 millisecond'")
            #expect(early == 0, "\(since)")
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
            #expect(try await store.reasonsOfQueue().map(\.code) == [.noWork])
            _ = try await store.submit(store.job(environment: "else where"))
            let alone = try await store.run { try QueueStore.explain(queue: "else where", on: $0) }.reasons
            #expect(alone.map(\.code) == [.noRobotRegistered, .waiting])
            #expect(
                alone[0].message == "No robot is registered in environment else where: start casare-robot with "
                    + "CASARE_ENVIRONMENT='else where'.")
            #expect(alone[1].message == "1 job is ready, and 0 are due later.")
            #expect(alone[1].detail["ready"] == 1)
            _ = try await store.leased()
            let busy = try await store.reasonsOfQueue()
            #expect(busy.map(\.code) == [.runningJobs, .noWork])
            #expect(busy[0].message == "1 job runs; the robots that take jobs have 2 slots.")
        }
    }
}
