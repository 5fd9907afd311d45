import CasareDomain
import CasarePostgres
import CasareTestSupport
import Testing

/// Which of the traces are recorded that nobody asked for, as the real programs decide it.
struct SampledRootTests {
    private static let document = #"""
        {"metadata": {"name": "w"},
         "nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": 1}}}}
        """#

    @Test(arguments: [("0", 0), ("1", 1)])
    func `the ratio holds for the jobs of schedules, and stands in their rows`(ratio: String, flag: Int) async throws {
        let variables = ["OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": ratio]
        try await TestSystem.with(variables: variables) { system in
            // Whichever of both servers fires: it sends no spans itself, and robots follow it all the same.
            try await system.withOrchestrator("orchestrator", variables: variables) { _, _ in
                let pushed = try await system.casarectl(["workflow", "push", "-"], input: Self.document)
                #expect(pushed.status == 0, "\(pushed.errors)")
                let created = try await system.casarectl(
                    "schedule", "create", "often", "--every", "1s", "--workflow", "w", "--overlap", "allow-all")
                #expect(created.status == 0, "\(created.errors)")
                let database = try await PostgresConnection.connect(try PostgresConfiguration(url: system.databaseURL))
                let flags = try await eventually("four ticks have fired") { () async throws -> [Int]? in
                    let rows = try await database.execute("SELECT get_byte(trace, 24) & 1 AS flag FROM jobs")
                    return try rows.count >= 4 ? rows.map { try $0.int("flag") } : nil
                }
                #expect(Set(flags) == [flag])
                await database.close()
            }
        }
    }
}
