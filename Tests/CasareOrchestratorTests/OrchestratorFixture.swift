import AsyncHTTPClient
import CasareClient
import CasareDomain
import CasareEngine
@testable import CasareOrchestrator
import CasarePostgres
import CasareProviders
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing
import Tracing

/// An orchestrator on a free port with a database of its own, and a token of each role.
struct OrchestratorFixture: Sendable {
    let database: Database
    let url: String
    let tokens: [Role: String]
    let http: HTTPClient
    let group: ServiceGroup
    let waitingRoom: WaitingRoom
    let events: EventHub

    /// What came back.
    struct Reply: Sendable {
        let status: Int
        let headers: [String: String]
        let json: Value

        var code: String? { self.json["error"]?["code"]?.string }
        var message: String { self.json["error"]?["message"]?.string ?? "" }
    }

    static let catalogue = NodeCatalogue([
        NodeType("StartNode", family: "Basic", "Begins.", .structure(.start)),
        NodeType("EndNode", family: "Basic", "Ends.", .structure(.end)),
    ])

    /// - Parameter sensitive: The name of a sensitive variable.
    static func document(_ name: String, extraKey: String? = nil, sensitive: String? = nil) -> Value {
        var variables: Object = [:]
        if let sensitive { variables[sensitive] = ["default_value": "", "sensitive": true] }
        return [
            "metadata": ["name": .string(name), "note": .string(extraKey ?? "")], "variables": .object(variables),
            "nodes": [
                "s": ["node_id": "s", "node_type": "StartNode", "config": [:]],
                "e": ["node_id": "e", "node_type": "EndNode", "config": [:]],
            ],
            "connections": [
                ["source_node": "s", "source_port": "exec_out", "target_node": "e", "target_port": "exec_in"]
            ],
        ]
    }

    /// Of a test: the same for all.
    static let sealingKey = SealingKey(text: String(repeating: "5a", count: SealingKey.bytesCount))

    /// Tests show wrong tokens on purpose, all from the same address.
    static let authentication = AuthenticationSettings(lockout: nil)

    static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Runs `body` with an orchestrator; stops it gracefully and waits for that.
    static func with<R: Sendable>(
        leaseBytesMax: Int = LeaseResponse.bytesMax, leaseDuration: Duration = .seconds(600),
        streamLimits: StreamLimits = .standard, authentication: AuthenticationSettings = Self.authentication,
        providers: SecretProviders = .none, tls: ServerTLS? = nil, certificateInterval: Duration = .seconds(5),
        tracer: any Tracer = NoOpTracer(),
        _ body: @escaping @Sendable (OrchestratorFixture) async throws -> R
    ) async throws -> R {
        try await withTestDatabase { database in
            var tokens: [Role: String] = [:]
            for role in Role.allCases {
                tokens[role] = try await database.asTenant(.default) { connection in
                    try TokenStore.create(name: "the \(role.rawValue)", role: Role.Name(role), on: connection).text
                        .reveal()
                }
            }
            return try await Self.with(
                database, tokens, leaseBytesMax: leaseBytesMax, leaseDuration: leaseDuration,
                streamLimits: streamLimits, authentication: authentication, providers: providers, tls: tls,
                certificateInterval: certificateInterval, tracer: tracer, body)
        }
    }

    static func with<R: Sendable>(
        _ database: Database, _ tokens: [Role: String], leaseBytesMax: Int = LeaseResponse.bytesMax,
        leaseDuration: Duration = .seconds(600), streamLimits: StreamLimits = .standard,
        authentication: AuthenticationSettings = Self.authentication, providers: SecretProviders = .none,
        tls: ServerTLS? = nil, certificateInterval: Duration = .seconds(5), tracer: any Tracer = NoOpTracer(),
        _ body: @escaping @Sendable (OrchestratorFixture) async throws -> R
    ) async throws -> R {
        let orchestrator = Orchestrator(
            configuration: OrchestratorConfiguration(
                database: database.configuration, port: 0, leaseDuration: leaseDuration,
                sealingKey: Self.sealingKey, providers: providers, authentication: authentication, tls: tls),
            database: database, catalogue: Self.catalogue, logger: Self.logger, tracer: tracer,
            leaseBytesMax: leaseBytesMax, streamLimits: streamLimits, certificateInterval: certificateInterval)
        let group = ServiceGroup(configuration: .init(services: [orchestrator], logger: Self.logger))
        return try await withThrowingTaskGroup(of: R?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                let scheme = tls == nil ? "http" : "https"
                let url = "\(scheme)://127.0.0.1:\(try await orchestrator.boundPort)"
                let http = HTTPClient(eventLoopGroupProvider: .singleton)
                let fixture = OrchestratorFixture(
                    database: database, url: url, tokens: tokens, http: http, group: group,
                    waitingRoom: orchestrator.services.waitingRoom, events: orchestrator.services.events)
                let result = await Result<R, any Error> { () async throws -> R in try await body(fixture) }
                await group.triggerGracefulShutdown()
                try await http.shutdown()
                return try result.get()
            }
            var found: R?
            for try await result in tasks {
                if let result { found = result }
            }
            return try #require(found)
        }
    }

    /// The same server, to others' tokens.
    func showing(_ tokens: [Role: String]) -> OrchestratorFixture {
        OrchestratorFixture(
            database: self.database, url: self.url, tokens: tokens, http: self.http, group: self.group,
            waitingRoom: self.waitingRoom, events: self.events)
    }

    // MARK: Requests

    func call(
        _ method: HTTPMethodName, _ path: String, as role: Role? = .admin, _ body: Value? = nil,
        headers: [String: String] = [:]
    ) async throws -> Reply {
        try await self.send(
            method, path, token: role.flatMap { self.tokens[$0] }, body: body?.jsonText(.compact),
            headers: (body == nil ? [:] : ["Content-Type": "application/json"]).merging(headers) { $1 })
    }

    enum HTTPMethodName: String, Sendable { case GET, POST, DELETE, PUT, PATCH }

    func send(
        _ method: HTTPMethodName, _ path: String, token: String?, body: String? = nil, headers: [String: String] = [:]
    ) async throws -> Reply {
        try await self.send(
            method, path, token: token, content: body.map { .bytes(ByteBuffer(string: $0)) }, headers: headers)
    }

    func send(
        _ method: HTTPMethodName, _ path: String, token: String?, content: HTTPClientRequest.Body?,
        headers: [String: String] = [:]
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: self.url + path)
        request.method = .RAW(value: method.rawValue)
        request.body = content
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for (name, value) in headers {
            request.headers.add(name: name, value: value)
        }
        let response = try await self.http.execute(request, timeout: .seconds(60))
        let bytes = Array(try await response.body.collect(upTo: 64 * 1024 * 1024).readableBytesView)
        return Reply(
            status: Int(response.status.code),
            headers: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) { $1 },
            json: try Value(parsingJSON: bytes))
    }

    func client(_ role: Role) throws -> CasareClient {
        var configuration = CasareClient.Configuration(url: self.url, token: self.tokens[role])
        configuration.retriesMax = 0
        return try CasareClient(configuration)
    }

    func withClient<R: Sendable>(_ role: Role, _ body: (CasareClient) async throws -> R) async throws -> R {
        var configuration = CasareClient.Configuration(url: self.url, token: self.tokens[role])
        configuration.retriesMax = 0
        return try await withCasareClient(configuration, body)
    }

    func pushWorkflow(_ name: String = "invoices") async throws {
        let reply = try await self.call(.POST, "/api/v1/workflows", ["document": Self.document(name)])
        #expect([200, 201].contains(reply.status))
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
