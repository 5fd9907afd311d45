import CasareClient
import CasareDomain
import CasareStore
import CasareTelemetry
import CasareWire
import FoundationEssentials
import HTTPTypes
import NIOHTTP1
import Testing
import Tracing

@testable import CasareOrchestrator

/// The trace of a request goes on in what comes of it.
struct TraceRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let parent = "00-\(trace)-b7ad6b7169203331-01"
    private static let headers = ["traceparent": parent, "tracestate": "a=1", "baggage": "tenant=acme"]
    private static let carrier = TraceCarrier(traceparent: parent, tracestate: "a=1", baggage: "tenant=acme")

    private static func submit(
        _ server: Fixture, _ headers: [String: String] = Self.headers
    ) async throws -> (id: Job.ID, trace: String?) {
        let reply = try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"], headers: headers)
        let job = try #require(reply.json["job"], "\(reply.message)")
        return (try #require(job["id"]?.string.flatMap(Job.ID.init)), job["trace_id"]?.string)
    }

    @Test func `a job belongs to its request's trace, and its robot gets all of it`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let (id, trace) = try await Self.submit(server)
            #expect(trace == Self.trace)
            let found = try await server.call(.GET, "/api/v1/jobs/\(id)", as: .viewer)
            #expect(found.json["job"]?["trace_id"]?.string == Self.trace)
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 1, waiting: .zero)
                #expect(jobs.map(\.trace) == [Self.carrier])
            }
        }
    }

    private static let headersInvalid: [String?] = [
        nil, "", "garbage", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "ff\(parent.dropFirst(2))",
        parent.uppercased(), "\(parent), \(parent)",
    ]

    @Test(arguments: Self.headersInvalid)
    func `without a valid header a request begins a trace of its own`(header: String?) async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            var headers = ["tracestate": "a=1", "baggage": "tenant=acme"]
            headers["traceparent"] = header
            let traces = [try await Self.submit(server, headers).trace, try await Self.submit(server, headers).trace]
            let known = traces.compactMap { $0.flatMap(TraceID.init) }
            #expect(Set(known).count == 2 && !traces.contains(Self.trace), "\(traces)")
        }
    }

    @Test func `of two parents neither counts, and the parts of a list make one`() {
        func trace(_ headers: HTTPFields) -> TraceCarrier? { RequestTrace.given(in: headers, to: NoOpTracer()) }
        var headers: HTTPFields = [.traceparent: Self.parent]
        for value in ["a=1", "b=2"] { headers.append(HTTPField(name: .tracestate, value: value)) }
        for value in ["k=v", "l=w"] { headers.append(HTTPField(name: .baggage, value: value)) }
        #expect(trace(headers)?.context.state?.description == "a=1,b=2")
        #expect(trace(headers)?.baggage?.description == "k=v,l=w")
        headers.append(HTTPField(name: .traceparent, value: Self.parent))
        #expect(trace(headers) == nil)
    }

    @Test func `a stream belongs to the trace that its handshake names, in the forms that are read`() {
        let span = "b7ad6b7169203331"
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/ws/events",
            headers: ["B3": "\(Self.trace)-\(span)-0", "no name": "x", "Upgrade": "websocket"])
        let route = Route.get("/ws/events", .everyone, "") { _ in LiveResponse(version: "") }
        func trace(_ tracer: PassingTracer) -> TraceCarrier {
            Handshake(head, path: "/ws/events", of: route, id: "r", isSecure: false, tracer: tracer).span.trace
        }
        let given = trace(PassingTracer(propagators: [.tracecontext, .b3]))
        #expect(given.traceID.description == Self.trace && given.context.spanID.description == span)
        #expect(!given.context.isSampled)
        #expect(trace(PassingTracer()).traceID.description != Self.trace)
    }

    @Test func `all jobs of a batch belong to one trace, also when nobody names one`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            for headers in [Self.headers, [:]] {
                let reply = try await server.call(
                    .POST, "/api/v1/jobs/batch", ["jobs": [["workflow": "invoices"], ["workflow": "invoices"]]],
                    headers: headers)
                var traces: Set<String> = []
                for job in reply.json["jobs"]?.list ?? [] {
                    let id = try #require(job["id"]?.string)
                    let found = try await server.call(.GET, "/api/v1/jobs/\(id)")
                    traces.insert(try #require(found.json["job"]?["trace_id"]?.string))
                }
                #expect(traces.count == 1 && traces.contains(Self.trace) == !headers.isEmpty)
            }
        }
    }

    @Test func `a dead letter has the trace of its job, and its replay that of who asked`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let (id, _) = try await Self.submit(server)
            try await RobotDeed.fail.perform(in: server.database)
            try await server.withClient(.operator) { client in
                let letter = try await client.deadLetter(id)
                let listed = try await client.deadLetters(DeadLetterQuery()).deadLetters
                #expect(letter.traceID == Self.trace && listed.map(\.traceID) == [Self.trace])
            }
            let other = "1af7651916cd43dd8448eb211c80319c"
            let replay = try await server.call(
                .POST, "/api/v1/dlq/\(id)/retry", [:], headers: ["traceparent": "00-\(other)-b7ad6b7169203331-01"])
            let job = try #require(replay.json["job"], "\(replay.message)")
            #expect(job["trace_id"]?.string == other && job["retry_of"]?.string == id.description)
            let fork = try await server.call(.POST, "/api/v1/jobs/\(id)/fork", ["from_step": 0], headers: Self.headers)
            #expect(fork.json["job"]?["trace_id"]?.string == Self.trace, "\(fork.message)")
        }
    }

    @Test func `the jobs of an operation belong to the trace of its request`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let (id, _) = try await Self.submit(server, [:])
            try await RobotDeed.fail.perform(in: server.database)
            let made = try await server.call(
                .POST, "/api/v1/operations",
                ["verb": "replay", "selection": ["ids": [.string(id.description)]]], headers: Self.headers)
            let operation = try #require(made.json["id"]?.string.flatMap(Operation.ID.init), "\(made.json)")
            let stored = try await server.database.asTenant(.default) {
                try OperationStore.get(operation, on: $0)
            }
            #expect(stored?.trace == Self.carrier)
        }
    }

    @Test func `a delivery to a hook begins a trace of its own, without the sender's baggage`() async throws {
        try await Fixture.with { server in
            let trigger = try await server.trigger(["auth": ["kind": "github"]])
            for (number, headers) in [Self.headers, [:]].enumerated() {
                let body = #"{"number":\#(number)}"#
                let signed = Fixture.gitHub(body).merging(headers) { $1 }
                let reply = try await server.deliver(body, to: trigger, signed)
                #expect(reply.json["result"] == "accepted", "\(reply.message)")
            }
            try await server.withRobot("r1") { robot in
                let jobs = try await robot.client.lease(robot.session, slots: 2, waiting: .zero)
                let context = try #require(Self.carrier?.context)
                let traces = jobs.compactMap(\.trace)
                #expect(traces.count == 2 && Set(traces.map(\.traceID)).union([context.traceID]).count == 3)
                #expect(traces.allSatisfy { $0.baggage == nil && $0.context.state == nil })
            }
        }
    }

    @Test func `a server in memory does the same`() async throws {
        try await MemoryFixture.with { fixture in
            try await fixture.server.pushWorkflow()
            let (id, trace) = try await Self.submit(fixture.server)
            #expect(trace == Self.trace)
            let (_, other) = try await Self.submit(fixture.server, ["traceparent": "garbage"])
            #expect(other != Self.trace && other.flatMap(TraceID.init) != nil)
            let found = try await fixture.server.call(.GET, "/api/v1/jobs/\(id)")
            #expect(found.json["job"]?["trace_id"]?.string == Self.trace)
        }
    }
}
