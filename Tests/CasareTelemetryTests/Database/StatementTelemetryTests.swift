import CasareDomain
import CasarePostgres
import CasareTestSupport
import InMemoryTracing
import Logging
import Testing
import Tracing

@testable import CasareTelemetry

/// What is told of statements and of the pools that they run in.
struct StatementTelemetryTests {
    private static let insert = Query("INSERT INTO jobs (id) VALUES (@id)")

    private struct Fixture {
        let registry: MetricRegistry
        let tracer: InMemoryTracer
        let connection: PostgresConnection
        let configuration: PostgresConfiguration

        /// A context in which what is done is recorded, or is not.
        static func context(isSampled: Bool) -> ServiceContext {
            var context = ServiceContext.topLevel
            let root = TraceContext.makeRoot()
            context.trace = TraceCarrier(
                TraceContext(
                    traceID: root.traceID, spanID: root.spanID, flags: isSampled ? TraceContext.sampledFlag : 0))
            return context
        }

        func points() async -> [HistogramPoint] {
            guard case .histograms(let points)? = await self.registry.snapshot()["db.client.operation.duration"]?.points
            else { return [] }
            return points
        }

        static func with(_ body: (Fixture) async throws -> Void) async throws {
            try await withEmptyDatabase { configuration in
                let plain = try await PostgresConnection.connect(configuration)
                try await plain.script("CREATE TABLE jobs (id int PRIMARY KEY)")
                await plain.close()
                let (registry, tracer) = (MetricRegistry(logger: Logger(label: "test")), InMemoryTracer())
                var configuration = configuration
                configuration.observer = StatementTelemetry(registry, tracer: tracer)
                let connection = try await PostgresConnection.connect(configuration)
                try await body(
                    Fixture(registry: registry, tracer: tracer, connection: connection, configuration: configuration))
                await connection.close()
            }
        }
    }

    @Test func `each statement is counted with what it does, and failures by their code`() async throws {
        try await Fixture.with { fixture in
            for id in 1...3 { try await fixture.connection.execute(Self.insert, ["id": .int(id)]) }
            await #expect(throws: PostgresError.self) { try await fixture.connection.execute(Self.insert, ["id": 1]) }
            let points = await fixture.points()
            let place: Attributes = [
                .databaseSystem: "postgresql", .databaseNamespace: .string(fixture.configuration.database ?? ""),
                .databaseOperation: "INSERT", .databaseCollection: "jobs", .databaseQuery: "INSERT jobs",
                .serverAddress: .string(fixture.configuration.host ?? ""),
            ]
            #expect(points.first { $0.attributes == place }?.count == 3)
            let failed = try #require(points.first { $0.attributes[.errorType] == "23505" })
            #expect(failed.count == 1 && failed.attributes[.databaseQuery] == "INSERT jobs")
            #expect(points.count == 2)
            #expect(fixture.tracer.finishedSpans.isEmpty, "Nothing was traced")
        }
    }

    @Test func `what is done for something that is traced has a span, with the parameterised text`() async throws {
        try await Fixture.with { fixture in
            try await ServiceContext.withValue(Fixture.context(isSampled: true)) {
                try await fixture.connection.execute(Self.insert, ["id": 4711])
                _ = try? await fixture.connection.execute(Self.insert, ["id": 4711])
                try await fixture.connection.pipeline([
                    (Self.insert, ["id": 1]), ("SELECT count(*) FROM jobs", [:]),
                ])
            }
            let spans = fixture.tracer.finishedSpans
            #expect(spans.map(\.operationName) == ["INSERT jobs", "INSERT jobs", "BATCH INSERT jobs SELECT jobs"])
            let span = try #require(spans.first)
            #expect(span.kind == .client && span.status == nil)
            #expect(span.endInstant.nanosecondsSinceEpoch > span.startInstant.nanosecondsSinceEpoch)
            var expected: SpanAttributes = [
                "db.system.name": "postgresql", "db.operation.name": "INSERT", "db.collection.name": "jobs",
                "db.query.summary": "INSERT jobs", "db.query.text": "INSERT INTO jobs (id) VALUES ($1)",
            ]
            expected["db.namespace"] = fixture.configuration.database
            expected["server.address"] = fixture.configuration.host
            expected["server.port"] = fixture.configuration.port.flatMap { $0 == 5432 ? nil : $0 }
            #expect(span.attributes == expected)
            #expect(spans[1].attributes.get("error.type") == "23505")
            #expect(spans[1].attributes.get("db.response.status_code") == "23505")
            #expect(spans[1].status?.code == .error && spans[1].errors.isEmpty)
            #expect(spans[2].attributes.get("db.operation.batch.size") == 2)
            #expect(spans[2].attributes.get("db.query.text") == nil)
        }
    }

