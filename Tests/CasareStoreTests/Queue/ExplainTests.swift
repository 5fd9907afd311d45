import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

struct ExplainTests {
    private func reasons(
        _ store: StoreFixture, _ job: Job.ID, now: Date? = nil
    ) async throws -> [Explanation.Reason] {
        try await store.run { try QueueStore.explain(job: job, now: now, on: $0).reasons }
    }

    private func codes(_ store: StoreFixture, _ job: Job.ID, now: Date? = nil) async throws -> [Explanation.Code] {
        try await self.reasons(store, job, now: now).map(\.code)
    }

    private func first(_ store: StoreFixture, _ job: Job.ID, now: Date? = nil) async throws -> Explanation.Reason {
        try #require(try await self.reasons(store, job, now: now).first)
    }

    private func ofQueue(_ store: StoreFixture) async throws -> [Explanation.Reason] {
        try await store.run { try QueueStore.explain(queue: StoreFixture.queue, on: $0).reasons }
    }

    private func ofRobot(_ store: StoreFixture, now: Date? = nil) async throws -> [Explanation.Reason] {
        try await store.run { try QueueStore.explain(robot: StoreFixture.robot, now: now, on: $0).reasons }
    }

    // MARK: Rules

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
            let limited = try await self.reasons(store, jobs[1])
            #expect(limited.map(\.code) == [.queueLimit, .keyLimit, .inLine])
            let limit = try #require(limited.first)
            #expect(limit.message.contains("1 of 1 runs; the longest: \(jobs[0]) on r1 since "))
            #expect(limit.message.contains(", time limit "))
            #expect(limit.clears == "casarectl queue limit default --concurrency 2")
            #expect(limited[1].clears == "casarectl queue limit default --key k0 --concurrency 2")

            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, by: "ann", reason: "month end.", until: nil, on: $0)
            }
            let pause = try await self.first(store, jobs[1])
            #expect(pause.code == .queuePaused && pause.clears == "casarectl queue resume default")
            let since = try #require(pause.detail["since"]?.string)
            #expect(since.utf8.count == 24 && since.hasSuffix("Z"))
            #expect(pause.message == "Queue default is paused by ann: month end; since \(since).")
            _ = try await store.run { try QueueStore.resume(StoreFixture.queue, on: $0) }
            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, key: "k0", by: "bob", reason: nil, until: nil, on: $0)
            }
            let key = try await self.first(store, jobs[1])
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
            let reasons = try await self.reasons(store, jobs[1])
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
            #expect(try await self.codes(store, jobs[1]) == [.queueRate, .inLine])
            try await store.limit { $0.rate = nil }
            #expect(try await store.lease(5).count == 2)
            let more = try await store.load(1, keys: 1)[0]
            let own = try #require(try await self.reasons(store, more).first { $0.code == .keyRate })
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
            for reasons in [try await self.ofQueue(store), try await self.ofRobot(store)] {
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
            let last = try #require(try await self.ofRobot(store).last)
            #expect(last.code == .workWaits && last.message == "Jobs that it may run wait in queue default.")
        }
    }

    @Test func `more than twenty paused keys are counted`() async throws {
        try await withFixture { store in
            try await store.load(23, keys: 23)
            try await store.asOwner("UPDATE queue_keys SET paused_at = now(), paused_by = 'ann'")
            let keys = try await self.ofQueue(store).filter { $0.code == .keyPaused }
            #expect(keys.count == 20 && keys.last?.message.hasSuffix(" The same holds for 3 more.") == true)
        }
    }

    // MARK: Robots

    @Test func `a robot is promised no job that it will not get`() async throws {
        try await withFixture { store in
            try await store.load(1)
            let free = try await self.ofRobot(store)
            #expect(free.map(\.code) == [.workWaits])
            #expect(free[0].message.hasSuffix("wait in queue default; it asks for some with its next request."))
            let held = "Jobs that it may run wait in queue default."
            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, by: "ann", reason: nil, until: nil, on: $0)
            }
            #expect(try await self.ofRobot(store).map(\.code) == [.queuePaused, .workWaits])
            #expect(try await self.ofRobot(store).last?.message == held)
            _ = try await store.run { try QueueStore.resume(StoreFixture.queue, on: $0) }
            try await store.limit { $0.concurrency = 0 }
            #expect(try await self.ofRobot(store).map(\.code) == [.queueLimit, .workWaits])
            #expect(try await self.ofRobot(store).last?.message == held)
            try await store.limit { $0.concurrency = nil }
            _ = try await store.run { try RobotStore.cordon(StoreFixture.robot, by: "ann", reason: "disk", on: $0) }
            let cordoned = try await self.ofRobot(store)
            #expect(cordoned.map(\.code) == [.cordoned, .workWaits] && cordoned[1].message == held)
            #expect(cordoned[0].message.hasPrefix("It is cordoned by ann: disk; since "))
            #expect(cordoned[0].clears == "casarectl robot uncordon r1")
        }
    }

    @Test func `that no robot fits is told, and what the nearest lacks`() async throws {
        try await withFixture { store in
            let needs = try await store.run {
                try QueueStore.requirement(
                    Job.Requirements(tags: ["gpu", "ü x"], capabilities: ["excel"]), workflow: nil,
                    queue: StoreFixture.queue, on: $0)
            }
            let job = try await store.load(1, requirement: needs)[0]
            let clears = "casarectl robot register r1 --tag gpu --tag t --tag 'ü x' --capability c --capability excel"
            let need = "the tags gpu, ü x and the capability excel"
            #expect(try await self.codes(store, job) == [.noRobotFits])
            let reason = try await self.first(store, job)
            #expect(
                reason.message
                    == "No robot of environment default has \(need); the nearest: r1 (lacks excel, gpu, ü x).")
            #expect(reason.clears == clears)
            let queue = try await self.ofQueue(store)
            #expect(queue.map(\.code) == [.requirementUnmet, .waiting])
            #expect(queue[0].message == "\(reason.message) 1 job waits for one." && queue[0].clears == clears)
            let robot = try await self.ofRobot(store)
            #expect(robot.map(\.code) == [.requirementUnmet, .noWork])
            #expect(
                robot[0].message
                    == "1 job waits in queue default for a robot that has \(need); it lacks excel, gpu, ü x.")
            #expect(robot[0].clears == clears)
            #expect(robot[1].message == "No job that it may run waits in queue default.")
            // As the command does it.
            _ = try await store.run {
                try RobotStore.register(
                    StoreFixture.robot, environment: StoreFixture.queue, tags: ["gpu", "t", "ü x"],
                    capabilities: ["c", "excel"], slots: 2, on: $0)
            }
            #expect(try await self.codes(store, job) == [.inLine])
        }
    }

    @Test func `a robot that is asked for by name is registered by its name`() async throws {
        try await withFixture { store in
            let needs = try await store.run {
                try QueueStore.requirement(
                    Job.Requirements(tags: ["gpu"], robot: Robot.ID(rawValue: "r9")), workflow: nil,
                    queue: StoreFixture.queue, on: $0)
            }
            let job = try await store.load(1, requirement: needs)[0]
            let reason = try await self.first(store, job)
            #expect(reason.message == "No robot of environment default has the tag gpu and the name r9.")
            #expect(reason.clears == "casarectl robot register r9 --environment default --tag gpu")
            _ = try await store.register("r9", tags: ["gpu"])
            #expect(try await self.codes(store, job) == [.inLine])
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
            let busy = try await self.first(store, next)
            #expect(busy.message == "No robot that fits has a slot free: 3 of 2 slots are taken.")
            #expect(busy.clears == "casarectl robot register r1 --slots 4")
            let robot = try await self.ofRobot(store)
            #expect(robot.map(\.code) == [.slotsFull, .workWaits])
            #expect(robot[0].message == "All of its 2 slots are taken: it runs 3 jobs.")
            #expect(robot[0].clears == "casarectl robot register r1 --slots 4")
            _ = try await store.run { try RobotStore.cordon(StoreFixture.robot, by: "ann", on: $0) }
            let cordoned = try await self.first(store, next)
            #expect(cordoned.code == .robotsCordoned && cordoned.clears == "casarectl robot uncordon r1")
            try await store.asOwner("UPDATE robot_sessions SET ended_at = now()")
            #expect(try await self.codes(store, next) == [.robotsOffline])
            #expect(try await self.codes(store, running[0]) == [.robotLost])
            #expect(try await self.ofRobot(store).map(\.code) == [.offline, .cordoned])
            #expect(try await self.ofRobot(store).first?.clears == nil)
        }
    }

    @Test func `only a robot that is alive and cordoned is to be uncordoned, with who wants it so`() async throws {
        try await withFixture { store in
            let away = try #require(Robot.ID(rawValue: "a"))
            _ = try await store.run {
                try RobotStore.register(
                    away, environment: StoreFixture.queue, tags: ["t"], capabilities: [], slots: 1, on: $0)
            }
            let job = try await store.load(1)[0]
            _ = try await store.run { try RobotStore.cordon(StoreFixture.robot, by: "ann", reason: "disk", on: $0) }
            let reason = try await self.first(store, job)
            #expect(reason.code == .robotsCordoned && reason.clears == "casarectl robot uncordon r1")
            #expect(
                reason.message.hasPrefix(
                    "No robot that fits takes jobs: a (offline), r1 (cordoned by ann: disk; since "),
                "\(reason.message)")
            let queue = try #require(try await self.ofQueue(store).first)
            #expect(queue.code == .robotsCordoned && queue.clears == "casarectl robot uncordon r1")
            #expect(queue.message.hasPrefix("No robot of environment default takes jobs: a (offline), r1 (cordoned"))

            // Others take jobs, but not these.
            _ = try await store.register("r2")
            let needs = try await store.run {
                try QueueStore.requirement(
                    Job.Requirements(tags: ["t"]), workflow: nil, queue: StoreFixture.queue, on: $0)
            }
            try await store.load(1, requirement: needs)
            let unmet = try #require(try await self.ofQueue(store).first)
            #expect(unmet.code == .requirementUnmet && unmet.clears == "casarectl robot uncordon r1")
            #expect(
                unmet.message.hasPrefix(
                    "No robot of environment default that has the tag t takes jobs: a (offline), r1 (cordoned by ann"),
                "\(unmet.message)")
        }
    }

    @Test func `robots that were asked to end are told apart from cordoned ones`() async throws {
        try await withFixture { store in
            let job = try await store.load(1)[0]
            _ = try await store.run {
                try RobotStore.end(StoreFixture.robot, .drain, by: "bob", reason: "upgrade", on: $0)
            }
            let reason = try await self.first(store, job)
            #expect(reason.code == .robotsDraining && reason.clears == nil)
            #expect(reason.message.contains("r1 (asked to drain by bob: upgrade; since "), "\(reason.message)")
            let robot = try #require(try await self.ofRobot(store).first)
            #expect(robot.code == .draining && robot.clears == nil)
            #expect(robot.message.hasSuffix("It leases nothing more, and ends when its last job has ended."))
        }
    }

    @Test func `a robot counts for the queue that its session leases from`() async throws {
        try await withFixture { store in
            _ = try await store.run {
                try RobotStore.register(
                    StoreFixture.robot, environment: "other", tags: [], capabilities: [], slots: 2, on: $0)
            }
            let job = try await store.load(1)[0]
            #expect(try await self.codes(store, job) == [.inLine])
            #expect(try await self.ofRobot(store).map(\.code) == [.workWaits])
            try await store.asOwner("UPDATE robot_sessions SET ended_at = now()")
            #expect(try await self.codes(store, job) == [.noRobotRegistered])
        }
    }

    @Test func `a robot that asks for nothing keeps jobs waiting`() async throws {
        try await withFixture { store in
            let job = try await store.load(1)[0]
            try await store.run {
                _ = try LeaseStore.renew(
                    store.session, held: [], progress: Robot.Progress(secondsUnasked: 1000), on: $0)
            }
            let reason = try await self.first(store, job)
            #expect(try await self.codes(store, job) == [.wedged])
            #expect(reason.message.hasPrefix("The robot r1 is wedged: it has had free slots since "))
            #expect(reason.clears == "casarectl robot stop r1")
            #expect(try await self.ofRobot(store).map(\.code) == [.wedged, .workWaits])
        }
    }

    @Test(arguments: [
        (19, Explanation.Code.running, Robot.Status.live), (20, .robotStale, .stale), (29, .robotStale, .stale),
        (30, .robotLost, .stale),
    ])
    func `a robot that has missed renewals is told from the moment on at which it is stale`(
        seconds: Int, code: Explanation.Code, status: Robot.Status
    ) async throws {
        try await withFixture { store in
            try await store.asOwner("UPDATE robot_sessions SET ended_at = now()")
            let session = try await store.run {
                try LeaseStore.openSession(
                    StoreFixture.robot, boot: UUID(), kind: .api, slots: 2, leaseDuration: .seconds(30), now: noon,
                    on: $0)
            }
            _ = try await store.submit(store.job(), now: noon)
            let leased = try #require(try await store.lease(session: session, now: noon).first)
            let waiting = try await store.submit(store.job(), now: noon)
            let now = noon.addingTimeInterval(Double(seconds))
            #expect(try await self.codes(store, leased.lease.job, now: now) == [code])
            #expect(try await self.first(store, leased.lease.job, now: now).clears == nil)
            let known = try await store.run { try RobotStore.get(StoreFixture.robot, now: now, on: $0) }
            #expect(known?.status == status)
            let robot = try await self.ofRobot(store, now: now)
            let isOver = seconds == 30
            let next = try await self.first(store, waiting, now: now)
            guard status == .stale else {
                #expect(robot.map(\.code) == [.workWaits] && next.code == .inLine)
                return
            }
            #expect(robot.map(\.code) == [.stale, .workWaits])
            #expect(
                robot[0].message == "It has not renewed its session since 2026-01-01T12:00:00.000Z"
                    + (isOver ? "" : "; unless it does by 2026-01-01T12:00:30.000Z")
                    + (isOver ? "; its session is about to end" : ", its session ends") + " and its jobs go to others.")
            #expect(next.code == .robotsOffline && next.clears == nil)
            #expect(next.message.contains("r1 (stale: not heard of since 2026-01-01T12:00:00.000Z)"), "\(next.message)")
        }
    }

    @Test func `a lost connection is told as such at once`() async throws {
        try await withFixture { store in
            let job = try await store.leased().lease.job
            try await store.asOwner("UPDATE robot_sessions SET lost_at = now()")
            let reason = try await self.first(store, job)
            #expect(reason.code == .robotLost && reason.clears == nil)
            #expect(reason.message.hasPrefix("Its robot r1 lost its connection at "))
            #expect(try await self.ofRobot(store).first?.message.hasPrefix("It lost its connection at ") == true)
        }
    }

    // MARK: Places

    @Test func `where a job stands is told`() async throws {
        try await withFixture { store in
            let later = try await store.submit(store.job(due: .after(.seconds(60))), now: noon)
            #expect(try await self.codes(store, later, now: noon) == [.dueLater])
            #expect(
                try await self.first(store, later, now: noon).message == "It is due at 2026-01-01T12:01:00.000Z.")
            #expect(try await self.codes(store, later, now: noon.addingTimeInterval(60)) == [.dueNotMoved])
            let failed = try await store.leased()
            _ = try await store.fail(failed, now: noon)
            #expect(try await self.codes(store, failed.lease.job, now: noon) == [.retryDue])
            let ended = try await store.leased()
            _ = try await store.fail(ended, .business)
            let reason = try await self.first(store, ended.lease.job)
            #expect(reason.code == .ended && reason.message.hasSuffix(": no such customer."))
            #expect(reason.clears == "casarectl retry \(ended.lease.job)")
            try await store.asOwner(
                "UPDATE dead_letters SET replayed_as = job_id, replayed_at = now(), replayed_by = 'ann'")
            let replayed = try await self.first(store, ended.lease.job)
            #expect(replayed.message.hasSuffix(". It was submitted anew as job \(ended.lease.job)."))
            #expect(replayed.clears == nil)
            let asked = try await store.leased()
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try await store.run { try LeaseStore.block(asked.lease, question: question, on: $0) }
            let open = try await self.first(store, asked.lease.job)
            #expect(open.message.hasSuffix("step n happened: Done?"))
            #expect(open.clears == "casarectl job cancel \(asked.lease.job)")
            try await store.asOwner("DELETE FROM scheduled")
            #expect(try await self.codes(store, later) == [.nowhere])
        }
    }

    @Test func `nobody is told to end a job that runs well`() async throws {
        try await withFixture { store in
            let reason = try await self.first(store, try await store.leased().lease.job)
            #expect(reason.code == .running && reason.clears == nil)
            #expect(reason.message.contains("attempt 1; its time limit is "))
        }
    }

    @Test func `a deadline is told as long as the job can miss it`() async throws {
        try await withFixture { store in
            let job = try await store.submit(store.job(deadline: .after(.seconds(3600))))
            #expect(try await self.codes(store, job) == [.inLine, .expires])
            let leased = try #require(try await store.lease().first)
            #expect(try await self.codes(store, job) == [.running])
            _ = try await store.fail(leased)
            #expect(try await self.codes(store, job) == [.retryDue])
        }
    }

    @Test func `what is before a job is counted, over the lanes of others too`() async throws {
        try await withFixture { store in
            let plain = try await store.load(2)
            try await store.load(3, priority: 9)
            let line = try await self.first(store, plain[1])
            #expect(
                line.message.hasPrefix("It is in line: 1 job of its priority is before it, 3 jobs are more urgent;"))
            #expect(line.clears == nil)
            try await store.load(2, keys: 2, prefix: "u", priority: 12)
            #expect(try await self.first(store, plain[1]).detail["more_urgent"]?.int == 5)
            let keyed = try await store.load(1, keys: 1, prefix: "k")[0]
            let reason = try await self.first(store, keyed)
            #expect(reason.detail["more_urgent"]?.int == 5 && reason.detail["ahead"]?.int == 0)
            // Lanes without a key, and those of other priorities, are no keys that go first.
            #expect(reason.detail["keys_before"]?.int == 0)
            let other = try await store.load(1, keys: 1, prefix: "l")[0]
            #expect(try await self.first(store, other).message.contains("1 key has its turn first"))
        }
    }

    @Test func `no job has been ready since before it was there`() async throws {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO ready_clock (at, seq) VALUES (now() - interval '5 seconds', 0)")
            let job = try await store.load(1)[0]
            let since = try #require(try await self.first(store, job).detail["ready_since"]?.string)
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
            #expect(try await self.ofQueue(store).map(\.code) == [.noWork])
            _ = try await store.submit(store.job(environment: "else where"))
            let alone = try await store.run { try QueueStore.explain(queue: "else where", on: $0) }.reasons
            #expect(alone.map(\.code) == [.noRobotRegistered, .waiting])
            #expect(
                alone[0].message == "No robot is registered in environment else where: start casare-robot with "
                    + "CASARE_ENVIRONMENT='else where'.")
            #expect(alone[1].message == "1 job is ready, and 0 are due later.")
            #expect(alone[1].detail["ready"] == 1)
            _ = try await store.leased()
            let busy = try await self.ofQueue(store)
            #expect(busy.map(\.code) == [.runningJobs, .noWork])
            #expect(busy[0].message == "1 job runs; the robots that take jobs have 2 slots.")
        }
    }
}
