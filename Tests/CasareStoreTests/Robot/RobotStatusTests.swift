import CasareDomain
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// How a robot stands, by what is known of it.
struct RobotStatusTests {
    private static func robot(_ store: StoreFixture, now: Date? = nil) async throws -> Robot {
        try #require(try await store.run { try RobotStore.get(StoreFixture.robot, now: now, on: $0) })
    }

    private static func renew(_ store: StoreFixture, _ progress: Robot.Progress, now: Date) async throws -> Renewal {
        try await store.run {
            try LeaseStore.renew(store.session, held: [], progress: progress, now: now, on: $0)
        }
    }

    @Test func `a robot is live while it has a free slot, and busy without one`() async throws {
        try await withFixture { store in
            #expect(try await Self.robot(store).status == .live)
            try await store.submit((0..<2).map { _ in store.job() })
            _ = try await store.lease(1)
            let half = try await Self.robot(store)
            #expect(half.status == .live && half.slotsInUse == 1)
            _ = try await store.lease(1)
            #expect(try await Self.robot(store).status == .busy)
        }
    }

    @Test func `each process under a robot's ID has the robot's slots, and is counted while it is in time`()
        async throws
    {
        try await withFixture { store in
            #expect(try await Self.robot(store).sessions == 1)
            let second = try await store.openSession()
            let both = try await Self.robot(store)
            #expect(both.sessions == 2 && both.slots == 2 && both.slotsInAll == 4)
            try await store.submit((0..<4).map { _ in store.job() })
            _ = try await store.lease(2)
            _ = try await store.lease(1, session: second)
            #expect(try await Self.robot(store).status == .live)
            _ = try await store.lease(1, session: second)
            #expect(try await Self.robot(store).status == .busy)
            let late = Date().addingTimeInterval(21)
            _ = try await Self.renew(store, Robot.Progress(), now: late)
            #expect(try await Self.robot(store, now: late).sessions == 1)
        }
    }

    @Test func `a robot that misses two renewals is stale, and offline once its session is ended`() async throws {
        try await withFixture { store in
            let start = Date()
            _ = try await Self.renew(store, Robot.Progress(), now: start)
            #expect(try await Self.robot(store, now: start.addingTimeInterval(19)).status == .live)
            #expect(try await Self.robot(store, now: start.addingTimeInterval(21)).status == .stale)
            #expect(try await Self.robot(store, now: start.addingTimeInterval(31)).status == .stale)
            _ = try await store.sweep(now: start.addingTimeInterval(31))
            let gone = try await Self.robot(store, now: start.addingTimeInterval(31))
            #expect(gone.status == .offline && gone.lastSeenAt != nil)
        }
    }

    @Test func `a SQL robot whose connection is lost is stale`() async throws {
        try await withFixture { store in
            try await store.asOwner("UPDATE robot_sessions SET lost_at = now()")
            #expect(try await Self.robot(store).status == .stale)
        }
    }

