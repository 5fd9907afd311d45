import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

/// What people on call do, with real programs.
struct SteeringTests {
    private static let document = #"{"metadata": {"name": "w"}, "nodes": {"a": {"node_type": "CommentNode"}}}"#

    private static func codes(_ explanation: Value) -> [String] {
        explanation["reasons"]?.list?.compactMap { $0["code"]?.string } ?? []
    }

    @Test func `explain names every reason, and what it says clears them in turn`() async throws {
        try await TestSystem.with { system in
            let submitted = try await system.casarectl(["submit", "-", "-o", "name"], input: Self.document)
            let id = submitted.output.filter { !$0.isNewline }
            #expect(Self.codes(try await system.json("explain", id)).first == "no_robot_registered")

            let planned = try await system.casarectl("queue", "pause", "default", "--dry-run", "--for", "2h")
            #expect(planned.output.hasPrefix("would pause queue default for 2 h\n"), "\(planned.output)")
            #expect(try await system.json("queue", "stats", "default")["queue"]?["kind"] == "plain")
            let paused = try await system.casarectl("queue", "pause", "default", "--reason", "month end")
            #expect(paused.status == 0 && paused.output.contains("month end"), "\(paused.errors)")
            let shown = try await system.casarectl("explain", id)
            #expect(shown.output.contains("is paused by") && shown.output.contains("month end"), "\(shown.output)")
            #expect(shown.output.contains("→ casarectl queue resume default"), "\(shown.output)")
            #expect(Self.codes(try await system.json("explain", "default")).first == "queue_paused")

            try await system.withRobot(.sql, id: "r1") { robot in
                try await eventually("the robot is there") {
                    let robots = try await system.json("robot", "list").list
                    return robots?.first?["status"] == "live" ? true : nil
                }
                let cordoned = try await system.casarectl("robot", "cordon", "r1", "--reason", "disk")
                #expect(cordoned.output == "cordoned r1\n", "\(cordoned.errors)")
                #expect(
                    Self.codes(try await system.json("explain", id)).prefix(2) == ["queue_paused", "robots_cordoned"])
                #expect(Self.codes(try await system.json("explain", "r1")).first == "cordoned")
                let urgent = try await system.casarectl("job", "priority", id, "high", "--reason", "asked for")
                #expect(urgent.status == 0 && urgent.output.hasPrefix("gave priority 15 to \(id)"), "\(urgent.errors)")
                // What it says clears the reasons.
                for _ in 1...2 {
                    let reasons = try await system.json("explain", id)["reasons"]?.list
                    let command = try #require(reasons?.first?["clears"]?.string)
                    let cleared = try await system.casarectl(command.split(separator: " ").dropFirst().map(String.init))
                    #expect(cleared.status == 0, "\(command): \(cleared.errors)")
                }
                let watched = try await system.casarectl("job", "watch", id)
                #expect(watched.status == 0, "\(watched.errors)")
                #expect(Self.codes(try await system.json("explain", id)) == ["ended"])

                let drained = try await system.casarectl("robot", "drain", "r1", "--wait", "--reason", "upgrade")
                #expect(drained.status == 0 && drained.output == "drained r1\n", "\(drained.errors)")
                try await eventually("the robot's process has ended") { robot.hasEnded ? true : nil }
            }
            let removed = try await system.casarectl("robot", "remove", "r1", "--yes")
            #expect(removed.status == 0, "\(removed.errors)")
            #expect(try await system.json("robot", "list") == [])
            #expect(try await system.casarectl("explain", "nothing-like-it").status == 4)
        }
    }

    @Test func `doctor db ends with 1 when something is critical, and with 0 once it is mended`() async throws {
        try await TestSystem.with { system in
            let sound = try await system.casarectl("doctor", "db", "-o", "json")
            #expect(sound.status == 0, "\(sound.output) \(sound.errors)")
            let report = try Value(parsingJSON: sound.output)
            #expect(report["findings"]?.list?.count == DoctorFinding.Check.allCases.count)
            let owner = try await PostgresConnection.connect(try PostgresConfiguration(url: system.databaseURL))
            try await owner.script("DROP INDEX leases_by_gate")
            let broken = try await system.casarectl("doctor", "db")
            #expect(broken.status == 1 && broken.output.contains("CRITICAL  indexes"), "\(broken.output)")
            #expect(broken.output.contains("CREATE INDEX leases_by_gate"))
            let direct = try await system.casarectl("doctor", "db", "--database-url", system.databaseURL, "-o", "csv")
            #expect(direct.status == 1 && direct.output.contains("indexes,critical,"), "\(direct.errors)")
            try await owner.script("CREATE INDEX leases_by_gate ON leases (gate, token) WHERE gate IS NOT NULL")
            await owner.close()
            #expect(try await system.casarectl("doctor", "db").status == 0)
        }
    }
}
