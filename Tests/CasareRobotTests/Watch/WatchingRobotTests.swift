import CasareDomain
import CasareNodes
import CasareRobot
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Logging
import ServiceLifecycle
import Testing

/// Robots that watch a real folder, one after the other.
struct WatchingRobotTests {
    /// Runs a robot until `body` has returned.
    private func withRobot(
        _ fixture: BrokerFixture, _ name: String, _ body: () async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let agent = RobotAgent(
            broker: try await fixture.broker(fixture.form, name), catalogue: StandardNodes.catalogue,
            watchers: StandardWatchers.all,
            configuration: RobotConfiguration(
                description: try BrokerFixture.description(name, slots: 1), workingDirectory: "/tmp"),
            logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: agent)], logger: logger))
        async let running: Void = group.run()
        do {
            try await body()
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
    }

    private func names(of trigger: Trigger.ID, in fixture: BrokerFixture) async throws -> [String] {
        let database = try fixture.database
        return try await database.asTenant(.default) { connection in
            try TriggerDeliveries.list(of: trigger, limit: 100, on: connection).compactMap { delivery -> String? in
                guard let id = delivery.job, let job = try JobStore.get(id, on: connection) else { return nil }
                return job.variables["file"]?.string
            }
        }.sorted()
    }

    @Test(arguments: BrokerFixture.Form.withTenants)
    func `files become jobs once each, also those that come while no robot watches`(
        form: BrokerFixture.Form
    ) async throws {
        try await withTemporaryDirectory { folder in
            try await BrokerFixture.with(form) { fixture in
                try await fixture.push("w", BrokerFixture.document)
                var source = FileSource(path: folder, debounceSeconds: 0, settledSeconds: 0, takesExisting: true)
                source.pollSeconds = 0.5
                source.variables = VariableMapping([
                    .init(variable: "file", place: try DeliveryPlace("payload.file_name"))
                ])
                let spec = TriggerSpec(source: .file(source), workflow: "w")
                let trigger = try await fixture.database.asTenant(.default) { connection in
                    try TriggerStore.create(.init(name: "t", spec: spec), secret: nil, by: "ann", on: connection).id
                }
                try Data("x".utf8).write(to: URL(filePath: "\(folder)/one"))
                try await self.withRobot(fixture, "first") {
                    _ = try await eventually("the file is found") {
                        try await self.names(of: trigger, in: fixture) == ["one"] ? true : nil
                    }
                }
                // Nobody watches.
                try Data("x".utf8).write(to: URL(filePath: "\(folder)/two"))
                try await self.withRobot(fixture, "second") {
                    _ = try await eventually("the other file is found") {
                        try await self.names(of: trigger, in: fixture) == ["one", "two"] ? true : nil
                    }
                }
                let history = try await fixture.database.asTenant(.default) {
                    try TriggerDeliveries.list(of: trigger, limit: 100, on: $0)
                }
                #expect(history.map(\.source) == ["second", "first"])
                #expect(history.allSatisfy { $0.result == .accepted })
            }
        }
    }
}
