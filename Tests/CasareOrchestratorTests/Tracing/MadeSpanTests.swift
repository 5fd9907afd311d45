import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareTelemetry
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing
import Tracing

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

    private static func schedule(
        _ name: String, _ server: Fixture, overlap: ScheduleSpec.Overlap = .skip
    ) async throws {
        let spec = ScheduleSpec(timing: .interval(.init(seconds: 1)), workflow: "invoices", overlap: overlap)
        _ = try await server.withClient(.operator) { client in
            try await client.createSchedule(CreateScheduleRequest(name: name, spec: spec))
        }
    }

    /// The first tick of a schedule that came out so.
    private static func fire(
        _ name: String, as result: String, _ collector: SpanCollector
    ) async throws -> FinishedSpan {
        try await eventually("\(name) has a tick that is \(result)") { () -> FinishedSpan? in
            collector.spans.first { span in
                span.name == "fire \(name)" && span.attributes["casare.schedule.tick.result"] == .string(result)
            }
        }
    }

    // MARK: - Schedules

    @Test func `a schedule's tick begins the trace of its job, whose creation is below it`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            try await server.pushWorkflow()
            try await Self.schedule("often", server)
            let fire = try await Self.fire("often", as: "fired", collector)
            #expect(fire.kind == .internal && fire.parent == nil && fire.links.isEmpty && fire.status == .unset)
            #expect(fire.attributes["casare.schedule.name"] == "often")
            #expect(fire.attributes["casare.schedule.tick.origin"] == "timetable")
            #expect(fire.attributes["casare.schedule.tick.reason"] == nil)
            guard case .string(let time)? = fire.attributes["casare.schedule.tick.time"],
                case .double(let lateness)? = fire.attributes["casare.schedule.tick.lateness"],
                case .string(let id)? = fire.attributes["casare.schedule.id"]
            else {
                Issue.record("\(fire.attributes)")
                return
            }
            #expect(time.hasSuffix("Z") && lateness >= 0 && Schedule.ID(id) != nil)
            let submit = try collector.span("submit default")
            #expect(submit.kind == .producer && submit.parent == fire.context.spanID && !submit.isParentRemote)
            #expect(submit.context.traceID == fire.context.traceID && submit.links.isEmpty)
            #expect(fire.startedAt <= submit.startedAt && submit.endedAt <= fire.endedAt)
            #expect(submit.attributes["casare.trigger.type"] == "schedule")
            #expect(submit.attributes["casare.schedule.name"] == "often")
            #expect(submit.attributes["casare.workflow.name"] == "invoices")
            #expect(submit.attributes["messaging.destination.name"] == "default")
            guard case .string(let text)? = submit.attributes["messaging.message.id"] else {
                Issue.record("no job is named")
                return
            }
            // What its robot is told is just this place.
            let job = try #require(Job.ID(text))
            let trace = try #require(try await Self.trace(of: job, server))
            #expect(trace.context.traceID == submit.context.traceID && trace.context.spanID == submit.context.spanID)
        }
    }

    @Test func `a tick that is skipped says why, and is a trace of its own`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            try await server.pushWorkflow()
            // Nobody runs the first job: the ticks behind it are skipped, or wait.
            try await Self.schedule("often", server)
            try await Self.schedule("patient", server, overlap: .bufferOne)
            let skipped = try await Self.fire("often", as: "skipped", collector)
            #expect(skipped.parent == nil && skipped.status == .unset && skipped.attributes["error.type"] == nil)
            #expect(skipped.attributes["casare.schedule.tick.reason"] == "overlap")
            #expect(!collector.spans.contains { $0.parent == skipped.context.spanID })
            let buffered = try await Self.fire("patient", as: "buffered", collector)
            #expect(buffered.parent == nil && buffered.attributes["casare.schedule.tick.reason"] == nil)
        }
    }

    @Test func `a tick whose job is refused has failed`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            try await server.pushWorkflow()
            try await Self.schedule("bad", server, overlap: .allowAll)
            let owner = try await PostgresConnection.connect(server.database.configuration)
            try await owner.script(
                """
                UPDATE schedules SET spec = replace(spec::text, '"invoices"', '"nothing"')::json WHERE name = 'bad'
                """)
            await owner.close()
            let missed = try await Self.fire("bad", as: "missed", collector)
            #expect(missed.status == .error(message: nil) && missed.attributes["error.type"] == "refused")
            #expect(missed.attributes["casare.schedule.tick.reason"] == "refused")
        }
    }

    @Test func `a schedule that cannot be fired at all has failed, too`() throws {
        let collector = SpanCollector()
        let schedule = Schedule.ID.new(at: Date())
        OriginSpan.record(
            failureOf: schedule, CancellationError(), since: DefaultTracerClock.now, collector.tracer())
        let span = try collector.span("fire")
        #expect(span.status == .error(message: nil) && span.attributes["error.type"] == "cancelled")
        #expect(span.attributes["casare.schedule.id"] == .string(schedule.description) && span.parent == nil)
    }

    @Test func `a tick by hand is a trace of its own, and links to who asked for it`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            try await server.pushWorkflow()
            let spec = ScheduleSpec(timing: .interval(.init(seconds: 86_400)), workflow: "invoices")
            _ = try await server.withClient(.operator) { client in
                try await client.createSchedule(CreateScheduleRequest(name: "rarely", spec: spec))
            }
            let reply = try await server.call(
                .POST, "/api/v1/schedules/rarely/trigger", [:], headers: ["traceparent": Self.parent])
            #expect(reply.status == 201, "\(reply.message)")
            let fire = try collector.span("fire rarely")
            let caller = try #require(TraceContext(traceparent: Self.parent))
            #expect(fire.parent == nil && fire.context.traceID != caller.traceID)
            #expect(fire.attributes["casare.schedule.tick.origin"] == "manual")
            #expect(fire.links.map(\.context.traceID) == [caller.traceID])
            #expect(try collector.span("submit default").parent == fire.context.spanID)
        }
    }

    @Test(arguments: [true, false])
    func `whether a trace is recorded that nobody asked for is with its job`(isRecorded: Bool) async throws {
        let collector = SpanCollector()
        let sampler = SamplerKind.parentBased(root: .ratio(isRecorded ? 1 : 0))
        try await TraceRoots.$current.withValue(sampler.roots) {
            try await Fixture.with(tracer: collector.tracer(sampler: sampler)) { server in
                let trigger = try await server.trigger(["auth": ["kind": "github"]])
                try await Self.schedule("often", server)
                let body = #"{"number":1}"#
                // Its sender's trace is another one, whatever becomes of that.
                let headers = Fixture.gitHub(body).merging(["traceparent": Self.parent]) { $1 }
                let reply = try await server.deliver(body, to: trigger, headers)
                let hooked = try #require(reply.json["job"]?.string.flatMap(Job.ID.init))
                let jobs = try await eventually("a tick has made its job") { () async throws -> [Job]? in
                    let jobs = try await server.database.asTenant(.default) { try JobStore.list(limit: 9, on: $0) }
                    return jobs.count >= 2 ? jobs : nil
                }
                #expect(jobs.contains { $0.id == hooked })
                let traces = try await server.withRobot("r1") { robot in
                    try await robot.client.lease(robot.session, slots: 4, waiting: .zero).compactMap(\.trace)
                }
                #expect(traces.count >= 2 && traces.allSatisfy { $0.context.isSampled == isRecorded })
                // It is told after the commit.
                if isRecorded { _ = try await Self.fire("often", as: "fired", collector) }
                let names = Set(collector.spans.map(\.name))
                #expect(names.contains("submit default") == isRecorded)
                #expect(names.contains("fire often") == isRecorded)
                #expect(names.contains("receive orders") == isRecorded)
            }
        }
    }

    // MARK: - Triggers

    @Test func `what comes to a hook begins a trace, which links to that of who delivered`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            let trigger = try await server.trigger(["auth": ["kind": "github"]])
            let body = #"{"number":1}"#
            let headers = Fixture.gitHub(body).merging(["traceparent": Self.parent]) { $1 }
            let reply = try await server.deliver(body, to: trigger, headers)
            let job = try #require(reply.json["job"]?.string.flatMap(Job.ID.init))
            let receive = try collector.span("receive orders")
            let caller = try #require(TraceContext(traceparent: Self.parent))
            #expect(receive.context.traceID != caller.traceID && receive.parent == nil)
            #expect(receive.links.map(\.context.traceID) == [caller.traceID])
            #expect(receive.attributes["casare.trigger.name"] == "orders")
            #expect(receive.attributes["casare.trigger.type"] == "webhook")
            #expect(receive.attributes["casare.trigger.result"] == "accepted")
            let submit = try collector.span("submit default")
            #expect(submit.parent == receive.context.spanID && submit.links.isEmpty)
            #expect(submit.attributes["casare.trigger.type"] == "trigger")
            let trace = try #require(try await Self.trace(of: job, server))
            #expect(trace.context.spanID == submit.context.spanID)
        }
    }

    @Test func `what comes again to a hook says so, and makes nothing`() async throws {
        let collector = SpanCollector()
        try await Fixture.with(tracer: collector.tracer()) { server in
            let trigger = try await server.trigger(["auth": ["kind": "github"]])
            let body = #"{"number":1}"#
            let headers = Fixture.gitHub(body).merging(["X-GitHub-Delivery": "d1"]) { $1 }
            for _ in 0..<2 { #expect(try await server.deliver(body, to: trigger, headers).status == 202) }
            let results = collector.spans.filter { $0.name == "receive orders" }
                .map { $0.attributes["casare.trigger.result"] }
            #expect(results == ["accepted", "duplicate"])
            #expect(collector.spans.filter { $0.name == "submit default" }.count == 1)
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