    @Test func `what is not recorded has no span, and is counted all the same`() async throws {
        try await Fixture.with { fixture in
            try await ServiceContext.withValue(Fixture.context(isSampled: false)) {
                _ = try await fixture.connection.execute(Self.insert, ["id": 1])
            }
            try await ServiceContext.withValue(.topLevel) {
                _ = try await fixture.connection.execute(Self.insert, ["id": 2])
            }
            #expect(fixture.tracer.finishedSpans.isEmpty && fixture.tracer.activeSpans.isEmpty)
            let counts = await fixture.points().map(\.count)
            #expect(counts == [2])
        }
    }

    @Test func `a transaction's closure runs in the trace of its caller`() async throws {
        try await Fixture.with { fixture in
            let pool = PostgresPool(configuration: fixture.configuration, connectionsMax: 1)
            try await ServiceContext.withValue(Fixture.context(isSampled: true)) {
                try await pool.transaction { connection in _ = try connection.execute(Self.insert, ["id": 1]) }
            }
            await pool.close()
            #expect(fixture.tracer.finishedSpans.map(\.operationName) == ["BEGIN", "INSERT jobs", "COMMIT"])
        }
    }

    @Test func `a long text is cut`() async throws {
        try await Fixture.with { fixture in
            let long = "SELECT \(String(repeating: "1 + ", count: 2000))1 AS sum"
            let query = Query(assembled: long)
            try await ServiceContext.withValue(Fixture.context(isSampled: true)) {
                _ = try await fixture.connection.execute(query)
            }
            guard case .string(let text)? = fixture.tracer.finishedSpans.first?.attributes.get("db.query.text") else {
                Issue.record("There is no text")
                return
            }
            #expect(text.utf8.count == StatementTelemetry.textBytesMax && text.hasSuffix("…"))
        }
    }

    @Test func `pools are seen as they stand, and no longer than they are there`() async throws {
        try await Fixture.with { fixture in
            func value(_ name: String, _ state: String? = nil) async -> MetricValue? {
                guard case .numbers(let points)? = await fixture.registry.snapshot()[name]?.points else { return nil }
                return points.first { point in
                    point.attributes[.connectionPool] == "test"
                        && state.map { point.attributes[.connectionState] == .string($0) } ?? true
                }?.value
            }
            func use() async throws {
                let pool = PostgresPool(configuration: fixture.configuration, connectionsMax: 3, name: "test")
                #expect(await value("db.client.connection.max") == .int(3))
                #expect(await value("db.client.connection.count", "idle") == .int(0))
                #expect(await value("db.client.connection.timeouts") == .int(0))
                try await pool.withConnection { _ in }
                #expect(await value("db.client.connection.count", "idle") == .int(1))
                #expect(await value("db.client.connection.count", "used") == .int(0))
                #expect(await value("db.client.connection.pending_requests") == .int(0))
                guard
                    case .histograms(let waits)? = await fixture.registry.snapshot()["db.client.connection.wait_time"]?
                        .points
                else {
                    Issue.record("Nobody waited")
                    return
                }
                #expect(waits.map(\.count) == [1])
                await pool.close()
            }
            try await use()
            // Whatever still had it lets go of it.
            while await value("db.client.connection.max") != nil { await Task.yield() }
        }
    }
}
