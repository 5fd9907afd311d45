import CasareDomain
import CasareRobot
import CasareStore
import FoundationEssentials
import Testing

/// What every broker promises of watches.
struct WatchBrokerTests {
    typealias Form = BrokerFixture.Form

    private static func create(
        in fixture: BrokerFixture, _ source: TriggerSpec.Source = .file(FileSource(path: "/in"))
    ) async throws -> Trigger.ID {
        try await fixture.push("w", BrokerFixture.document)
        return try await fixture.database.asTenant(.default) { connection in
            try TriggerStore.create(
                .init(name: "t", spec: TriggerSpec(source: source, workflow: "w")), secret: nil, by: "ann",
                on: connection
            ).id
        }
    }

    private static func history(of trigger: Trigger.ID, in fixture: BrokerFixture) async throws -> [TriggerDelivery] {
        try await fixture.database.asTenant(.default) { try TriggerDeliveries.list(of: trigger, limit: 100, on: $0) }
    }

    private static let report = WatchReport(
        findings: [WatchFinding(key: "k", payload: ["file_path": "/in/a"])], state: ["seen": ["a", 1]])

    @Test(arguments: Form.withTenants)
    func `one robot gets a watch, with all that it says, and keeps it`(form: Form) async throws {
        var source = FileSource(path: "/in", patterns: ["*.csv"], isRecursive: true, events: [.deleted])
        source.pollSeconds = 7
        let asked = source
        try await BrokerFixture.with(form) { fixture in
            let trigger = try await Self.create(in: fixture, .file(asked))
            try await fixture.withBroker("one") { one in
                try await fixture.withBroker("two") { two in
                    let offer = try await one.watches(holding: [], limit: 10)
                    let watch = try #require(offer.new.first)
                    #expect(offer.new.count == 1 && offer.kept.isEmpty && watch.trigger == trigger)
                    #expect(watch.source == .file(asked) && watch.name == "t" && watch.revision == 1)
                    let others = try await two.watches(holding: [], limit: 10)
                    #expect(others.new.isEmpty)
                    let again = try await one.watches(holding: [watch.mark], limit: 10)
                    #expect(again.kept == [trigger] && again.new.isEmpty)
                    // The robot lets go of it.
                    _ = try await one.watches(holding: [], limit: 0)
                    let taken = try await two.watches(holding: [], limit: 10)
                    #expect(taken.new.map(\.trigger) == [trigger])
                }
            }
        }
    }

    @Test(arguments: Form.withTenants)
    func `a report counts once, with its jobs and what was seen`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let trigger = try await Self.create(in: fixture)
            try await fixture.withBroker("one") { one in
                let watch = try #require(try await one.watches(holding: [], limit: 1).new.first)
                let version = try await one.report(
                    Self.report, of: trigger, revision: watch.revision, version: watch.version)
                #expect(version == watch.version + 1)
                let repeated = try await one.report(
                    Self.report, of: trigger, revision: watch.revision, version: watch.version)
                #expect(repeated == nil)
                #expect(try await Self.history(of: trigger, in: fixture).map(\.result) == [.accepted])
                let jobs = try await one.lease(slots: 5, waiting: .seconds(10))
                #expect(jobs.count == 1)
            }
        }
    }

    @Test(arguments: Form.withTenants)
    func `a robot that ends leaves its watches to others, who go on from there`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let trigger = try await Self.create(in: fixture)
            let version = try await fixture.withBroker("one") { one in
                let watch = try #require(try await one.watches(holding: [], limit: 1).new.first)
                return try await one.report(
                    Self.report, of: trigger, revision: watch.revision, version: watch.version)
            }
            try await fixture.withBroker("two") { two in
                let watch = try #require(try await two.watches(holding: [], limit: 1).new.first)
                #expect(watch.state == Self.report.state && watch.version == version)
            }
        }
    }

    @Test(arguments: Form.withTenants)
    func `a session that was ended is told so, and reports nothing`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let trigger = try await Self.create(in: fixture)
            try await fixture.withBroker("one") { one in
                let watch = try #require(try await one.watches(holding: [], limit: 1).new.first)
                try await fixture.sweep(at: Date(timeIntervalSinceNow: 3600))
                await #expect(throws: BrokerError.sessionEnded) { try await one.watches(holding: [], limit: 1) }
                try await fixture.withBroker("two") { two in
                    _ = try #require(try await two.watches(holding: [], limit: 1).new.first)
                    let late = try await one.report(
                        Self.report, of: trigger, revision: watch.revision, version: watch.version)
                    #expect(late == nil)
                }
                #expect(try await Self.history(of: trigger, in: fixture).isEmpty)
            }
        }
    }

    @Test func `in memory there is nothing to watch`() async throws {
        try await BrokerFixture.with(.memory) { fixture in
            try await fixture.withBroker { broker in
                let offer = try await broker.watches(holding: [], limit: 10)
                #expect(offer == WatchOffer())
            }
        }
    }
}
