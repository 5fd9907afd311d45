import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// The services' own logs.
struct LogFormatTests {
    private static let settings = [
        "CASARE_LOG_FORMAT": "json", "CASARE_LOG_LEVEL": "debug", "OTEL_SERVICE_NAME": "mine",
    ]

    /// Fails where a line is no object that says when, how urgent and what.
    private static func lines(_ log: String) throws -> [Value] {
        // The last one may not be whole yet.
        try log.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
            let object = try Value(parsingJSON: String(line))
            for key in ["time", "level", "label", "message"] {
                #expect(object[key]?.string?.isEmpty == false, "\(line)")
            }
            #expect(object["service"] == "mine", "\(line)")
            return object
        }
    }

    @Test func `lines are objects that lead from a job's trace to what both services did for it`() async throws {
        try await TestInstallation.with { installation in
            try await installation.withOrchestrator("orchestrator", variables: Self.settings) { system in
                try await system.withRobot(.sql, id: "r1", variables: Self.settings) { robot in
                    let submitted = try await system.casarectl(
                        ["submit", "-", "--wait", "-o", "json"],
                        input: #"{"nodes":{"a":{"node_type":"LogNode","config":{"message":"x"}}}}"#)
                    #expect(submitted.status == 0, "\(submitted.errors)")
                    let trace = try #require(try Value(parsingJSON: submitted.output)["trace_id"]?.string)
                    for message in ["Leased job", "Completed job"] {
                        let line = try await eventually("the robot says: \(message)") {
                            try Self.lines(robot.log).first {
                                $0["trace_id"]?.string == trace && $0["message"]?.string == message
                            }
                        }
                        #expect(line["robot.id"] == "r1" && line["tenant"] == "default" && line["job.id"] != nil)
                    }
                    let ofServer = try Self.lines(system.dev.log).filter { $0["trace_id"]?.string == trace }
                    let asked = ofServer.first { $0["http.method"] == "POST" }
                    #expect(asked?["http.path"] == "/api/v1/jobs" && asked?["tenant"] == "default", "\(ofServer)")
                }
            }
        }
    }

    @Test(arguments: [TestProgram.Name.orchestrator, .robot])
    func `a format that is none ends the start with a line that says so`(name: TestProgram.Name) async throws {
        let program = try TestProgram(
            name, variables: ["CASARE_LOG_FORMAT": "xml", "DATABASE_URL": "postgres://127.0.0.1:1/x"])
        let ended = try await program.run([])
        #expect(ended.status == 64 && ended.output.isEmpty)
        #expect(ended.errors.contains("CASARE_LOG_FORMAT is \"xml\"; expected one of pretty, json"), "\(ended.errors)")
    }
}
