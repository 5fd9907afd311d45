import CasareDomain
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct RobotStoreTests {
    @Test func `a robot that registers again is changed`() async throws {
        try await withFixture { store in
            let robot = try await store.run {
                try RobotStore.register(
                    StoreFixture.robot, environment: "gpu", tags: ["x", "y"], capabilities: [], slots: 5, on: $0)
            }
            #expect(robot.environment == "gpu" && robot.tags == ["x", "y"] && robot.slots == 5)
            #expect(try await store.run { try RobotStore.list(limit: 9, on: $0) } == [robot])
        }
    }

    @Test func `a heartbeat keeps a robot live`() async throws {
        try await withFixture { store in
            let later = Date().addingTimeInterval(25)
            let seconds = try await store.run { try RobotStore.heartbeat(store.session, now: later, on: $0) }
            #expect(seconds == 30)
            let robot = try await store.run {
                try RobotStore.get(StoreFixture.robot, now: later.addingTimeInterval(19), on: $0)
            }
            #expect(robot?.status == .live)
        }
    }

    @Test func `robots are listed by their IDs, in pages`() async throws {
        try await withFixture { store in
            try await store.run { connection in
                for name in ["b2", "a1", "z"] {
                    _ = try RobotStore.register(
                        try #require(Robot.ID(rawValue: name)), environment: "default", tags: [], capabilities: [],
                        slots: 1, on: connection)
                }
                let first = try RobotStore.list(limit: 2, on: connection)
                #expect(first.map(\.id.rawValue) == ["a1", "b2"])
                let rest = try RobotStore.list(after: first[1].id, limit: 9, on: connection)
                #expect(rest.map(\.id.rawValue) == ["r1", "z"])
                #expect(rest[1].status == .offline && rest[1].lastSeenAt == nil)
                let unknown = try RobotStore.get(try #require(Robot.ID(rawValue: "q")), on: connection)
                #expect(unknown == nil)
            }
        }
    }
}
