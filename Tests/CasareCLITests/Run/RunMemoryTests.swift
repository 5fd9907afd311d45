import Testing

@testable import CasareCLI

/// What a run needs does not depend on how long it is.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct RunMemoryTests {
    private static let program = BuiltProgram.casarectl!  // The suite is skipped without it.

    private static func peakKiB(_ body: String, passes: Int) throws -> Int {
        try withFolder { folder in
            let workflow = """
                {"metadata": {"name": "loop"},
                 "nodes": {
                   "each": {"node_type": "ForLoopStartNode", "config": {"mode": "range", "end": \(passes)}},
                   "body": \(body)},
                 "connections": [{"source_node": "each", "source_port": "body",
                                  "target_node": "body", "target_port": "exec_in"}]}
                """
            try write(workflow, to: folder + "/w.json")
            let run = try Self.program.run(["run", "w.json", "-o", "json"], in: folder)
            try #require(run.status == 0, "\(run.errors)")
            return run.peakMemoryKiB
        }
    }

    @Test func `a run may be given more node executions than it has of itself, or fewer`() throws {
        try withFolder { folder in
            try write(
                """
                {"metadata": {"name": "two"},
                 "nodes": {"a": {"node_type": "CommentNode"}, "b": {"node_type": "CommentNode"}},
                 "connections": [{"source_node": "a", "source_port": "exec_out",
                                  "target_node": "b", "target_port": "exec_in"}]}
                """, to: folder + "/w.json")
            let enough = try Self.program.run(["run", "w.json", "--max-executions", "2"], in: folder)
            #expect(enough.status == 0, "\(enough.errors)")
            let cut = try Self.program.run(["run", "w.json", "--max-executions", "1"], in: folder)
            #expect(cut.status == 9)
            #expect(cut.output.contains("exceeds maximum node executions (1)"), "\(cut.output)")
            #expect(try Self.program.run(["run", "w.json", "--max-executions", "0"], in: folder).status == 64)
        }
    }

    /// Timers, journal entries and the like of 25,000 steps would be some 17 MiB; what differs from run to run is below
    /// one.
    @Test(arguments: [
        #"{"node_type": "RandomNumberNode", "config": {"min": 1, "max": 6}}"#,
        #"{"node_type": "IncrementVariableNode", "config": {"variable_name": "n"}}"#,
    ])
    func `a loop of many steps takes as much memory as one of few`(body: String) throws {
        let few = try Self.peakKiB(body, passes: 1_000)
        let many = try Self.peakKiB(body, passes: 25_000)
        #expect(many < few + 8_192)
    }
}
