import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// What programs tell a collector of a workload, and that it is all true.
struct TelemetryTests {
    private typealias Span = OTLPReceiver.Span

    private static let secret = "correct-horse-battery"

    /// All that programs are told of the receiver. They send often, so that nobody waits for a minute.
    private static func variables(_ receiver: OTLPReceiver) -> [String: String] {
        [
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_METRIC_EXPORT_INTERVAL": "500",
            "OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_BLRP_SCHEDULE_DELAY": "100",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
        ]
    }

    private static let good = Value.object([
        "metadata": ["name": "good"],
        "nodes": [
            "set": ["node_type": "SetVariableNode", "config": ["variable_name": "x", "value": .string(Self.secret)]],
            "rest": ["node_type": "WaitNode", "config": ["duration": 0.01]],
        ],
        "connections": [
            ["source_node": "set", "source_port": "exec_out", "target_node": "rest", "target_port": "exec_in"]
        ],
    ]).jsonText(.compact)

    private static let bad = Value.object([
        "metadata": ["name": "bad"],
        "nodes": ["read": ["node_type": "ReadFileNode", "config": ["file_path": "/nothing/here"]]],
        "connections": [],
    ]).jsonText(.compact)

    /// An orchestrator and two robots, one on SQL and one over the orchestrator, all of which tell `receiver`.
    private static func withSystem(
        telling receiver: OTLPReceiver, _ body: @escaping @Sendable (TestSystem, _ url: String) async throws -> Void
    ) async throws {
        let variables = self.variables(receiver)
        try await TestSystem.with { system in
            try await system.withOrchestrator("orchestrator", variables: variables) { orchestrator, url in
                try await system.withRobot(.sql, id: "one", variables: variables) { one in
                    let remote = variables.merging(["CASARE_URL": url]) { $1 }
                    try await system.withRobot(.api, id: "two", variables: remote) { two in
                        try await body(system, url)
                        // Gracefully: what they have not sent yet they send.
                        for program in [one, two, orchestrator] { program.send(.terminate) }
                        for program in [one, two, orchestrator] {
                            try await eventually("a program has ended") { program.hasEnded ? true : nil }
                        }
                    }
                }
            }
        }
    }

