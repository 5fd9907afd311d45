import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Chains are checked by the servers, again and again, part by part, and what comes of it is kept.
struct ChainCheckTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)
    private static let day = ChainCheck.pause / .seconds(1)

    private static func at(_ seconds: Double) -> Date { self.start.addingTimeInterval(seconds) }

    private static func standing(_ log: AuditFixture, at now: Date = start) async throws -> ChainCheck.Standing {
        try await log.database.asSystem { try ChainCheck.standing(now: now, on: $0) }
    }

    /// Steps until nothing is due.
    private static func pass(
        _ log: AuditFixture, limit: Int = 1000, at now: Date = start
    ) async throws -> [ChainCheck.Step] {
        let check = ChainCheck(log.database, limit: limit)
        var steps: [ChainCheck.Step] = []
        while try await check.due(now: now).contains(.default), steps.count < 100 {
            steps.append(try await check.step(of: .default, now: now))
        }
        return steps
    }

    @Test func `a chain that is whole is checked to its end, and again after a day`() async throws {
        try await AuditFixture.with { log in
            #expect(try await Self.pass(log).isEmpty, "there is no chain yet")
            try await log.append(5)
            try await log.link()
            #expect(try await Self.pass(log) == [.whole])
            let standing = try await Self.standing(log)
            #expect(standing.verifiedSeconds == Self.start.timeIntervalSince1970 && standing.broken == 0)
            for (seconds, steps) in [(Self.day - 1, []), (Self.day, [ChainCheck.Step.whole])] {
                #expect(try await Self.pass(log, at: Self.at(seconds)) == steps)
            }
            let again = try await Self.standing(log, at: Self.at(Self.day))
            #expect(again.verifiedSeconds == Self.at(Self.day).timeIntervalSince1970)
        }
    }

    @Test func `a long chain is checked in parts, and goes on where it was by whoever comes next`() async throws {
        try await AuditFixture.with { log in
            try await log.append(7)
            try await log.link()
            let check = ChainCheck(log.database, limit: 3)
            #expect(try await check.step(of: .default, now: Self.start) == .goesOn)
            // It counts when it is over, and not before.
            let before = try await Self.standing(log)
            #expect(before.verifiedSeconds == Self.start.timeIntervalSince1970)
            #expect(try await Self.pass(log, limit: 3, at: Self.at(60)) == [.goesOn, .whole])
            let after = try await Self.standing(log)
            #expect(after.verifiedSeconds == Self.at(60).timeIntervalSince1970)
        }
    }

    @Test func `of several that check the same part one moves on`() async throws {
        try await AuditFixture.with { log in
            try await log.append(5)
            try await log.link()
            let steps = try await withThrowingTaskGroup(of: ChainCheck.Step.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await ChainCheck(log.database).step(of: .default, now: Self.start) }
                }
                return try await group.reduce(into: [ChainCheck.Step]()) { $0.append($1) }
            }
            #expect(steps.count { $0 == .whole } == 1 && steps.count { $0 == .nothing } == 3)
        }
    }

    @Test(arguments: [1, 3, 1000])
    func `a change behind the back of the log is found, and stays known until it is mended`(limit: Int) async throws {
        try await AuditFixture.with { log in
            try await log.append(5)
            try await log.link()
            let entry = try await log.entry(at: 4)
            try await log.tamper("UPDATE audit_entries SET actor = 'eve' WHERE entry_id = \(entry)")
            let steps = try await Self.pass(log, limit: limit)
            guard case .broken(let fault)? = steps.last else {
                Issue.record("\(steps)")
                return
            }
            #expect(fault.kind == .changed && fault.number == 4)
            #expect(steps.dropLast().allSatisfy { $0 == .goesOn })
            #expect(try await Self.standing(log).broken == 1)
            // Another pass begins anew, and finds it again.
            let again = try await Self.pass(log, limit: limit, at: Self.at(Self.day))
            #expect(again.count == steps.count && again.last == .broken(fault))
            try await log.tamper("UPDATE audit_entries SET actor = 'ann' WHERE entry_id = \(entry)")
            let mended = try await Self.pass(log, limit: limit, at: Self.at(2 * Self.day))
            #expect(mended.last == .whole)
            #expect(try await Self.standing(log).broken == 0)
        }
    }

    @Test func `a chain that somebody takes away as a whole is missed`() async throws {
        try await AuditFixture.with { log in
            try await log.append(3)
            try await log.link(AuditChainer.Anchoring(entries: 1, seconds: 86_400))
            #expect(try await Self.pass(log) == [.whole])
            try await log.tamper(
                """
                WITH entries AS (DELETE FROM audit_entries), links AS (DELETE FROM audit_chain)
                UPDATE audit_heads SET number = 0, entry_id = 0, hash = decode(repeat('00', 32), 'hex')
                """)
            let steps = try await Self.pass(log, at: Self.at(Self.day))
            guard case .broken(let fault)? = steps.last else {
                Issue.record("\(steps)")
                return
            }
            #expect(fault.kind == .removed)
        }
    }

    @Test func `what goes because its time is over breaks nothing, also in the middle of a pass`() async throws {
        try await AuditFixture.with { log in
            try await log.append(6)
            try await log.age(byDays: 2)
            try await log.link()
            let check = ChainCheck(log.database, limit: 2)
            #expect(try await check.step(of: .default, now: Self.start) == .goesOn)
            let removed = try await log.database.asSystem { connection in
                try AuditChainer.removeOutlived(days: 1, of: .default, key: nil, limit: 4, on: connection)?.removed
            }
            #expect(removed == 4)
            let steps = try await Self.pass(log, limit: 2)
            #expect(steps.last == .whole && steps.dropLast().allSatisfy { $0 == .goesOn })
        }
    }

    @Test func `a tenant that is being taken away is left alone`() async throws {
        try await AuditFixture.with { log in
            try await log.append(1)
            try await log.link()
            try await log.tamper(
                """
                UPDATE tenants
                SET status = 'removing', status_at = now(), status_by = 'ann', removal_at = now() WHERE tenant_id = 1
                """)
            #expect(try await ChainCheck(log.database).due(now: Self.start).isEmpty)
        }
    }

    /// A part may have been under way when its rows were taken away, and leave one behind.
    @Test func `what was found of a tenant that is gone is not told of for ever`() async throws {
        try await AuditFixture.with { log in
            try await log.append(2)
            try await log.link()
            try await log.tamper("UPDATE audit_entries SET actor = 'eve'")
            _ = try await Self.pass(log)
            #expect(try await Self.standing(log).broken == 1)
            try await log.tamper(
                """
                UPDATE tenants
                SET status = 'deleted', status_at = now(), status_by = 'ann', removal_at = now() WHERE tenant_id = 1
                """)
            let standing = try await Self.standing(log, at: Self.at(3 * Self.day))
            #expect(standing.broken == 0 && standing.verifiedSeconds == nil)
        }
    }

    // MARK: - How it stands

    @Test func `an installation without entries has nothing to tell`() async throws {
        try await AuditFixture.with { log in
            let standing = try await Self.standing(log)
            #expect(standing.verifiedSeconds == nil && standing.anchoredSeconds == nil && standing.broken == 0)
            #expect(standing.unlinkedSeconds == 0 && standing.unanchoredSeconds == 0)
        }
    }

    /// As if the entries that are there were written at these moments, in their order.
    private static func date(_ moments: [Double], _ log: AuditFixture) async throws {
        for (index, seconds) in moments.enumerated() {
            try await log.tamper(
                """
                UPDATE audit_entries SET at = to_timestamp(\(self.at(seconds).timeIntervalSince1970))
                WHERE entry_id = (SELECT entry_id FROM audit_entries ORDER BY entry_id LIMIT 1 OFFSET \(index))
                """)
        }
    }

    @Test func `the age of what is in no chain, and of what no anchor covers, is that of the oldest`() async throws {
        try await AuditFixture.with { log in
            try await log.append(2)
            try await log.link(AuditChainer.Anchoring(entries: 1, seconds: 86_400))
            let anchored = try await Self.standing(log)
            #expect(anchored.unlinkedSeconds == 0 && anchored.unanchoredSeconds == 0)
            #expect(anchored.anchoredSeconds != nil)
            try await log.append(2)
            try await log.link()
            try await log.append(2)
            try await Self.date([-600, -500, -400, -300, -200, -100], log)
            let standing = try await Self.standing(log)
            #expect(standing.unanchoredSeconds == 400 && standing.unlinkedSeconds == 200)
            try await log.link(AuditChainer.Anchoring(entries: 1, seconds: 86_400))
            let after = try await Self.standing(log)
            #expect(after.unlinkedSeconds == 0 && after.unanchoredSeconds == 0)
        }
    }

    @Test func `a chain that nobody has checked yet waits since its first entry`() async throws {
        try await AuditFixture.with { log in
            try await log.append(2)
            try await log.link()
            try await Self.date([-600, -500], log)
            let standing = try await Self.standing(log)
            #expect(standing.verifiedSeconds == Self.at(-600).timeIntervalSince1970)
        }
    }
}
