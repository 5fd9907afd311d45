import CasareDomain
import CasarePostgres
@testable import CasareStore
import FoundationEssentials
import Testing

struct LetterListTests {
    private static func filter(_ change: (inout DeadLetterFilter) -> Void) -> DeadLetterFilter {
        var filter = DeadLetterFilter()
        change(&filter)
        return filter
    }

    @Test func `a letter tells how its job ended and what it was given`() async throws {
        try await withFixture { store in
            let id = try await store.letter(
                ["customer": 7], .broken, queueKey: "acme", requirements: .init(tags: ["t"]),
                steps: [.step(0, "effect"), .step(1, "idempotent")])
            // A retryable failure is no end.
            #expect(try await store.deadLetter(id) == nil)
            try await store.asOwner("UPDATE scheduled SET due_at = now() - interval '1 minute'")
            _ = try await store.promote()
            try await store.end(id, .business, steps: [.step(2, "effect")])
            let letter = try #require(try await store.deadLetter(id))
            #expect(letter.robot == "r1" && letter.step == 2 && letter.attemptCount == 2)
            #expect(letter.attempts.map(\.number) == [1, 2])
            #expect(letter.environment == "default" && letter.queueKey == "acme" && letter.tags == ["t"])
            #expect(letter.priority == .normal && letter.workflow == store.workflow && letter.status == .open)
            #expect(letter.acknowledgement == nil && letter.replay == nil && letter.resolution == nil)
        }
    }

    @Test func `a job without steps, and one that no robot began, have none`() async throws {
        try await withFixture { store in
            let plain = try #require(try await store.deadLetter(try await store.letter()))
            #expect(plain.step == nil && plain.attemptCount == 1 && plain.tags.isEmpty)
            let late = try await store.submit(
                store.job(requirements: .init(tags: ["t"]), deadline: .after(.seconds(1))), now: noon)
            _ = try await store.database.asSystem { try LeaseStore.expireDue(limit: 9, on: $0) }
            let expired = try #require(try await store.deadLetter(late))
            #expect(expired.robot == nil && expired.step == nil && expired.attemptCount == 0)
            #expect(expired.tags == ["t"] && expired.failure.kind == .expired)
        }
    }

