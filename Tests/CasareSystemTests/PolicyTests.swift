import CasareDomain
import CasareTestSupport
import Testing

/// A tenant's safety rules, turned by a person and felt by a robot.
struct PolicyTests {
    /// `rm` is on the deny-list, and does no harm with this.
    private static let document = """
        {"metadata": {"name": "version"},
         "nodes": {"v": {"node_type": "RunCommandNode", "config": {"command": "rm --version"}}}}
        """

    @Test(arguments: TestSystem.RobotKind.allCases)
    func `a command that is refused runs once the tenant's rule is off, and not after a reset`(
        kind: TestSystem.RobotKind
    ) async throws {
        try await TestSystem.with { system in
            try await system.withRobot(kind, id: "robot") { _ in
                func submit() async throws -> (status: Int, job: Value) {
                    let ended = try await system.casarectl(
                        ["submit", "-", "--max-attempts", "1", "--wait", "-o", "json"], input: Self.document)
                    return (ended.status, try Value(parsingJSON: ended.output))
                }
                let refused = try await submit()
                #expect(refused.status == 9)
                #expect(refused.job["failure"]?["type"] == "SecurityError", "\(refused.job)")

                let planned = try await system.casarectl("tenant", "policy", "set", "command_rules=off", "--dry-run")
                #expect(planned.status == 0 && planned.output.hasPrefix("would change\n"), "\(planned.output)")
                #expect(planned.output.contains("command_rules: robot → off"))
                #expect(try await system.json("tenant", "policy", "show")["command_rules"] == Value.null)

                let changed = try await system.casarectl("tenant", "policy", "set", "command_rules=off")
                #expect(changed.status == 0 && changed.output.hasPrefix("changed\n"), "\(changed.errors)")
                #expect(changed.output.contains("command_rules: robot → off"))
                let shown = try await system.json("tenant", "policy", "show")
                #expect(shown["command_rules"] == false && shown["changed_by"]?.string != nil)
                let again = try await submit()
                #expect(again.status == 0, "\(again.job)")

                let reset = try await system.casarectl("tenant", "policy", "reset", "command_rules", "-o", "csv")
                #expect(reset.output.contains("robot,robot,robot,robot,robot"), "\(reset.output)")
                #expect(try await submit().status == 9)
                let nothing = try await system.casarectl("tenant", "policy", "reset", "command_rules")
                #expect(nothing.status == 0 && nothing.output.hasPrefix("nothing to change\n"))
            }
        }
    }
}
