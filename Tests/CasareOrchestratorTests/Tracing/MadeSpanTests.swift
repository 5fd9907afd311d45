import CasareClient
import CasareDomain
import CasareStore
import CasareTelemetry
import CasareTestSupport
import CasareWire
import Testing

@testable import CasareOrchestrator

/// The spans of jobs that no request asked for.
struct MadeSpanTests {
    private typealias Fixture = OrchestratorFixture

    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static func trace(of job: Job.ID, _ server: Fixture) async throws -> TraceCarrier? {
        let jobs = try await server.withRobot("r1") { robot in
            try await robot.client.lease(robot.session, slots: 4, waiting: .zero)
        }
        return jobs.first { $0.lease.job == job }?.trace
    }

    @Test func `a schedule's job begins its trace with the span of its creation`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            try await server.pushWorkflow()
            let spec = ScheduleSpec(timing: .interval(.init(seconds: 1)), workflow: "invoices", overlap: .skip)
            _ = try await server.withClient(.operator) { client in
                try await client.createSchedule(CreateScheduleRequest(name: "often", spec: spec))
            }
            let span = try await eventually("a tick has made its job") { () -> FinishedSpan? in
                collector.spans.first { $0.name == "submit default" }
            }
            #expect(span.kind == .producer && span.parent == nil && span.links.isEmpty)
            #expect(span.attributes["casare.trigger.type"] == "schedule")
            #expect(span.attributes["casare.schedule.name"] == "often")
            #expect(span.attributes["casare.workflow.name"] == "invoices")
            #expect(span.attributes["messaging.destination.name"] == "default")
            guard case .string(let text)? = span.attributes["messaging.message.id"] else {
                Issue.record("no job is named")
                return
            }
            // What its robot is told is just this place.
            let job = try #require(Job.ID(text))
            let trace = try #require(try await Self.trace(of: job, server))
            #expect(trace.context.traceID == span.context.traceID && trace.context.spanID == span.context.spanID)
        }
    }

    @Test func `a hook's job links to the trace of who delivered, and is not of it`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            let trigger = try await server.trigger(["auth": ["kind": "github"]])
            let body = #"{"number":1}"#
            let headers = Fixture.gitHub(body).merging(["traceparent": Self.parent]) { $1 }
            let reply = try await server.deliver(body, to: trigger, headers)
            let job = try #require(reply.json["job"]?.string.flatMap(Job.ID.init))
            let span = try collector.span("submit default")
            let caller = try #require(TraceContext(traceparent: Self.parent))
            #expect(span.context.traceID != caller.traceID && span.parent == nil)
            #expect(span.attributes["casare.trigger.type"] == "trigger")
            #expect(span.links.map(\.context.traceID) == [caller.traceID])
            let trace = try #require(try await Self.trace(of: job, server))
            #expect(trace.context.spanID == span.context.spanID)
        }
    }

    @Test func `a job that a request asks for has the request's span alone`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            try await server.pushWorkflow()
            #expect(try await server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"]).status == 201)
            #expect(collector.spans.filter { $0.name == "submit default" }.count == 1)
        }
    }
}
