import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// A workflow whose call is a job of its own.
struct ChildJobTests {
    @Test(arguments: TestSystem.RobotKind.allCases)
    func `a called workflow file runs as a job beside its caller, which waits for it`(
        kind: TestSystem.RobotKind
    ) async throws {
        try await TestSystem.with { system in
            try await system.withRobot(kind, id: "robot") { _ in
                try #"""
                {"metadata": {"name": "child"},
                 "nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "y", "value": "got {{x}}"}}}}
                """#.write(toFile: "\(system.folder)/child.json", atomically: true, encoding: .utf8)
                let parent = "\(system.folder)/parent.json"
                try #"""
                {"metadata": {"name": "parent"},
                 "nodes": {
                   "call": {"node_type": "CallSubworkflowNode",
                            "config": {"subworkflow_path": "child.json", "execution_mode": "async", "poll_interval": 1}},
                   "keep": {"node_type": "SetVariableNode",
                            "config": {"variable_name": "seen", "value": "{{call.y}}, {{call.job_id}}"}}},
                 "connections": [{"source_node": "call", "source_port": "exec_out",
                                  "target_node": "keep", "target_port": "exec_in"}]}
                """#.write(toFile: parent, atomically: true, encoding: .utf8)
                let ended = try await system.casarectl(
                    "submit", parent, "--var", "x=7", "--max-attempts", "1", "--wait", "-o", "json")
                #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
                let job = try Value(parsingJSON: ended.output)
                let jobs = try await system.json("job", "list", "--workflow", "parent › child")
                #expect(jobs.list?.count == 1)
                let child = try #require(jobs.list?.first)
                #expect(child["status"] == "completed")
                #expect(child["created_by"]?.string == "job \(job["id"]?.string ?? "")")
                #expect(job["result"]?["variables"]?["seen"]?.string == "got 7, \(child["id"]?.string ?? "")")
            }
        }
    }
}
