import CasareClient
import CasareDomain
import CasareTelemetry
import CasareWire
import Testing

@testable import CasareOrchestrator

/// The spans of requests, and of jobs that are submitted and run again by them.
struct RequestSpanTests {
    private typealias Fixture = OrchestratorFixture

    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let headers = ["traceparent": "00-\(trace)-b7ad6b7169203331-01"]

    // MARK: - Requests

    @Test func `a request's span has its route, its status and who asks, and is below the caller's`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            let id = "0197f3a0-0000-7000-8000-000000000001"
            #expect(try await server.call(.GET, "/api/v1/jobs/\(id)", headers: Self.headers).status == 404)
            let span = try collector.span("GET /api/v1/jobs/{id}")
            #expect(span.kind == .server && span.isParentRemote)
            #expect(span.parent?.description == "b7ad6b7169203331")
            #expect(span.context.traceID.description == Self.trace)
            #expect(span.attributes["http.route"] == "/api/v1/jobs/{id}")
            #expect(span.attributes["url.path"] == .string("/api/v1/jobs/\(id)"))
            #expect(span.attributes["http.response.status_code"] == .int(404))
            #expect(span.attributes["casare.principal.name"] == "the admin")
            // What the caller got wrong is no error of the server.
            #expect(span.status == .unset && span.attributes["error.type"] == nil)
        }
    }

    @Test func `a path without a route names no span`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            #expect(try await server.call(.GET, "/nowhere/7").status == 404)
            let span = try collector.span("GET")
            #expect(span.attributes["http.route"] == nil && span.parent == nil)
        }
    }

    @Test func `what is asked many times a minute has a span only below the caller's`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server async throws in
            #expect(try await server.call(.GET, "/health/live", as: nil).status == 200)
            #expect(try await server.scrape().status == 200)
            #expect(!collector.spans.contains { $0.kind == .server })
            #expect(try await server.call(.GET, "/health/live", as: nil, headers: Self.headers).status == 200)
            #expect(try collector.span("GET /health/live").context.traceID.description == Self.trace)
        }
    }

    @Test func `what the caller does not record is not recorded, and the job is of its trace all the same`()
        async throws
    {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            try await server.pushWorkflow()
            let before = collector.spans.count
            let reply = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "invoices"],
                headers: ["traceparent": "00-\(Self.trace)-b7ad6b7169203331-00"])
            #expect(reply.json["job"]?["trace_id"]?.string == Self.trace)
            #expect(collector.spans.count == before)
        }
    }

    // MARK: - Submits

    @Test func `a job's place in its trace is the span of its submit, below the request's`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            try await server.pushWorkflow()
            let reply = try await server.call(
                .POST, "/api/v1/jobs", ["workflow": "invoices"], headers: Self.headers)
            let id = try #require(reply.json["job"]?["id"]?.string)
            let submit = try collector.span("submit default")
            let request = try collector.span("POST /api/v1/jobs")
            #expect(submit.kind == .producer && submit.parent == request.context.spanID)
            #expect(submit.attributes["messaging.message.id"] == .string(id))
            #expect(submit.attributes["messaging.operation.type"] == "send")
            #expect(submit.attributes["casare.trigger.type"] == "api")
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 1, waiting: .zero)
                #expect(jobs.first?.trace?.context.spanID == submit.context.spanID)
            }
        }
    }

    @Test func `each job of a batch has a span to which the batch's links`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            try await server.pushWorkflow()
            let jobs: [Value] = [["workflow": "invoices"], ["workflow": "invoices", "environment": "night"]]
            #expect(try await server.call(.POST, "/api/v1/jobs/batch", ["jobs": .list(jobs)]).status == 201)
            // For several queues it names none.
            let batch = try collector.span("submit")
            let created = [try collector.span("create default"), try collector.span("create night")]
            #expect(batch.kind == .client && batch.attributes["messaging.batch.message_count"] == .int(2))
            #expect(batch.links.map(\.context.spanID) == created.map(\.context.spanID))
            #expect(created.allSatisfy { $0.kind == .producer && $0.parent == batch.context.spanID })
        }
    }

    @Test func `a submit that is refused has failed`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            let reply = try await server.call(.POST, "/api/v1/jobs", ["workflow": "nothing"])
            let code = try #require(reply.code)
            let submit = try collector.span("submit default")
            #expect(submit.status == .error(message: nil))
            #expect(submit.attributes["error.type"] == .string(code.lowercased()))
            #expect(submit.attributes["messaging.message.id"] == nil)
        }
    }

    // MARK: - Reruns

    @Test func `a replay is of who asks, and links to the run that it repeats`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            try await server.pushWorkflow()
            let first = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"])
            let id = try #require(first.json["job"]?["id"]?.string)
            let original = try collector.span("submit default")
            try await RobotDeed.fail.perform(in: server.database)
            let reply = try await server.call(.POST, "/api/v1/dlq/\(id)/retry", [:], headers: Self.headers)
            let new = try #require(reply.json["job"]?["id"]?.string, "\(reply.message)")
            let replay = try collector.span("replay default")
            #expect(replay.kind == .producer && replay.context.traceID.description == Self.trace)
            #expect(replay.attributes["messaging.message.id"] == .string(new))
            #expect(replay.links.map(\.context.traceID) == [original.context.traceID])
            #expect(replay.links.first?.attributes["casare.link.type"] == "original")
        }
    }

    @Test func `a retry that is refused has failed, and names no queue`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            let id = try await server.submit(1)[0]
            #expect(try await server.call(.POST, "/api/v1/jobs/\(id)/retry", [:]).status == 409)
            #expect(try collector.span("retry").status == .error(message: nil))
        }
    }
}
