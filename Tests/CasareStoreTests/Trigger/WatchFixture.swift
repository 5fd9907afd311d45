import CasareDomain
import CasarePostgres
@testable import CasareStore
import FoundationEssentials
import Testing

/// Triggers of files and feeds, and the robots that watch for them.
extension StoreFixture {
    /// The literal is a pointer.
    static let place = DeliveryPlace.payload(JSONPointer("/file_path")!)
    static let files = FileSource(
        path: "/in", variables: VariableMapping([.init(variable: "file", place: Self.place)]))
    static let feed = FeedSource(
        .rss(.init(FeedRequest(url: "https://example.org/feed", auth: .init(kind: .bearer)))))

    static func finding(_ name: String) -> WatchFinding {
        WatchFinding(key: "created \(name)", payload: ["file_path": .string("/in/\(name)")])
    }

    /// A trigger that robots watch for.
    func watched(
        _ source: TriggerSpec.Source, _ name: String = "t", secret: SealingKey.Sealed? = nil,
        id: Trigger.ID = .new(at: Date()), _ change: (inout TriggerSpec) -> Void = { _ in }
    ) async throws -> Trigger {
        var spec = TriggerSpec(source: source, workflow: "orders")
        change(&spec)
        let new = TriggerStore.New(id: id, name: name, spec: spec)
        return try await self.run { try TriggerStore.create(new, secret: secret, by: "ann", on: $0) }
    }

    func otherSession(_ name: String = "r2", environment: String = "default") async throws -> Robot.SessionID {
        let robot = try #require(Robot.ID(rawValue: name))
        return try await self.run { connection in
            _ = try RobotStore.register(
                robot, environment: environment, tags: [], capabilities: [], slots: 1, on: connection)
            return try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 1, on: connection)
        }
    }

    func watches(
        of session: Robot.SessionID, holding: [Watch.Mark] = [], limit: Int = 10, key: SealingKey? = nil
    ) async throws -> WatchOffer {
        try await self.run {
            try WatchStore.watches(
                of: session, holding: holding, limit: limit, keys: key.map { KeyRing(current: $0) }, on: $0)
        }
    }

    /// - Returns: the new version; `nil` where nothing was changed.
    func report(
        _ report: WatchReport, _ watch: Watch, version: Int? = nil, session: Robot.SessionID
    ) async throws -> Int? {
        try await self.run {
            try WatchStore.report(
                report, of: watch.trigger, revision: watch.revision, version: version ?? watch.version,
                session: session, on: $0)?.version
        }
    }

    func deliveries(of trigger: Trigger.ID) async throws -> [TriggerDelivery] {
        try await self.run { try TriggerDeliveries.list(of: trigger, limit: 100, on: $0) }
    }
}
