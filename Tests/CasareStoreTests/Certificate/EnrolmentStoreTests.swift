import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What lets robots in, and how often.
struct EnrolmentStoreTests {
    private static func create(
        _ store: StoreFixture, _ new: NewRobotEnrolment = NewRobotEnrolment(), now: Date = noon
    ) async throws -> (text: TokenText, enrolment: RobotEnrolment) {
        try await store.run { try EnrolmentStore.create(new, by: "ann", now: now, on: $0) }
    }

    private static func find(_ store: StoreFixture, _ text: TokenText, now: Date = noon) async throws -> RobotEnrolment?
    {
        try await store.database.asSystem { try EnrolmentStore.find(text, now: now, on: $0) }?.enrolment
    }

    /// - Returns: why a robot is not let in; `nil`: it was.
    private static func letIn(
        _ store: StoreFixture, _ name: String, by id: RobotEnrolment.ID, now: Date = noon
    ) async throws -> EnrolmentStore.Refusal? {
        let robot = try #require(Robot.ID(rawValue: name))
        do {
            _ = try await store.run { try EnrolmentStore.letIn(robot, by: id, now: now, on: $0) }
            return nil
        } catch let refusal as EnrolmentStore.Refusal {
            return refusal
        }
    }

    @Test func `a token is found by its text, and its text is nowhere`() async throws {
        try await withFixture { store in
            let (text, enrolment) = try await Self.create(store)
            #expect(text.reveal().hasPrefix("cren_") && text.reveal().hasPrefix(enrolment.prefix))
            let found = try #require(
                try await store.database.asSystem { try EnrolmentStore.find(text, now: noon, on: $0) })
            #expect(found.tenant == store.tenant && found.enrolment == enrolment)
            let rows = try await store.run { connection in
                try connection.execute("SELECT json_agg(robot_enrolments)::text AS rows FROM robot_enrolments").only()
                    .string("rows")
            }
            #expect(!rows.contains(text.reveal()))
            // It is no token for requests.
            #expect(TokenText(text.reveal()) == nil)
        }
    }

    @Test func `a token counts until its time is over, it is used up, or it is revoked`() async throws {
        try await withFixture { store in
            let (ending, _) = try await Self.create(store, NewRobotEnrolment(life: .seconds(60)))
            #expect(try await Self.find(store, ending, now: noon + 59) != nil)
            #expect(try await Self.find(store, ending, now: noon + 60) == nil)

            let (twice, enrolment) = try await Self.create(store, NewRobotEnrolment(uses: 2))
            #expect(try await Self.letIn(store, "a", by: enrolment.id) == nil)
            #expect(try await Self.find(store, twice)?.usesLeft == 1)
            #expect(try await Self.letIn(store, "b", by: enrolment.id) == nil)
            #expect(try await Self.find(store, twice) == nil)
            #expect(try await Self.letIn(store, "c", by: enrolment.id) == .worthless)

            let (text, revoked) = try await Self.create(store)
            let after = try await store.run {
                try EnrolmentStore.revoke(revoked.id, by: "bob", now: noon + 5, on: $0)
            }
            #expect(after.revokedAt == noon + 5 && after.revokedBy == "bob")
            #expect(try await Self.find(store, text) == nil)
            #expect(try await Self.letIn(store, "d", by: revoked.id) == .worthless)
            let again = try await store.run { try EnrolmentStore.revoke(revoked.id, by: "eve", on: $0) }
            #expect(again == after)
        }
    }

    @Test func `one for new robots does not let one in that is there`() async throws {
        try await withFixture { store in
            let (text, any) = try await Self.create(store)
            #expect(try await Self.letIn(store, "r1", by: any.id) == .known(StoreFixture.robot))
            // That took no use.
            #expect(try await Self.find(store, text)?.usesLeft == 1)
            let (mills, named) = try await Self.create(
                store, NewRobotEnrolment(who: .newNamed(prefix: "mill-"), uses: 2))
            let outsider = try #require(Robot.ID(rawValue: "r9"))
            #expect(
                try await Self.letIn(store, "r9", by: named.id) == .otherName(outsider, .newNamed(prefix: "mill-")))
            #expect(try await Self.letIn(store, "mill-1", by: named.id) == nil)
            // From then on it is there: nobody else becomes it by the other use.
            let mill = try #require(Robot.ID(rawValue: "mill-1"))
            #expect(try await Self.letIn(store, "mill-1", by: named.id) == .known(mill))
            #expect(try await Self.find(store, mills)?.usesLeft == 1)
        }
    }

    @Test func `one for a robot lets that one in, whether it is there or not`() async throws {
        try await withFixture { store in
            for name in ["r1", "fresh"] {
                let robot = try #require(Robot.ID(rawValue: name))
                let (_, enrolment) = try await Self.create(store, NewRobotEnrolment(who: .robot(robot)))
                let other = try #require(Robot.ID(rawValue: "other"))
                #expect(
                    try await Self.letIn(store, "other", by: enrolment.id) == .otherName(other, .robot(robot)))
                #expect(try await Self.letIn(store, name, by: enrolment.id) == nil)
            }
            // What is known of a robot that is there stays.
            let known = try #require(try await store.run { try RobotStore.get(StoreFixture.robot, on: $0) })
            #expect(known.tags == ["t"] && known.slots == 2)
        }
    }

    @Test func `a new robot is what its enrolment says`() async throws {
        try await withFixture { store in
            let (_, enrolment) = try await Self.create(
                store, NewRobotEnrolment(environment: "plant", tags: ["fast"], capabilities: ["pdf"]))
            #expect(try await Self.letIn(store, "fresh", by: enrolment.id) == nil)
            let id = try #require(Robot.ID(rawValue: "fresh"))
            let robot = try #require(try await store.run { try RobotStore.get(id, on: $0) })
            #expect(robot.environment == "plant" && robot.tags == ["fast"] && robot.capabilities == ["pdf"])
        }
    }

    @Test func `of several who want the last use at once one gets it`() async throws {
        try await withFixture { store in
            let (_, enrolment) = try await Self.create(store)
            let refusals = try await withThrowingTaskGroup(of: EnrolmentStore.Refusal?.self) { group in
                for index in 0..<4 {
                    group.addTask { try await Self.letIn(store, "n\(index)", by: enrolment.id) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(refusals.count(where: { $0 == nil }) == 1 && refusals.count(where: { $0 == .worthless }) == 3)
        }
    }

    @Test func `they are listed newest first, and forgotten long after their end`() async throws {
        try await withFixture { store in
            let first = try await Self.create(store).enrolment
            let second = try await Self.create(store, now: noon + 1).enrolment
            #expect(try await store.run { try EnrolmentStore.list(limit: 9, on: $0) } == [second, first])
            #expect(try await store.run { try EnrolmentStore.list(before: second.id, limit: 9, on: $0) } == [first])
            let kept = RobotEnrolment.keptFor / .seconds(1)
            try await store.database.asSystem { connection in
                try EnrolmentStore.clean(limit: 9, now: noon + 86_400 + kept + 0.5, on: connection)
            }
            #expect(try await store.run { try EnrolmentStore.list(limit: 9, on: $0) } == [second])
        }
    }
}
