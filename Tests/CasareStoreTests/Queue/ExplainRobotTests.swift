import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// What is said of robots, and of jobs and queues because of them.
struct ExplainRobotTests {
    // MARK: Robots

    @Test func `a robot is promised no job that it will not get`() async throws {
        try await withFixture { store in
            try await store.load(1)
            let free = try await store.reasonsOfRobot()
            #expect(free.map(\.code) == [.workWaits])
            #expect(free[0].message.hasSuffix("wait in queue default; it asks for some with its next request."))
            let held = "Jobs that it may run wait in queue default."
            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, by: "ann", reason: nil, until: nil, on: $0)
            }
            #expect(try await store.reasonsOfRobot().map(\.code) == [.queuePaused, .workWaits])
            #expect(try await store.reasonsOfRobot().last?.message == held)
            _ = try await store.run { try QueueStore.resume(StoreFixture.queue, on: $0) }
            try await store.limit { $0.concurrency = 0 }
            #expect(try await store.reasonsOfRobot().map(\.code) == [.queueLimit, .workWaits])
            #expect(try await store.reasonsOfRobot().last?.message == held)
            try await store.limit { $0.concurrency = nil }
            _ = try await store.run { try RobotStore.cordon(StoreFixture.robot, by: "ann", reason: "disk", on: $0) }
            let cordoned = try await store.reasonsOfRobot()
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
            #expect(try await store.codes(job) == [.noRobotFits])
            let reason = try await store.firstReason(job)
            #expect(
                reason.message
                    == "No robot of environment default has \(need); the nearest: r1 (lacks excel, gpu, ü x).")
            #expect(reason.clears == clears)
            let queue = try await store.reasonsOfQueue()
            #expect(queue.map(\.code) == [.requirementUnmet, .waiting])
            #expect(queue[0].message == "\(reason.message) 1 job waits for one." && queue[0].clears == clears)
            let robot = try await store.reasonsOfRobot()
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
            #expect(try await store.codes(job) == [.inLine])
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
            let reason = try await store.firstReason(job)
            #expect(reason.message == "No robot of environment default has the tag gpu and the name r9.")
            #expect(reason.clears == "casarectl robot register r9 --environment default --tag gpu")
            _ = try await store.register("r9", tags: ["gpu"])
            #expect(try await store.codes(job) == [.inLine])
        }
    }

    @Test func `what keeps the robots from a job is told`() async throws {
        try await withFixture { store in
            let job = try await store.load(1)[0]
            #expect(try await store.codes(job) == [.inLine])
            let running = try await store.load(2)
            #expect(try await store.lease(3).count == 3)
            let next = try await store.load(1)[0]
            #expect(try await store.codes(next) == [.robotsBusy, .inLine])
            let busy = try await store.firstReason(next)
            #expect(busy.message == "No robot that fits has a slot free: 3 of 2 slots are taken.")
            #expect(busy.clears == "casarectl robot register r1 --slots 4")
            let robot = try await store.reasonsOfRobot()
            #expect(robot.map(\.code) == [.slotsFull, .workWaits])
            #expect(robot[0].message == "All of its 2 slots are taken: it runs 3 jobs.")
            #expect(robot[0].clears == "casarectl robot register r1 --slots 4")
            _ = try await store.run { try RobotStore.cordon(StoreFixture.robot, by: "ann", on: $0) }
            let cordoned = try await store.firstReason(next)
            #expect(cordoned.code == .robotsCordoned && cordoned.clears == "casarectl robot uncordon r1")
            try await store.asOwner("UPDATE robot_sessions SET ended_at = now()")
            #expect(try await store.codes(next) == [.robotsOffline])
            #expect(try await store.codes(running[0]) == [.robotLost])
            #expect(try await store.reasonsOfRobot().map(\.code) == [.offline, .cordoned])
            #expect(try await store.reasonsOfRobot().first?.clears == nil)
        }
    }

    @Test func `the slots of all sessions of a robot count`() async throws {
        try await withFixture { store in
            let newest = try await store.openSession()
            _ = try await store.load(2)
            let job = try await store.load(1)[0]
            #expect(try await store.lease(2, session: newest).count == 2)
            // The newest session is full, the other has nothing.
            #expect(try await store.codes(job) == [.inLine])
            let robot = try await store.reasonsOfRobot()
            #expect(robot.map(\.code) == [.workWaits])
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
            let reason = try await store.firstReason(job)
            #expect(reason.code == .robotsCordoned && reason.clears == "casarectl robot uncordon r1")
            #expect(
                reason.message.hasPrefix(
                    "No robot that fits takes jobs: a (offline), r1 (cordoned by ann: disk; since "),
                "\(reason.message)")
            let queue = try #require(try await store.reasonsOfQueue().first)
            #expect(queue.code == .robotsCordoned && queue.clears == "casarectl robot uncordon r1")
            #expect(queue.message.hasPrefix("No robot of environment default takes jobs: a (offline), r1 (cordoned"))

            // Others take jobs, but not these.
            _ = try await store.register("r2")
            let needs = try await store.run {
                try QueueStore.requirement(
                    Job.Requirements(tags: ["t"]), workflow: nil, queue: StoreFixture.queue, on: $0)
            }
            try await store.load(1, requirement: needs)
            let unmet = try #require(try await store.reasonsOfQueue().first)
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
            let reason = try await store.firstReason(job)
            #expect(reason.code == .robotsDraining && reason.clears == nil)
            #expect(reason.message.contains("r1 (asked to drain by bob: upgrade; since "), "\(reason.message)")
            let robot = try #require(try await store.reasonsOfRobot().first)
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
            #expect(try await store.codes(job) == [.inLine])
            #expect(try await store.reasonsOfRobot().map(\.code) == [.workWaits])
            try await store.asOwner("UPDATE robot_sessions SET ended_at = now()")
            #expect(try await store.codes(job) == [.noRobotRegistered])
        }
    }

    @Test func `a robot that asks for nothing keeps jobs waiting`() async throws {
        try await withFixture { store in
            let job = try await store.load(1)[0]
            try await store.run {
                _ = try LeaseStore.renew(
                    store.session, held: [], progress: Robot.Progress(secondsUnasked: 1000), on: $0)
            }
            let reason = try await store.firstReason(job)
            #expect(try await store.codes(job) == [.wedged])
            #expect(reason.message.hasPrefix("The robot r1 is wedged: it has had free slots since "))
            #expect(reason.clears == "casarectl robot stop r1")
            #expect(try await store.reasonsOfRobot().map(\.code) == [.wedged, .workWaits])
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
            #expect(try await store.codes(leased.lease.job, now: now) == [code])
            #expect(try await store.firstReason(leased.lease.job, now: now).clears == nil)
            let known = try await store.run { try RobotStore.get(StoreFixture.robot, now: now, on: $0) }
            #expect(known?.status == status)
            let robot = try await store.reasonsOfRobot(now: now)
            let isOver = seconds == 30
            let next = try await store.firstReason(waiting, now: now)
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
            let reason = try await store.firstReason(job)
            #expect(reason.code == .robotLost && reason.clears == nil)
            #expect(reason.message.hasPrefix("Its robot r1 lost its connection at "))
            #expect(try await store.reasonsOfRobot().first?.message.hasPrefix("It lost its connection at ") == true)
        }
    }
}