    @Test func `cordoning keeps jobs from a robot and from its next session, and who did it is kept`() async throws {
        try await withFixture { store in
            try await store.submit((0..<2).map { _ in store.job() })
            let running = try await store.lease(1)
            let cordoned = try await store.run {
                try RobotStore.cordon(StoreFixture.robot, by: "ann", reason: "new disk", on: $0)
            }
            #expect(cordoned.status == .cordoned && cordoned.cordonedAt != nil && cordoned.slotsInUse == 1)
            #expect(cordoned.control.cordonedBy == "ann" && cordoned.control.cordonReason == "new disk")
            #expect(try await store.lease(1).isEmpty)
            let next = try await store.openSession()
            #expect(try await store.lease(1, session: next).isEmpty)
            // What runs goes on.
            #expect(
                try await store.run { try LeaseStore.renew(store.session, held: running.map(\.lease), on: $0) }.lost
                    == [])
            let free = try await store.run { try RobotStore.uncordon(StoreFixture.robot, by: "bob", on: $0) }
            #expect(free.status == .live && free.cordonedAt == nil && free.control.cordonReason == nil)
            #expect(try await store.lease(1, session: next).count == 1)
            let actions = try await store.run {
                try ControlLog.list(of: StoreFixture.robot.rawValue, limit: 9, on: $0)
            }
            #expect(actions.map(\.action) == ["robot.uncordon", "robot.cordon"])
            #expect(actions.map(\.actor) == ["bob", "ann"] && actions[1].reason == "new disk")
        }
    }

    @Test func `a robot that is asked to end gets nothing more and hears of it with its renewal`() async throws {
        try await withFixture { store in
            _ = try await store.submit(store.job())
            let asked = try await store.run {
                try RobotStore.end(StoreFixture.robot, .drain, by: "ann", reason: "old", on: $0)
            }
            #expect(asked.status == .draining)
            #expect(asked.control.ending?.order == .drain && asked.control.ending?.askedBy == "ann")
            #expect(try await store.lease(1).isEmpty)
            #expect(try await Self.renew(store, Robot.Progress(), now: Date()).order == .drain)
            // Uncordoning takes nothing of that back.
            _ = try await store.run { try RobotStore.uncordon(StoreFixture.robot, by: "ann", on: $0) }
            #expect(try await store.lease(1).isEmpty)
            // A stop goes further, and a drain after it no way back.
            _ = try await store.run { try RobotStore.end(StoreFixture.robot, .stop, by: "bob", on: $0) }
            _ = try await store.run { try RobotStore.end(StoreFixture.robot, .drain, by: "cid", on: $0) }
            let stopping = try await Self.robot(store)
            #expect(stopping.control.ending?.order == .stop && stopping.control.ending?.askedBy == "bob")
            // A robot that is started again is nobody's to end.
            try await store.run { _ = try LeaseStore.closeSession(store.session, on: $0) }
            let next = try await store.openSession()
            #expect(try await Self.robot(store).status == .live)
            #expect(try await store.lease(1, session: next).count == 1)
        }
    }

    @Test func `a robot without a session cannot be asked to end`() async throws {
        try await withFixture { store in
            try await store.run { _ = try LeaseStore.closeSession(store.session, on: $0) }
            await #expect(throws: StoreError.robotIsNotThere(StoreFixture.robot)) {
                try await store.run { _ = try RobotStore.end(StoreFixture.robot, .stop, by: "ann", on: $0) }
            }
            let nobody = try #require(Robot.ID(rawValue: "nobody"))
            await #expect(throws: StoreError.notFound(.robot, "nobody")) {
                try await store.run { _ = try RobotStore.end(nobody, .stop, by: "ann", on: $0) }
            }
        }
    }

    @Test func `a robot that renews and has an overdue job is wedged until the job is over`() async throws {
        try await withFixture { store in
            let start = Date()
            let job = Job.ID(rawValue: UUID())
            _ = try await Self.renew(
                store, Robot.Progress(secondsSilent: 200, overdueJob: job, secondsOverdue: 80), now: start)
            let wedged = try await Self.robot(store, now: start)
            #expect(wedged.status == .wedged)
            #expect(wedged.control.wedge?.cause == .jobOverdue && wedged.control.wedge?.job == job)
            let since = try #require(wedged.control.wedge?.since)
            #expect(abs(since.timeIntervalSince(start) + 80) < 0.01)
            let progressAt = try #require(wedged.control.progressAt)
            #expect(abs(progressAt.timeIntervalSince(start) + 200) < 0.01)
            // A heartbeat without a word about it leaves it so.
            _ = try await store.run { try RobotStore.heartbeat(store.session, now: start, on: $0) }
            #expect(try await Self.robot(store, now: start).status == .wedged)
            _ = try await Self.renew(store, Robot.Progress(secondsSilent: 1), now: start)
            #expect(try await Self.robot(store, now: start).status == .live)
        }
    }

    @Test func `a robot with free slots that asks for no jobs is wedged after two lease times`() async throws {
        try await withFixture { store in
            let start = Date()
            _ = try await Self.renew(store, Robot.Progress(secondsUnasked: 59), now: start)
            #expect(try await Self.robot(store, now: start).status == .live)
            _ = try await Self.renew(store, Robot.Progress(secondsUnasked: 61), now: start)
            let wedged = try await Self.robot(store, now: start)
            #expect(wedged.status == .wedged && wedged.control.wedge?.cause == .notAsking)
            // Nothing is leased to one that is cordoned, so it need not ask.
            _ = try await store.run { try RobotStore.cordon(StoreFixture.robot, by: "ann", on: $0) }
            #expect(try await Self.robot(store, now: start).status == .cordoned)
        }
    }

    @Test func `a running robot hears of its slots`() async throws {
        try await withFixture { store in
            _ = try await store.run {
                try RobotStore.register(
                    StoreFixture.robot, environment: "default", tags: [], capabilities: [], slots: 7, on: $0)
            }
            #expect(try await Self.renew(store, Robot.Progress(), now: Date()).slots == 7)
        }
    }

    @Test func `a robot for which jobs wait that no other may run is not removed`() async throws {
        try await withFixture { store in
            let here = Job.Requirements(robot: StoreFixture.robot)
            let asked = try await store.submit([
                store.job(requirements: here), store.job(due: .after(.seconds(60)), requirements: here), store.job(),
            ])
            try await store.run { _ = try LeaseStore.closeSession(store.session, on: $0) }
            func refusal() async throws -> String? {
                do {
                    try await store.run { _ = try RobotStore.remove(StoreFixture.robot, by: "ann", on: $0) }
                    return nil
                } catch StoreError.robotIsNeeded(_, let why) {
                    return why
                }
            }
            #expect(try await refusal()?.contains("(2)") == true)
            _ = try await store.run { try JobStore.cancel(asked[0].id, by: "ann", reason: nil, on: $0) }
            #expect(try await refusal()?.contains("(1)") == true)
            _ = try await store.run { try JobStore.cancel(asked[1].id, by: "ann", reason: nil, on: $0) }
            #expect(try await refusal() == nil)
        }
    }

    @Test func `a robot is removed once it has ended, with its tokens`() async throws {
        try await withFixture { store in
            let token = try await store.run {
                try TokenStore.create(name: "r1", role: .robot, robot: StoreFixture.robot, on: $0).text
            }
            await #expect(throws: StoreError.self) {
                try await store.run { _ = try RobotStore.remove(StoreFixture.robot, by: "ann", on: $0) }
            }
            let job = try await store.leased()
            try await store.run { connection in
                _ = try LeaseStore.completeBatch(
                    [LeaseStore.Completion(lease: job.lease, result: .ok(), entries: [])], on: connection)
                _ = try LeaseStore.closeSession(store.session, on: connection)
                _ = try RobotStore.remove(StoreFixture.robot, by: "ann", reason: "sold", on: connection)
            }
            #expect(try await store.run { try RobotStore.get(StoreFixture.robot, on: $0) } == nil)
            #expect(try await store.database.asSystem { try TokenStore.find(token, on: $0) } == nil)
            // What it did stays.
            guard case .finished(let outcome) = try #require(try await store.get(job.lease.job)).state else {
                Issue.record("The job has not ended")
                return
            }
            #expect(outcome.robot == "r1")
            await #expect(throws: StoreError.notFound(.robot, "r1")) {
                try await store.run { _ = try RobotStore.remove(StoreFixture.robot, by: "ann", on: $0) }
            }
        }
    }
}
