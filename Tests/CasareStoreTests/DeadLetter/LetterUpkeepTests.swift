import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials
import Testing

struct LetterUpkeepTests {
    private static func replayed(_ store: StoreFixture) async throws -> (letter: Job.ID, replay: Job.ID) {
        let id = try await store.letter()
        return (id, try await store.run { try JobStore.replay(id, by: "bob", on: $0) })
    }

    /// What is stored, and not what a look finds out.
    private static func stored(_ id: Job.ID, _ store: StoreFixture) async throws -> [String?] {
        try await store.run { connection in
            let row = try connection.execute(
                """
                SELECT (replay_ended_at IS NOT NULL)::text AS ended, resolved_by FROM dead_letters
                WHERE tenant_id = casare_tenant() AND job_id = @job
                """, ["job": .uuid(id.rawValue)]
            ).only()
            return [try row.string("ended"), try row.optionalString("resolved_by")]
        }
    }

    @Test func `a letter whose replay completes is resolved`() async throws {
        try await withFixture { store in
            let (id, replay) = try await Self.replayed(store)
            #expect(try await store.settle() == 0)
            #expect(try await Self.stored(id, store) == ["false", nil])
            try await store.end(replay, nil, at: noon)
            // A look finds it out before it is noted.
            let seen = try #require(try await store.deadLetter(id))
            #expect(seen.status == .resolved && seen.replay?.endedAt == noon)
            #expect(seen.resolution == DeadLetter.Note(at: noon, by: "casare", reason: nil))
            #expect(try await store.settle() == 1)
            #expect(try await store.settle() == 0)
            #expect(try await Self.stored(id, store) == ["true", "casare"])
            #expect(try await store.deadLetter(id) == seen)
            #expect(try await store.letters(DeadLetterFilter(statuses: [.resolved])) == [id])
        }
    }

    @Test(arguments: [true, false])
    func `a letter whose replay fails may be replayed again, noted or not`(isNoted: Bool) async throws {
        try await withFixture { store in
            let (id, replay) = try await Self.replayed(store)
            await #expect(throws: StoreError.alreadyReplayed(id, as: replay)) {
                _ = try await store.run { try JobStore.replay(id, by: "bob", on: $0) }
            }
            try await store.end(replay, .business, at: noon)
            if isNoted { #expect(try await store.settle() == 1) }
            let letter = try #require(try await store.deadLetter(id))
            #expect(letter.status == .replayed && letter.replay?.endedAt == noon)
            let second = try await store.run { try JobStore.replay(id, by: "cyd", on: $0) }
            let again = try #require(try await store.deadLetter(id))
            #expect(again.replay?.job == second && again.replay?.by == "cyd" && again.replay?.endedAt == nil)
        }
    }

