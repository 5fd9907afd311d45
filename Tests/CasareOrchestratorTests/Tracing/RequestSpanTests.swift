import CasareClient
import CasareDomain
import CasareTelemetry
import CasareTestSupport
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

    @Test(
        arguments: [[.b3], [.b3multi], [.tracecontext, .b3], [.b3, .tracecontext]]
            as [[TelemetrySettings.Propagator]])
    func `the caller's place is read in the forms that are asked for`(
        propagators: [TelemetrySettings.Propagator]
    ) async throws {
        let collector = SpanCollector()
        let (other, span) = ("1af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
        try await Fixture.with(tracer: collector.tracer(propagators: propagators)) { server in
            for headers in [
                ["b3": "\(Self.trace)-\(span)-1"],
                ["x-b3-traceid": Self.trace, "x-b3-spanid": span, "x-b3-sampled": "1"],
                ["traceparent": "00-\(other)-\(span)-01", "b3": "\(Self.trace)-\(span)-1"],
            ] {
                let response = try await server.call(.GET, "/nowhere/7", headers: headers)
                #expect(response.status == 404)
            }
            let spans = collector.spans.filter { $0.kind == .server }
            // Of two that are read the last one counts.
            let last = propagators.last == .tracecontext ? other : Self.trace
            #expect(spans.map(\.context.traceID.description) == [Self.trace, Self.trace, last])
            #expect(spans.allSatisfy { $0.parent?.description == span && $0.isParentRemote })
        }
    }

    @Test func `what is not asked for is not read`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer(propagators: [])) { server in
            #expect(try await server.call(.GET, "/nowhere/7", headers: Self.headers).status == 404)
            let span = try collector.span("GET")
            #expect(span.parent == nil && span.context.traceID.description != Self.trace)
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

    @Test func `from how long a request took one gets to its trace`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            #expect(try await server.call(.GET, "/nowhere/7", headers: Self.headers).status == 404)
            let scrape = try await server.scrape(
                server.tokens[.viewer], accept: "application/openmetrics-text;version=1.0.0")
            let lines = scrape.text.split(separator: "\n").filter {
                $0.hasPrefix("http_server_request_duration_seconds_bucket")
            }
            #expect(lines.contains { $0.contains("trace_id=\"\(Self.trace)\"") })
        }
    }

    private static func handshakes(_ scrape: Scrape, _ status: Int) -> Double? {
        scrape[
            "http_server_request_duration_seconds_count",
            [
                "http_request_method": "GET", "http_route": "/ws/events", "http_response_status_code": "\(status)",
                "url_scheme": "http",
            ]]
    }

    @Test func `a stream's span is that of its handshake, which ends when it is one`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            let token = server.tokens[.viewer]
            let path = "/ws/events?cursor=now"
            try await RawWebSocket.with(server, path, token: token, headers: Self.headers) { socket in
                #expect(socket.status == 101)
                // It is still open.
                _ = try await socket.caughtUp()
                let span = try await eventually("the handshake has ended") { try? collector.span("GET /ws/events") }
                #expect(span.kind == .server && span.isParentRemote && span.status == .unset)
                #expect(span.parent?.description == "b7ad6b7169203331")
                #expect(span.context.traceID.description == Self.trace)
                #expect(span.attributes["http.response.status_code"] == .int(101))
                #expect(span.attributes["http.route"] == "/ws/events" && span.attributes["url.path"] == "/ws/events")
                #expect(span.attributes["casare.principal.name"] == "the viewer")
                let counted = try await eventually("it is counted") { Self.handshakes(try await server.scrape(), 101) }
                #expect(counted == 1)
            }
            #expect(collector.spans.filter { $0.name == "GET /ws/events" }.count == 1)
        }
    }

    @Test func `a handshake that is refused has the span of a request, once`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            let status = try await RawWebSocket.with(server, "/ws/events", token: "crpa_x", headers: Self.headers) {
                $0.status
            }
            #expect(status == 401)
            let span = try await eventually("it has ended") { try? collector.span("GET /ws/events") }
            #expect(span.attributes["http.response.status_code"] == .int(401))
            let scrape = try await server.scrape()
            #expect(Self.handshakes(scrape, 401) == 1 && Self.handshakes(scrape, 101) == nil)
            #expect(collector.spans.filter { $0.name == "GET /ws/events" }.count == 1)
        }
    }

    @Test func `what is done for a request without a span has none either`() {
        // Statements are told of where the trace is recorded.
        #expect(!RequestSpan.makeUntraced().context.isSampled)
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
            #expect(submit.attributes["casare.workflow.name"] == "invoices")
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
            #expect(created.allSatisfy { $0.attributes["casare.workflow.name"] == "invoices" })
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
            #expect(replay.attributes["casare.workflow.name"] == "invoices")
            #expect(replay.attributes["casare.workflow.version"] == .int(1))
            #expect(replay.links.map(\.context.traceID) == [original.context.traceID])
            #expect(replay.links.first?.attributes["casare.link.type"] == "original")
        }
    }

    @Test(arguments: ["retry", "replay"])
    func `each job that an operation runs again has a span below its request, with a link to the run`(
        verb: String
    ) async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            let ids = try await server.submit(2)
            for _ in ids { try await RobotDeed.fail.perform(in: server.database) }
            let first = collector.spans.filter { $0.name == "create default" }.map(\.context.traceID)
            let made = try await server.call(
                .POST, "/api/v1/operations",
                ["verb": .string(verb), "selection": ["ids": .list(ids.map { Value.string($0.description) })]],
                headers: Self.headers)
            #expect(made.status == 201, "\(made.message)")
            let spans = try await eventually("both are run again") { () -> [FinishedSpan]? in
                let spans = collector.spans.filter { $0.name == "\(verb) default" }
                return spans.count >= ids.count ? spans : nil
            }
            let request = try collector.span("POST /api/v1/operations")
            #expect(spans.count == 2 && Set(spans.map(\.context.spanID)).count == 2)
            #expect(spans.allSatisfy { $0.kind == .producer && $0.parent == request.context.spanID })
            #expect(spans.allSatisfy { $0.context.traceID.description == Self.trace })
            #expect(spans.allSatisfy { $0.attributes["casare.trigger.type"] == "operation" })
            #expect(spans.allSatisfy { $0.links.map(\.attributes) == [["casare.link.type": "original"]] })
            // The span of the attempt that failed, and not that of its creation.
            let linked = spans.flatMap(\.links).map(\.context)
            #expect(linked.map(\.traceID).sorted { $0.low < $1.low } == first.sorted { $0.low < $1.low })
            #expect(!collector.spans.contains { span in linked.contains { $0.spanID == span.context.spanID } })
            // What robots are told is just these places.
            let traces = try await server.withRobot("r2") { robot in
                try await robot.client.lease(robot.session, slots: 2, waiting: .zero).compactMap(\.trace)
            }
            #expect(Set(traces.map(\.context.spanID)) == Set(spans.map(\.context.spanID)))
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
