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
                let status = try await system.json("status")
                #expect(status["robots_online"] == 1 && status["robots_available"] == 0, "\(status)")
                let overview = try await system.casarectl("status")
                #expect(overview.output.contains("robots        1 cordoned"), "\(overview.output)")
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

    @Test func `jobs are paused and resumed, one and many, and the count is told`() async throws {
        try await TestSystem.with { system in
            @Sendable func submit() async throws -> String {
                let submitted = try await system.casarectl(["submit", "-", "-o", "name"], input: Self.document)
                return submitted.output.filter { !$0.isNewline }
            }
            let ids = [try await submit(), try await submit()]
            let planned = try await system.casarectl(["job", "pause"] + ids + ["--dry-run"])
            #expect(planned.status == 0 && planned.output.contains(ids[0]), "\(planned.errors)")
            #expect(try await system.json("status")["jobs"]?["paused"] == 0)
            let nothing = "01890000-0000-7000-8000-000000000001"
            #expect(try await system.casarectl("job", "pause", nothing, "--dry-run").status == 4)
            let unasked = try await system.casarectl(["job", "pause"] + ids)
            #expect(unasked.status == 12, "\(unasked.errors)")
            let paused = try await system.casarectl(["job", "pause"] + ids + ["--reason", "month end", "--yes"])
            #expect(paused.status == 0, "\(paused.errors)")
            #expect(try await system.json("job", "list", "--status", "paused").list?.count == 2)
            #expect(try await system.json("status")["jobs"]?["paused"] == 2)
            let shown = try await system.casarectl("job", "get", ids[0])
            #expect(shown.output.contains("is paused") && shown.output.contains("month end"), "\(shown.output)")
            let explained = try await system.casarectl("explain", ids[0])
            #expect(explained.output.contains("→ casarectl job resume \(ids[0])"), "\(explained.output)")

            let resumed = try await system.casarectl("job", "resume", ids[0], "--reason", "closed")
            #expect(resumed.status == 0 && resumed.output.hasPrefix("resumed \(ids[0])"), "\(resumed.errors)")
            #expect(try await system.casarectl("job", "resume", ids[0]).status == 5)
            try await system.withRobot(.sql, id: "r1") { _ in
                let watch = try await system.casarectl("job", "watch", ids[0])
                #expect(watch.status == 0)
            }
            #expect(try await system.json("job", "get", ids[1])["status"] == "paused")
        }
    }

    @Test func `who waits for a job that is paused hears by whom and why, and what lets it go on`() async throws {
        try await TestSystem.with { system in
            let submit = ["submit", "-", "--idempotency-key", "k"]
            let submitted = try await system.casarectl(submit + ["-o", "name"], input: Self.document)
            let id = submitted.output.filter { !$0.isNewline }
            let paused = try await system.casarectl("job", "pause", id, "--reason", "month end")
            #expect(paused.status == 0, "\(paused.errors)")
            for wait in ["--wait", "--follow"] {
                let waited = try await system.casarectl(submit + [wait, "--timeout", "1s"], input: Self.document)
                #expect(waited.status == 8)
                let told = waited.errors.split(separator: "\n").filter { $0.contains("paused by") }
                #expect(told.count == 1, "\(waited.errors)")
                #expect(told.first?.contains(": month end (to go on: casarectl job resume \(id))") == true)
            }
        }
    }

    private static let refused: [(options: [String], status: Int, message: String)] = [
        (["--version", "99"], 4, "there is no workflow version 99 of w; the newest is 1"),
        (["--robot", "nope"], 4, "there is no robot nope"),
        (["--robot", "far"], 1, "takes jobs of the environment elsewhere"),
        (["--at", "9999-12-31T00:00:00Z"], 1, "run_at: expected a time from 2000"),
        (["--deadline", "2020-01-01T00:00:00Z"], 1, "is over before the job may begin"),
        (["--require-tag", String(repeating: "t", count: 65)], 1, "requirements.tags[0]: expected 1 to 64 characters"),
    ]

    @Test func `a dry run refuses what the submit refuses`() async throws {
        try await TestSystem.with { system in
            let pushed = try await system.casarectl(["workflow", "push", "-"], input: Self.document)
            #expect(pushed.status == 0, "\(pushed.errors)")
            #expect(try await system.casarectl("robot", "register", "far", "--environment", "elsewhere").status == 0)
            for (options, status, message) in Self.refused {
                for more in [["--dry-run"], []] {
                    let refused = try await system.casarectl(["submit", "w"] + options + more)
                    #expect(refused.status == status, "\(options + more)")
                    #expect(refused.errors.contains(message), "\(options + more): \(refused.errors)")
                }
            }
            let planned = try await system.casarectl(
                "submit", "w", "--version", "1", "--robot", "far", "--environment", "elsewhere", "--dry-run")
            #expect(planned.status == 0 && planned.output.hasPrefix("would submit w\n"), "\(planned.errors)")
            #expect(try await system.json("job", "list") == [])
        }
    }

    @Test func `who waits for the job that has the unique key hears that it was found`() async throws {
        try await TestSystem.with { system in
            let first = try await system.casarectl(
                ["submit", "-", "--unique-key", "u", "-o", "json"], input: Self.document)
            let submitted = try Value(parsingJSON: first.output)
            #expect(submitted["found_by"] == Value.null && submitted["replaced"] == Value.null, "\(submitted)")
            let id = try #require(submitted["id"]?.string)
            let waiting = ["submit", "-", "--unique-key", "u", "--wait", "--timeout", "1s"]
            let again = try await system.casarectl(waiting, input: Self.document)
            #expect(again.status == 8 && again.errors.contains("\nfound \(id)\n"), "\(again.errors)")
            #expect(!again.errors.contains("submitted"), "\(again.errors)")
        }
    }

    @Test(arguments: TestSystem.RobotKind.allCases)
    func `a second process under a robot's ID is warned of, and its slots are counted`(
        kind: TestSystem.RobotKind
    ) async throws {
        try await TestSystem.with { system in
            let warning = "Another process runs under this robot's ID"
            // Both are the robot r1, with logs and tokens of their own.
            let variables = ["CASARE_ROBOT_ID": "r1"]
            try await system.withRobot(kind, id: "one", slots: 2, variables: variables) { first in
                try await eventually("the first is ready") { first.log.contains("Robot is ready") ? true : nil }
                try await system.withRobot(kind, id: "two", slots: 2, variables: variables) { second in
                    try await eventually("the second warns") { second.log.contains(warning) ? true : nil }
                    #expect(!first.log.contains(warning))
                    let robot = try await system.json("robot", "get", "r1")
                    #expect(robot["sessions"] == 2 && robot["slots"] == 4 && robot["slots_each"] == 2, "\(robot)")
                    let listed = try await system.casarectl("robot", "list", "-o", "wide")
                    #expect(listed.output.contains("2 processes run under its ID"), "\(listed.output)")
                }
            }
        }
    }

    @Test func `a workflow is assigned to a robot, shown so, and given back to any`() async throws {
        try await TestSystem.with { system in
            #expect(try await system.casarectl(["workflow", "push", "-"], input: Self.document).status == 0)
            #expect(try await system.casarectl("robot", "register", "r1").status == 0)
            let planned = try await system.json("workflow", "assign", "w", "r1", "--dry-run")
            #expect(planned["robots"] == ["r1"])
            #expect(try await system.casarectl("workflow", "assign", "w", "nope", "--dry-run").status == 4)
            #expect(try await system.json("workflow", "get", "w")["robots"] == [])
            let assigned = try await system.casarectl("workflow", "assign", "w", "r1", "--reason", "licence")
            #expect(assigned.status == 0 && assigned.output == "w: r1 alone\n", "\(assigned.errors)")
            let shown = try await system.casarectl("workflow", "get", "w")
            #expect(shown.output.contains("r1 alone"), "\(shown.output)")
            #expect(try await system.json("workflow", "get", "w")["robots"] == ["r1"])
            let refused = try await system.casarectl(["robot", "remove", "-", "--yes"], input: "r1\n")
            #expect(refused.status == 5 && refused.errors.contains("casarectl workflow assign"), "\(refused.errors)")
            let freed = try await system.casarectl("workflow", "assign", "w", "--any")
            #expect(freed.output == "w: any robot\n", "\(freed.errors)")
            #expect(try await system.casarectl(["robot", "remove", "-", "--yes"], input: "r1\n").status == 0)
        }
    }

    @Test func `who resumes a queue hears what is still paused, and a dry run shows what would be asked`() async throws
    {
        try await TestSystem.with { system in
            let submitted = try await system.casarectl(["submit", "-", "--queue-key", "acme"], input: Self.document)
            #expect(submitted.status == 0, "\(submitted.errors)")
            let paused = try await system.json("queue", "pause", "default", "--key", "acme", "--reason", "asked")
            #expect(paused["key"]?["pause"]?["reason"] == "asked", "\(paused)")
            let nothing = try await system.casarectl("queue", "resume", "default")
            #expect(nothing.output.hasPrefix("nothing to resume: queue default\n"), "\(nothing.output)")
            #expect(nothing.errors.contains("queue default was not paused"), "\(nothing.errors)")
            #expect(nothing.errors.contains("casarectl queue stats default --keys"), "\(nothing.errors)")
            let keys = try await system.json("queue", "stats", "default", "--keys").list
            #expect(keys?.count == 1 && keys?.first?["key"] == "acme" && keys?.first?["ready"] == 1)
            #expect(keys?.first?["pause"]?["reason"] == "asked")
            let planned = try await system.json("queue", "limit", "default", "--concurrency", "2", "--dry-run")
            #expect(planned["concurrency"] == 2 && planned["rate"] == nil, "\(planned)")
            let limited = try await system.json("queue", "limit", "default", "--concurrency", "2")
            #expect(limited["queue"]?["limits"]?["concurrency"] == 2 && limited["key"] == Value.null, "\(limited)")
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