    @Test func `a submit's trace reaches from the shell to the last node, and what is counted is in the database`()
        async throws
    {
        try await withOTLPReceiver(canaries: [Self.secret]) { receiver in
            let variables = Self.variables(receiver)
            try await Self.withSystem(telling: receiver) { system, url in
                func submit(_ document: String, _ options: String...) async throws -> Value {
                    let ended = try await system.casarectl(
                        ["submit", "-", "--url", url, "--wait", "-o", "json"] + options, input: document,
                        variables: variables)
                    return try Value(parsingJSON: ended.output)
                }
                for _ in 0..<4 { #expect(try await submit(Self.good)["status"] == "completed") }
                let failed = try await submit(
                    Self.bad, "--max-attempts", "2", "--retry", "1s", "--retry-jitter", "0")
                #expect(failed["status"] == "failed")
                let succeeded = try await submit(Self.good)

                try await Self.checkTrace(of: succeeded, in: receiver)
                try await Self.checkRetry(of: failed, in: receiver)
                let id = try #require(failed["id"]?.string)
                let replay = try await system.casarectl(
                    ["retry", id, "--url", url, "--wait", "-o", "json"], variables: variables)
                let replayed = try Value(parsingJSON: replay.output)
                try await Self.checkReplay(replayed, of: failed, in: receiver)
                try await Self.checkCounts(in: receiver, of: system)
            }
            #expect(receiver.violationsAtEnd.isEmpty, "\(receiver.violationsAtEnd)")
            #expect(receiver.wire.compressedMessages > 0 && receiver.wire.plainMessages == 0)
            #expect(Set(receiver.spans.map(\.origin.service)) == ["casarectl", "casare-orchestrator", "casare-robot"])
        }
    }

    /// The spans of a trace once the last of them has come, by name: names stand once in it.
    private static func spans(
        _ traceID: String, until name: String, in receiver: OTLPReceiver
    ) async throws -> [Span] {
        try await receiver.spans(1) { $0.traceID == traceID && $0.name == name }
        return receiver.spans.filter { $0.traceID == traceID }
    }

    private static func traceID(of job: Value) throws -> String { try #require(job["trace_id"]?.string) }

    private static func checkTrace(of job: Value, in receiver: OTLPReceiver) async throws {
        let trace = try self.traceID(of: job)
        _ = try await self.spans(trace, until: "casarectl submit", in: receiver)
        let spans = try await self.spans(trace, until: "process default", in: receiver)
        func span(_ name: String, _ kind: Span.Kind) throws -> Span {
            try #require(spans.first { $0.name == name && $0.kind == kind }, "\(name) among \(spans.map(\.name))")
        }
        let shell = try span("casarectl submit", .internal)
        let request = try span("POST /api/v1/jobs", .server)
        let call = try #require(spans.first { $0.spanID == request.parentID })
        let submit = try span("submit default", .producer)
        let process = try span("process default", .consumer)
        let run = try span("run good", .internal)
        #expect(shell.parentID.isEmpty)
        #expect(call.kind == .client && call.parentID == shell.spanID)
        #expect(submit.parentID == request.spanID)
        #expect(process.parentID == submit.spanID && process.isParentRemote)
        #expect(process.links.map(\.spanID) == [submit.spanID])
        #expect(run.parentID == process.spanID)
        for node in ["SetVariableNode", "WaitNode"] {
            #expect(try span(node, .internal).parentID == run.spanID)
        }
        #expect(try span("complete default", .client).parentID == process.spanID)
        #expect(process.attributes["messaging.message.id"]?.string == job["id"]?.string)
        // The statement that submitted it, and by SQL or over the API the one that completed it.
        #expect(spans.contains { $0.attributes["db.system.name"] == "postgresql" && $0.kind == .client })
        let leases = try await receiver.spans(1) { span in
            span.name == "lease default" && span.links.contains { $0.spanID == submit.spanID }
        }
        #expect(leases.allSatisfy { $0.traceID != trace })

        let lines = try await receiver.logRecords(1) { $0.traceID == trace && $0.body == "Completed job" }
        #expect(lines[0].spanID == process.spanID && lines[0].severityText == "info")
    }

    private static func checkRetry(of job: Value, in receiver: OTLPReceiver) async throws {
        let trace = try self.traceID(of: job)
        let attempts = try await receiver.spans(2) { $0.traceID == trace && $0.name == "process default" }
            .sorted { $0.startedAt < $1.startedAt }
        let submit = try #require(receiver.spans.first { $0.traceID == trace && $0.kind == .producer })
        #expect(attempts.allSatisfy { $0.parentID == submit.spanID && $0.status == .error })
        #expect(attempts[0].links.map(\.spanID) == [submit.spanID])
        #expect(attempts[1].links.map(\.spanID) == [submit.spanID, attempts[0].spanID])
        let node = try #require(receiver.spans.first { $0.traceID == trace && $0.name == "ReadFileNode" })
        #expect(node.status == .error && node.attributes["error.type"] != nil)
        let failures = try await receiver.logRecords(2) { record in
            record.traceID == trace && record.eventName == "casare.node.exception"
        }
        #expect(failures.allSatisfy { $0.severity == 13 && $0.attributes["exception.message"] != nil })
    }

    private static func checkReplay(_ job: Value, of original: Value, in receiver: OTLPReceiver) async throws {
        let trace = try self.traceID(of: job)
        let replays = try await receiver.spans(1) { $0.traceID == trace && $0.name == "retry default" }
        let first = try self.traceID(of: original)
        let last = try #require(
            receiver.spans.filter { $0.traceID == first && $0.name == "process default" }
                .max { $0.startedAt < $1.startedAt })
        #expect(replays[0].links.map(\.spanID) == [last.spanID] && replays[0].links.map(\.traceID) == [first])
    }

    /// The newest points of each process, added up; of histograms their counts.
    private static func total(
        _ metric: String, in receiver: OTLPReceiver, where isWanted: ([String: Value]) -> Bool = { _ in true }
    ) -> Int {
        var newest: [String: (at: UInt64, count: Int)] = [:]
        for point in receiver.points where point.name == metric && isWanted(point.attributes) {
            let series = point.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let key = "\(point.origin.instance) \(series)"
            let count = point.distribution?.count ?? point.number?.int ?? 0
            if newest[key].map({ $0.at <= point.at }) ?? true { newest[key] = (point.at, count) }
        }
        return newest.values.reduce(0) { $0 + $1.count }
    }

    private static func checkCounts(in receiver: OTLPReceiver, of system: TestSystem) async throws {
        func count(_ arguments: String...) async throws -> Int {
            let ended = try await system.casarectl(arguments + ["-o", "name"])
            return ended.output.split(separator: "\n").count
        }
        let completed = try await count("job", "list", "--status", "completed", "--limit", "100")
        let failed = try await count("job", "list", "--status", "failed", "--limit", "100")
        #expect(completed == 5 && failed == 2)
        try await eventually("all is counted") {
            let ended = Self.total("casare.job.duration", in: receiver) { $0["casare.job.result"] == "completed" }
            let broken = Self.total("casare.job.duration", in: receiver) { $0["casare.job.result"] == "failed" }
            let submitted = Self.total("casare.job.submitted", in: receiver)
            let leased = Self.total("casare.job.leased", in: receiver)
            let retried = Self.total("casare.job.retried", in: receiver)
            let letters = Self.total("casare.dlq.opened", in: receiver)
            return ended == completed && broken == failed && submitted == completed + failed
                && leased == completed + failed + retried && letters == failed ? true : nil
        }
        #expect(Self.total("casare.job.wait.duration", in: receiver) == Self.total("casare.job.leased", in: receiver))
        // Robots and orchestrators read what is shared from the database: it says the same everywhere.
        let open = try await receiver.points(1, of: "casare.dlq.depth") { point in
            point.attributes["casare.dlq.state"] == "open" && point.number == .int(1)
        }
        #expect(!open.isEmpty)
    }
}
