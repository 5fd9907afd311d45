import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// What comes of what is found, and of changes meanwhile.
struct WatchReportTests {
    @Test func `what is found becomes jobs together with what was seen, once`() async throws {
        try await withFixture { store in
            let trigger = try await store.watched(.file(StoreFixture.files))
            let watch = try #require(try await store.watches(of: store.session).new.first)
            let report = WatchReport(findings: [StoreFixture.finding("a"), StoreFixture.finding("b")], state: ["n": 1])
            let version = try await store.report(report, watch, session: store.session)
            #expect(version == watch.version + 1)
            // Its answer was lost.
            #expect(try await store.report(report, watch, session: store.session) == nil)
            let history = try await store.deliveries(of: trigger.id)
            #expect(history.map(\.result) == [.accepted, .accepted])
            #expect(history.allSatisfy { $0.source == "r1" })
            let ids = try history.map { try #require($0.job) }
            var seen: Set<String> = []
            for id in ids {
                let job = try #require(try await store.get(id))
                seen.insert(job.variables["file"]?.string ?? "")
            }
            #expect(seen == ["/in/a", "/in/b"])
        }
    }

    @Test func `who takes over begins with what was last reported, and the one before reports no more`() async throws {
        try await withFixture { store in
            let trigger = try await store.watched(.file(StoreFixture.files))
            let other = try await store.otherSession()
            let watch = try #require(try await store.watches(of: store.session).new.first)
            let first = WatchReport(findings: [StoreFixture.finding("a")], state: ["seen": ["a"]])
            let version = try #require(try await store.report(first, watch, session: store.session))
            try await store.run { _ = try LeaseStore.closeSession(store.session, on: $0) }
            let next = try #require(try await store.watches(of: other).new.first)
            #expect(next.state == ["seen": ["a"]] && next.version == version)
            // The first robot was frozen with what it found, and wakes up.
            let late = WatchReport(findings: [StoreFixture.finding("b")], state: ["seen": ["a", "b"]])
            #expect(try await store.report(late, watch, version: version, session: store.session) == nil)
            #expect(try await store.report(late, next, session: other) == version + 1)
            #expect(try await store.deliveries(of: trigger.id).count == 2)
        }
    }

    @Test func `what cannot be stored leaves what was seen as it was`() async throws {
        try await withFixture { store in
            let trigger = try await store.watched(.file(StoreFixture.files))
            let watch = try #require(try await store.watches(of: store.session).new.first)
            await #expect(throws: StoreError.self) {
                _ = try await store.report(
                    WatchReport(findings: [StoreFixture.finding("a")], state: .list([])), watch, session: store.session)
            }
            #expect(try await store.deliveries(of: trigger.id).isEmpty)
            #expect(
                try await store.report(WatchReport(state: [:]), watch, session: store.session) == 1)
        }
    }

    @Test func `a finding that is known is a duplicate, and so is one with the same value`() async throws {
        try await withFixture { store in
            let trigger = try await store.watched(.file(StoreFixture.files)) { $0.dedup = StoreFixture.place }
            let watch = try #require(try await store.watches(of: store.session).new.first)
            let same = WatchFinding(key: "modified a", payload: ["file_path": "/in/a"])
            _ = try await store.report(
                WatchReport(findings: [StoreFixture.finding("a"), StoreFixture.finding("a"), same]), watch,
                session: store.session)
            let results = try await store.deliveries(of: trigger.id).map(\.result)
            #expect(Set(results) == [.accepted, .duplicate] && results.count == 3)
            #expect(results.count { $0 == .accepted } == 1)
        }
    }

    @Test func `a workflow that is not there is in the history, and what was seen counts`() async throws {
        try await withFixture { store in
            let trigger = try await store.watched(.file(StoreFixture.files))
            try await store.asOwner("UPDATE triggers SET spec = replace(spec::text, 'orders', 'nowhere')::json")
            let watch = try #require(try await store.watches(of: store.session).new.first)
            let version = try await store.report(
                WatchReport(findings: [StoreFixture.finding("a")], state: ["n": 1]), watch, session: store.session)
            #expect(version == 1)
            #expect(try await store.deliveries(of: trigger.id).map(\.result) == [.failed])
        }
    }

    @Test func `an error is shown since when it is, and goes with the next report`() async throws {
        try await withFixture { store in
            let trigger = try await store.watched(.file(StoreFixture.files))
            let watch = try #require(try await store.watches(of: store.session).new.first)
            _ = try await store.report(WatchReport(error: "no folder"), watch, session: store.session)
            let status = try #require(try await store.run { try WatchStore.status(of: trigger.id, on: $0) })
            #expect(status.error == "no folder" && status.errorSince != nil && status.reportedAt != nil)
            _ = try await store.report(WatchReport(), watch, version: 1, session: store.session)
            let after = try #require(try await store.run { try WatchStore.status(of: trigger.id, on: $0) })
            #expect(after.error == nil && after.errorSince == nil)
        }
    }

    @Test func `a pause ends the watch and forgets what was seen`() async throws {
        try await withFixture { store in
            let trigger = try await store.watched(.file(StoreFixture.files))
            let watch = try #require(try await store.watches(of: store.session).new.first)
            #expect(try await store.report(WatchReport(state: ["n": 1]), watch, session: store.session) == 1)
            _ = try await store.run { try TriggerStore.pause("t", by: "ann", reason: nil, on: $0) }
            let finding = WatchReport(findings: [StoreFixture.finding("a")])
            #expect(try await store.report(finding, watch, version: 1, session: store.session) == nil)
            let paused = try await store.watches(of: store.session, holding: [watch.mark])
            #expect(paused.kept.isEmpty && paused.new.isEmpty)
            _ = try await store.run { try TriggerStore.resume("t", by: "ann", reason: nil, on: $0) }
            let anew = try #require(try await store.watches(of: store.session).new.first)
            #expect(anew.state == nil && anew.version == 0)
            #expect(try await store.deliveries(of: trigger.id).isEmpty)
        }
    }

    @Test func `a change of the spec begins anew, and what was seen counts for the same files`() async throws {
        try await withFixture { store in
            _ = try await store.watched(.file(StoreFixture.files))
            let watch = try #require(try await store.watches(of: store.session).new.first)
            #expect(try await store.report(WatchReport(state: ["n": 1]), watch, session: store.session) == 1)
            let slower = try await store.run { connection in
                try TriggerStore.update("t", by: "ann", on: connection) { trigger in
                    var spec = trigger.spec
                    var files = StoreFixture.files
                    files.pollSeconds = 60
                    spec.source = .file(files)
                    return spec
                }
            }
            #expect(slower.revision == 2)
            // What the robot finds by the old spec comes too late.
            let late = WatchReport(findings: [StoreFixture.finding("a")])
            #expect(try await store.report(late, watch, version: 1, session: store.session) == nil)
            let next = try #require(
                try await store.watches(of: store.session, holding: [watch.mark]).new.first)
            #expect(next.revision == 2 && next.version == 1 && next.state == ["n": 1])
            _ = try await store.run { connection in
                try TriggerStore.update("t", by: "ann", on: connection) { trigger in
                    var spec = trigger.spec
                    spec.source = .file(FileSource(path: "/elsewhere"))
                    return spec
                }
            }
            let other = try #require(
                try await store.watches(of: store.session, holding: [next.mark]).new.first)
            #expect(other.revision == 3 && other.state == nil)
        }
    }

    @Test func `a trigger that is deleted is watched no more`() async throws {
        try await withFixture { store in
            let trigger = try await store.watched(.file(StoreFixture.files))
            let watch = try #require(try await store.watches(of: store.session).new.first)
            _ = try await store.run { try TriggerStore.delete("t", by: "ann", reason: nil, on: $0) }
            let late = WatchReport(findings: [StoreFixture.finding("a")])
            #expect(try await store.report(late, watch, session: store.session) == nil)
            #expect(try await store.watches(of: store.session, holding: [watch.mark]).kept.isEmpty)
            #expect(try await store.run { try WatchStore.status(of: trigger.id, on: $0) } == nil)
        }
    }
}
