import CasareDomain
import CasareStore
import FoundationEssentials
import Testing

/// What letters have in common, and how they differ from what went well.
struct LetterGroupTests {
    private static let refused = Failure(kind: .business, message: "host 7 refused", type: "HttpError", node: "n1")

    private static func push(_ store: StoreFixture) async throws -> Int {
        try await store.run {
            try WorkflowStore.push(name: "orders", document: #"{"v": 2}"#, by: "ann", on: $0).version.number
        }
    }

    @Test func `letters of one fingerprint and workflow are a group, the largest first`() async throws {
        try await withFixture { store in
            let other = try await store.letter(at: noon)
            for number in 0..<3 {
                let failure = Failure(kind: .business, message: "host \(number) refused", type: "HttpError")
                _ = try await store.letter([:], failure, at: noon.addingTimeInterval(Double(number)))
            }
            let known = try await store.letter([:], Self.refused, at: noon.addingTimeInterval(3))
            try await store.run { _ = try DeadLetterStore.acknowledge(known, by: "ann", reason: nil, on: $0) }
            let groups = try await store.run { try DeadLetterStore.groups(DeadLetterFilter(), limit: 9, on: $0) }
            #expect(groups.map(\.count) == [4, 1] && groups.map(\.openCount) == [3, 1])
            let group = groups[0]
            #expect(group.workflowName == "orders" && group.fingerprint == Self.refused.fingerprint)
            #expect(group.sample == known && group.failure == Self.refused)
            #expect(group.firstOpenedAt == noon && group.lastOpenedAt == noon.addingTimeInterval(3))
            #expect(group.versions == [.init(value: "1", failures: 4, successes: 0)])
            #expect(group.robots == [.init(value: "r1", failures: 4, successes: 0)])
            #expect(group.environments == [.init(value: "default", failures: 4, successes: 0)])
            #expect(group.hours == [.init(value: "2026-01-01T12:00:00Z", failures: 4, successes: 0)])
            #expect(group.explanation == nil && groups[1].sample == other)
        }
    }

    @Test func `a filter and a limit leave groups out`() async throws {
        try await withFixture { store in
            _ = try await store.letter()
            for _ in 0..<2 { _ = try await store.letter(["customer": "c1"], Self.refused) }
            func counts(_ filter: DeadLetterFilter, limit: Int = 9) async throws -> [Int] {
                try await store.run { try DeadLetterStore.groups(filter, limit: limit, on: $0).map(\.count) }
            }
            #expect(try await counts(DeadLetterFilter()) == [2, 1])
            #expect(try await counts(DeadLetterFilter(), limit: 1) == [2])
            #expect(try await counts(DeadLetterFilter(statuses: [.open], workflow: "orders")) == [2, 1])
            #expect(try await counts(DeadLetterFilter(variables: ["customer": "c1"])) == [2])
            #expect(try await counts(DeadLetterFilter(fingerprint: Self.refused.fingerprint)) == [2])
            #expect(try await counts(DeadLetterFilter(statuses: [.resolved])).isEmpty)
            #expect(try await counts(DeadLetterFilter(until: noon)).isEmpty)
        }
    }

    @Test func `a group whose letters all ran a version that no success ran says so`() async throws {
        try await withFixture { store in
            let start = Date()
            for _ in 0..<5 { try await store.end(try await store.submit(store.job()), nil) }
            let version = try await Self.push(store)
            for _ in 0..<5 { _ = try await store.letter([:], Self.refused, version: version) }
            let groups = try await store.run { try DeadLetterStore.groups(DeadLetterFilter(), limit: 9, on: $0) }
            let group = try #require(groups.first)
            #expect(group.successCount == 5)
            #expect(group.versions.contains(.init(value: "1", failures: 0, successes: 5)))
            #expect(group.explanation?.factor == .version && group.explanation?.value == "2")
            #expect(group.explanation?.text == "all 5 ran version 2; 5 of 5 successes ran version 1")
            #expect(group.firstOpenedAt >= start.addingTimeInterval(-1))
        }
    }

    @Test func `what ended long before the first failure does not count`() async throws {
        try await withFixture { store in
            // Behind the submits of all of these jobs: what was submitted later is not looked at.
            let now = Date().addingTimeInterval(60)
            for age in [3700.0, 3700, 3700, 3500, 3500] {
                try await store.end(try await store.submit(store.job()), nil, at: now.addingTimeInterval(-age))
            }
            let version = try await Self.push(store)
            for _ in 0..<5 { _ = try await store.letter([:], Self.refused, version: version, at: now) }
            let groups = try await store.run { try DeadLetterStore.groups(DeadLetterFilter(), limit: 9, on: $0) }
            #expect(groups.first?.successCount == 2 && groups.first?.explanation == nil)
        }
    }

    // MARK: - One letter

    @Test func `a letter's context tells of others like it and of the last success`() async throws {
        try await withFixture { store in
            // The server keeps microseconds.
            let now = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + 60).rounded())
            let old = try await store.submit(store.job(["a": 1]))
            try await store.end(old, nil)
            let success = try await store.submit(store.job(["a": 2, "b": 1]))
            try await store.end(success, nil)
            let version = try await Self.push(store)
            let id = try await store.letter(["a": 3, "b": 1], Self.refused, version: version, at: now)
            _ = try await store.letter([:], Self.refused, at: now.addingTimeInterval(-86_400))
            _ = try await store.letter([:], Self.refused, at: now.addingTimeInterval(86_400))
            _ = try await store.letter([:], Self.refused, at: now.addingTimeInterval(-86_401))
            _ = try await store.letter([:], .business, at: now)
            let letter = try #require(try await store.deadLetter(id))
            let context = try await store.run { try DeadLetterStore.context(of: letter, on: $0) }
            #expect(context.similar.count == 3 && !context.similar.isInexact)
            let span = context.similar.lastOpenedAt.timeIntervalSince(context.similar.firstOpenedAt)
            #expect(abs(span - 172_800) < 0.001)
            #expect(context.lastSuccess?.job == success && context.lastSuccess?.variables == ["a": 2, "b": 1])
            #expect(context.lastSuccess?.workflowVersion == 1 && context.lastSuccess?.robot == "r1")
            #expect(
                context.differences(from: letter, showing: ["a": 2, "b": 1], letter.variables) == [
                    .init(name: "version", before: 1, now: 2), .init(name: "variables.a", before: 2, now: 3),
                ])
        }
    }

    @Test func `a success after the failure is not the last one before it`() async throws {
        try await withFixture { store in
            let id = try await store.letter([:], Self.refused, at: noon)
            try await store.end(try await store.submit(store.job()), nil)
            let letter = try #require(try await store.deadLetter(id))
            let context = try await store.run { try DeadLetterStore.context(of: letter, on: $0) }
            #expect(context.lastSuccess == nil && context.similar.count == 1)
            #expect(context.differences(from: letter, showing: [:], [:]).isEmpty)
        }
    }
}