    @Test(arguments: [true, false])
    func `letters of a chain of replays are resolved by the one that completes`(isNoted: Bool) async throws {
        try await withFixture { store in
            let (first, second) = try await Self.replayed(store)
            try await store.end(second, .business, at: noon)
            if isNoted { #expect(try await store.settle() == 1) }
            let third = try await store.run { try JobStore.replay(second, by: "cyd", on: $0) }
            // It does the work of both: neither is replayed beside it.
            for id in [first, second] {
                let letter = try #require(try await store.deadLetter(id))
                #expect(letter.replay?.job == third && letter.replay?.by == "cyd" && letter.replay?.endedAt == nil)
                await #expect(throws: StoreError.alreadyReplayed(id, as: third)) {
                    _ = try await store.run { try JobStore.replay(id, by: "bob", on: $0) }
                }
            }
            try await store.end(third, .business, at: noon.addingTimeInterval(1))
            if isNoted { #expect(try await store.settle() == 2) }
            let fourth = try await store.run { try JobStore.retry(third, by: "dan", on: $0) }
            try await store.end(fourth, nil, at: noon.addingTimeInterval(2))
            #expect(try await store.settle() == 3)
            for id in [first, second, third] {
                let letter = try #require(try await store.deadLetter(id))
                #expect(letter.status == .resolved && letter.replay?.job == fourth)
            }
        }
    }

    @Test func `a letter that was replayed otherwise waits for its own replay`() async throws {
        try await withFixture { store in
            let (first, second) = try await Self.replayed(store)
            try await store.end(second, .business, at: noon)
            let other = try await store.run { try JobStore.replay(first, by: "bob", on: $0) }
            let third = try await store.run { try JobStore.replay(second, by: "cyd", on: $0) }
            #expect(try await store.deadLetter(first)?.replay?.job == other)
            #expect(try await store.deadLetter(second)?.replay?.job == third)
        }
    }

    @Test func `a replay that is no longer kept has ended, and resolves nothing`() async throws {
        try await withFixture { store in
            let (id, replay) = try await Self.replayed(store)
            try await store.asOwner("DELETE FROM jobs WHERE job_id = '\(replay)'")
            #expect(try await store.settle(now: noon) == 1)
            let letter = try #require(try await store.deadLetter(id))
            #expect(letter.status == .replayed && letter.replay?.endedAt == noon)
        }
    }

    @Test func `letters go some days after they were dealt with, and open ones never by age`() async throws {
        try await withFixture { store in
            let (open, known) = (try await store.letter(at: noon), try await store.letter(at: noon))
            let (resolved, replayed) = (try await store.letter(at: noon), try await store.letter(at: noon))
            let running = try await store.letter(at: noon)
            let ended = try await store.run { connection in
                try DeadLetterStore.acknowledge(known, by: "ann", reason: nil, now: noon, on: connection)
                try DeadLetterStore.acknowledge(
                    resolved, by: "ann", reason: nil, resolves: true, now: noon, on: connection)
                _ = try JobStore.replay(running, by: "ann", now: noon, on: connection)
                return try JobStore.replay(replayed, by: "ann", now: noon, on: connection)
            }
            try await store.end(ended, .business, at: noon)
            #expect(try await store.settle() == 1)
            let policy = DeadLetterStore.Keeping(days: 2)
            let day = 86_400.0
            #expect(try await store.keep(policy, now: noon.addingTimeInterval(2 * day - 1)).gone == 0)
            #expect(try await store.keep(.init(days: nil), now: noon.addingTimeInterval(1000 * day)).gone == 0)
            let kept = try await store.keep(policy, now: noon.addingTimeInterval(2 * day))
            #expect(kept.gone == 2 && kept.dropped.isEmpty && !kept.isPartial)
            #expect(Set(try await store.letters()).isSuperset(of: [open, known, running]))
            #expect(try await store.deadLetter(resolved) == nil)
            #expect(try await store.deadLetter(replayed) == nil)
        }
    }

    @Test func `what is too much goes in order, and open letters last and not silently`() async throws {
        try await withFixture { store in
            var ids: [Job.ID] = []
            for second in 0..<6 { ids.append(try await store.letter(at: noon.addingTimeInterval(Double(second)))) }
            let all = ids
            let replay = try await store.run { connection in
                try DeadLetterStore.acknowledge(all[5], by: "ann", reason: nil, resolves: true, on: connection)
                try DeadLetterStore.acknowledge(all[3], by: "ann", reason: nil, on: connection)
                return try JobStore.replay(all[4], by: "ann", on: connection)
            }
            // It goes on, and its letter stays whatever comes; what it opens when it fails is one more.
            func keep(_ max: Int) async throws -> DeadLetterStore.Kept {
                try await store.keep(DeadLetterStore.Keeping(days: nil, lettersMax: max), now: noon)
            }
            #expect(try await keep(6).gone == 0)
            #expect(try await keep(5).gone == 1)
            #expect(try await store.deadLetter(all[5]) == nil, "the resolved one")
            #expect(try await keep(4).gone == 1)
            #expect(try await store.deadLetter(all[3]) == nil, "the acknowledged one")
            let dropped = try await keep(2)
            #expect(try await store.letters() == [all[4], all[2]])
            #expect(dropped.gone == 2 && dropped.dropped.count == 1)
            #expect(dropped.dropped.first?.count == 2 && dropped.dropped.first?.firstOpenedAt == noon)
            #expect(dropped.dropped.first?.lastOpenedAt == noon.addingTimeInterval(1))
            let action = try #require(
                try await store.run { try ControlLog.list(noun: .deadLetter, limit: 1, on: $0) }.first)
            #expect(action.action == "dead_letter.dropped" && action.actor == "casare")
            #expect(action.detail["count"] == 2 && action.detail["first_opened_at"] == "2026-01-01T12:00:00Z")
            #expect(try await keep(1).gone == 1)
            #expect(try await keep(0).gone == 0, "a letter of a replay that goes on")
            try await store.end(replay, .business, at: noon)
            #expect(try await store.settle() == 1)
            #expect(try await keep(1).gone == 1)
            #expect(try await store.deadLetter(all[4]) == nil, "its replay has ended")
            #expect(try await store.letters() == [replay])
        }
    }

    @Test func `much that is too much goes in batches`() async throws {
        try await withFixture { store in
            for second in 0..<5 { _ = try await store.letter(at: noon.addingTimeInterval(Double(second))) }
            let policy = DeadLetterStore.Keeping(days: nil, lettersMax: 1)
            let first = try await store.keep(policy, batch: 2)
            #expect(first.gone == 2 && first.isPartial)
            #expect(try await store.keep(policy, batch: 2).gone == 2)
            let last = try await store.keep(policy, batch: 2)
            #expect(last.gone == 0 && !last.isPartial)
            #expect(try await store.letters().count == 1)
        }
    }

    @Test func `letters of replays that go on are not come back for at once`() async throws {
        try await withFixture { store in
            let ids = [try await store.letter(), try await store.letter(), try await store.letter()]
            try await store.run { for id in ids { _ = try JobStore.replay(id, by: "bob", on: $0) } }
            let kept = try await store.keep(DeadLetterStore.Keeping(days: nil, lettersMax: 0), batch: 2)
            #expect(kept.gone == 0 && !kept.isPartial)
            #expect(try await store.letters().count == 3)
        }
    }

    @Test func `a purged letter is gone for good once its time is over`() async throws {
        try await withFixture { store in
            let (soon, later) = (try await store.letter(), try await store.letter())
            try await store.run { connection in
                // Less than the least counts as that.
                try DeadLetterStore.purge(
                    soon, by: "ann", reason: nil, keptFor: .seconds(1), now: noon, on: connection)
                try DeadLetterStore.purge(
                    later, by: "ann", reason: nil, keptFor: .seconds(7200), now: noon, on: connection)
            }
            #expect(try await store.keep(.init(), now: noon.addingTimeInterval(3599)).gone == 0)
            #expect(try await store.keep(.init(), now: noon.addingTimeInterval(3600)).gone == 1)
            #expect(try await !store.run { try DeadLetterStore.restore(soon, by: "ann", reason: nil, on: $0) })
            #expect(try await store.run { try DeadLetterStore.restore(later, by: "ann", reason: nil, on: $0) })
            #expect(try await store.letters() == [later])
        }
    }
}