    @Test func `each member of a filter leaves out what it is not true of`() async throws {
        try await withFixture { store in
            let other = try await store.run {
                try WorkflowStore.push(name: "bills", document: "{}", by: "ann", on: $0).version.workflow
            }
            let mine = try await store.letter(
                ["customer": "c1", "amount": 5, "list": [1, ["a": 2.0]]],
                Failure(kind: .business, message: "No SUCH customer 42", type: "Missing", node: "n7"),
                environment: "production", requirements: .init(tags: ["t"]), at: noon)
            let theirs = try await store.letter(
                ["customer": "c2"], Failure(kind: .rejected, message: "broken", type: "Bad"), workflow: other,
                at: noon.addingTimeInterval(60))
            #expect(try await store.letters() == [theirs, mine])
            #expect(try await store.letters(DeadLetterFilter(), .oldest) == [mine, theirs])
            let fingerprint = try #require(try await store.deadLetter(mine)).fingerprint
            let wanted = [
                DeadLetterFilter(workflow: "orders"), DeadLetterFilter(workflow: store.workflow.description),
                DeadLetterFilter(workflow: "orders", version: 1), DeadLetterFilter(kind: .business),
                DeadLetterFilter(type: "Missing"), DeadLetterFilter(fingerprint: fingerprint),
                DeadLetterFilter(error: "no such CUSTOMER"), DeadLetterFilter(node: "n7"),
                DeadLetterFilter(robot: "r-production"), DeadLetterFilter(environment: "production"),
                DeadLetterFilter(tag: "t"), DeadLetterFilter(until: noon.addingTimeInterval(60)),
                DeadLetterFilter(variables: ["customer": "c1"]),
                DeadLetterFilter(variables: ["amount": 5.0, "customer": "c1"]),
                DeadLetterFilter(variables: ["list": [1, ["a": 2]]]),
                DeadLetterFilter(statuses: [.open], workflow: "orders", kind: .business, variables: ["amount": 5]),
            ]
            for filter in wanted { #expect(try await store.letters(filter) == [mine], "\(filter)") }
            #expect(try await store.letters(DeadLetterFilter(since: noon.addingTimeInterval(60))) == [theirs])
            #expect(try await store.letters(DeadLetterFilter(since: noon)) == [theirs, mine])
            let none = [
                DeadLetterFilter(version: 2), DeadLetterFilter(kind: .timeout), DeadLetterFilter(type: "missing"),
                DeadLetterFilter(fingerprint: "f"), DeadLetterFilter(error: "%"), DeadLetterFilter(node: "n"),
                DeadLetterFilter(robot: "r9"), DeadLetterFilter(environment: "nowhere"), DeadLetterFilter(tag: "u"),
                DeadLetterFilter(until: noon), DeadLetterFilter(variables: ["amount": "5"]),
                DeadLetterFilter(variables: ["list": [1]]), DeadLetterFilter(variables: ["missing": .null]),
                DeadLetterFilter(statuses: [.acknowledged]), DeadLetterFilter(statuses: [.replayed, .resolved]),
                DeadLetterFilter(workflow: "bills", kind: .business),
            ]
            for filter in none { #expect(try await store.letters(filter).isEmpty, "\(filter)") }
            await #expect(throws: StoreError.notFound(.workflow, "nowhere")) {
                _ = try await store.letters(DeadLetterFilter(workflow: "nowhere"))
            }
        }
    }

    @Test func `a letter is found by the status that it shows, whatever has happened to it before`() async throws {
        try await withFixture { store in
            let id = try await store.letter()
            func check(_ status: DeadLetter.Status) async throws {
                #expect(try await store.deadLetter(id)?.status == status)
                for other in DeadLetter.Status.allCases {
                    let found = try await store.letters(DeadLetterFilter(statuses: [other]))
                    #expect(found == (other == status ? [id] : []), "\(other), and it is \(status)")
                }
            }
            try await check(.open)
            try await store.run { _ = try DeadLetterStore.acknowledge(id, by: "ann", reason: nil, on: $0) }
            try await check(.acknowledged)
            let replay = try await store.run { try JobStore.replay(id, by: "bob", on: $0) }
            try await check(.replayed)
            try await store.end(replay, nil)
            #expect(try await store.settle() == 1)
            try await check(.resolved)
        }
    }

    @Test func `a variable with U+0000 is in nobody's way`() async throws {
        try await withFixture { store in
            let odd = try await store.letter(["text": "a\0b", "n": 1])
            let plain = try await store.letter(["text": "ab", "n": 1])
            #expect(try await store.letters(DeadLetterFilter(variables: ["n": 1])) == [plain])
            #expect(try await store.letters() == [plain, odd])
        }
    }

    @Test func `a list goes on where its page ended, in both orders`() async throws {
        try await withFixture { store in
            // Two were opened at the same time.
            var ids: [Job.ID] = []
            for seconds in [0.0, 1, 1, 2, 3] {
                ids.append(try await store.letter(at: noon.addingTimeInterval(seconds)))
            }
            for (order, expected) in [(DeadLetterOrder.newest, Array(ids.reversed())), (.oldest, ids)] {
                let whole = try await store.letters(DeadLetterFilter(), order)
                #expect(Set(whole) == Set(expected) && whole.first == expected.first && whole.last == expected.last)
                var found: [Job.ID] = []
                var cursor: DeadLetterStore.Cursor?
                for page in 1... {
                    let after = cursor
                    let part = try await store.run {
                        try DeadLetterStore.list(order: order, after: after, limit: 2, on: $0)
                    }
                    found += part.letters.map(\.id)
                    cursor = part.next
                    #expect(part.letters.count == (page < 3 ? 2 : 1))
                    guard let next = cursor else { break }
                    #expect(DeadLetterStore.Cursor(next.description) == next)
                }
                #expect(found == whole)
            }
        }
    }

    @Test(arguments: ["", "1", "x.y", "-1.00000000-0000-7000-8000-000000000000", "253402300799000001.\(Job.ID.first)"])
    func `what no list gave is no cursor`(text: String) {
        #expect(DeadLetterStore.Cursor(text) == nil)
    }

    @Test func `a page that has looked at enough letters gives up and goes on behind them`() async throws {
        try await withFixture { store in
            var ids: [Job.ID] = []
            for number in 0..<6 {
                let failure = Failure(kind: .business, message: number == 0 ? "rare" : "common", type: "T")
                ids.append(try await store.letter([:], failure, at: noon.addingTimeInterval(Double(number))))
            }
            var (pages, cursor): ([[Job.ID]], DeadLetterStore.Cursor?) = ([], nil)
            repeat {
                let after = cursor
                let page = try await store.run {
                    try DeadLetterStore.list(
                        DeadLetterFilter(error: "rare"), after: after, limit: 9, scanMax: 4, on: $0)
                }
                pages.append(page.letters.map(\.id))
                cursor = page.next
            } while cursor != nil
            #expect(pages == [[], [ids[0]]])
        }
    }

    @Test func `a filter that an operation freezes finds the same letters`() async throws {
        try await withFixture { store in
            let mine = try await store.letter(["customer": "c1"])
            _ = try await store.letter(["customer": "c2"])
            let filter = Self.filter { $0.variables = ["customer": "c1"] }
            let found = try await store.run { connection in
                try connection.execute(
                    Self.matching, ["filter": try DeadLetterStore.Search(filter, on: connection).parameter]
                ).map { Job.ID(rawValue: try $0.uuid("job_id")) }
            }
            #expect(found == [mine])
        }
    }

    private static let matching = Query(
        assembled: """
            SELECT job_id FROM dead_letters WHERE tenant_id = casare_tenant() AND \(DeadLetterFragments.matches)
            """)
}
