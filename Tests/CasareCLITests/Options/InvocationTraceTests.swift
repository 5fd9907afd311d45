import CasareDomain
import CasareTestSupport
import Testing

@testable import CasareCLI

/// The trace of one call of casarectl.
struct InvocationTraceTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let parent = "00-\(trace)-b7ad6b7169203331-01"

    @Test func `the environment names the trace that a call belongs to`() {
        let carrier = InvocationTrace.given(
            by: Environment(["TRACEPARENT": Self.parent, "TRACESTATE": "a=1", "BAGGAGE": "k=v"]))
        #expect(carrier == TraceCarrier(traceparent: Self.parent, tracestate: "a=1", baggage: "k=v"))
        #expect(carrier?.baggage != nil && carrier?.context.state != nil)
        for variables in [
            [:], ["TRACEPARENT": ""], ["TRACEPARENT": "x", "BAGGAGE": "k=v"], ["traceparent": Self.parent],
        ] {
            #expect(InvocationTrace.given(by: Environment(variables)) == nil)
        }
    }

    @Test func `what a call asks for belongs to the trace that its environment names`() async throws {
        try await BulkFixture.with { server in
            func submit(_ more: [String: String]) async throws -> Value {
                let variables = [
                    "HOME": server.folder, "CASARE_URL": server.url, "CASARE_TOKEN": server.tokens[.operator] ?? "",
                ]
                let program = try TestProgram(.casarectl, variables: variables.merging(more) { $1 })
                let ended = try await program.run(
                    ["submit", BulkFixture.workflow, "-o", "json"], in: server.folder)
                #expect(ended.status == 0, "\(ended.errors)")
                return try Value(parsingJSON: ended.output)
            }
            let job = try await submit(["TRACEPARENT": Self.parent])
            #expect(job["trace_id"]?.string == Self.trace, "\(job)")
            let shown = try await server.casarectl("job get \(job["id"]?.string ?? "")")
            #expect(shown.output.contains(Self.trace), "\(shown.output)")
            // Without one, and without a valid one, each call begins its own.
            let others = [try await submit([:]), try await submit(["TRACEPARENT": "00-\(Self.trace)"])]
            let traces = Set(others.compactMap { $0["trace_id"]?.string.flatMap(TraceID.init) })
            #expect(traces.count == 2 && !traces.map(\.description).contains(Self.trace), "\(others)")
        }
    }
}
