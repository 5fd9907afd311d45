import CasareDomain
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

/// Schedules with the real programs, as the page about them shows.
struct ScheduleTests {
    private static let document = #"""
        {"metadata": {"name": "w"}, "variables": {"n": {"default_value": 0}},
         "nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": "{{n}}"}}}}
        """#

    /// The ticks of a schedule that fired, newest first.
    private static func fired(_ name: String, _ system: TestSystem) async throws -> [Value] {
        try await system.json("schedule", "history", name, "--result", "fired", "--limit", "0").list ?? []
    }

    @Test(arguments: TestSystem.RobotKind.allCases)
    func `a schedule fires every second, is paused, fired by hand, filled in, and put aside for maintenance`(
        kind: TestSystem.RobotKind
    ) async throws {
        try await TestSystem.with { system in
            let pushed = try await system.casarectl(["workflow", "push", "-"], input: Self.document)
            #expect(pushed.status == 0, "\(pushed.errors)")
            try await system.withRobot(kind, id: "r1") { _ in
                let began = Date()
                let created = try await system.casarectl(
                    "schedule", "create", "often", "--every", "1s", "--workflow", "w", "--var", "n=7", "--overlap",
                    "allow-all", "--reason", "tried out")
                #expect(created.status == 0 && created.output.hasPrefix("created often\n"), "\(created.errors)")
                #expect(
                    try await system.casarectl("schedule", "create", "often", "--every", "1s", "--workflow", "w").status
                        == 5)

                // It fires, each second once, and its jobs run.
                let ticks = try await eventually("three ticks have fired") {
                    let ticks = try await Self.fired("often", system)
                    return ticks.count >= 3 ? ticks : nil
                }
                #expect(Set(ticks.compactMap { $0["at"]?.string }).count == ticks.count)
                #expect(Set(ticks.compactMap { $0["job"]?.string }).count == ticks.count)
                let job = try #require(ticks.last?["job"]?.string)
                #expect(try await system.casarectl("job", "watch", job).status == 0)
                let ran = try await system.json("job", "get", job)
                #expect(ran["status"] == "completed" && ran["variables"]?["n"] == 7, "\(ran)")
                let at = try #require(ticks.last?["at"]?.string.flatMap(Timestamp.date))
                #expect(at > began.addingTimeInterval(-60))

                // Nothing fires while it is paused, but for what a person fires.
                let paused = try await system.casarectl("schedule", "pause", "often", "--reason", "month end")
                #expect(paused.status == 0 && paused.output.hasPrefix("paused often\n"), "\(paused.errors)")
                let before = try await Self.fired("often", system).count
                let triggered = try await system.casarectl(
                    "schedule", "trigger", "often", "--var", "n=8", "--wait", "-o", "json")
                #expect(triggered.status == 0, "\(triggered.errors)")
                let byHand = try Value(parsingJSON: triggered.output)
                #expect(byHand["status"] == "completed" && byHand["variables"]?["n"] == 8, "\(byHand)")
                let after = try await Self.fired("often", system)
                #expect(after.count == before + 1 && after.contains { $0["origin"] == "manual" })
                let shown = try await system.casarectl("schedule", "get", "often")
                #expect(shown.output.contains("often is paused") && shown.output.contains("month end"))
                let resumed = try await system.casarectl("schedule", "resume", "often")
                #expect(resumed.status == 0 && resumed.output.hasPrefix("resumed often\n"), "\(resumed.errors)")
                try await eventually("it fires again") {
                    try await Self.fired("often", system).count > after.count ? true : nil
                }
                let skipped = try await system.json("schedule", "history", "often", "--result", "skipped").list ?? []
                #expect(skipped.allSatisfy { $0["reason"] == "paused" }, "\(skipped)")
                #expect(try await system.casarectl("schedule", "delete", "often", "--yes").status == 0)
                #expect(try await system.casarectl("schedule", "get", "often").status == 4)
            }
        }
    }

    @Test func `days that are past are filled in, each once`() async throws {
        try await TestSystem.with { system in
            #expect(try await system.casarectl(["workflow", "push", "-"], input: Self.document).status == 0)
            let create = try await system.casarectl(
                "schedule", "create", "daily", "--cron", "0 3 * * *", "--zone", "Europe/Berlin", "--workflow", "w")
            #expect(create.status == 0, "\(create.errors)")
            // The clock is put forward on the 30th.
            let range = ["--from", "2025-03-29T00:00:00Z", "--to", "2025-03-31T23:59:59Z"]
            let planned = try await system.casarectl(["schedule", "backfill", "daily"] + range + ["--dry-run"])
            #expect(
                planned.status == 0 && planned.output.hasPrefix("would fire 3 ticks of daily\n"), "\(planned.errors)")
            for tick in ["2025-03-29T02:00:00.000Z", "2025-03-30T01:00:00.000Z", "2025-03-31T01:00:00.000Z"] {
                #expect(planned.output.contains(tick), "\(planned.output)")
            }
            let unasked = try await system.casarectl(["schedule", "backfill", "daily"] + range)
            #expect(unasked.status == 12, "\(unasked.errors)")
            let begun = try await system.casarectl(
                ["schedule", "backfill", "daily"] + range + ["--rate", "100/s", "--yes", "-o", "json"])
            #expect(begun.status == 0, "\(begun.errors)")
            let id = try #require(try Value(parsingJSON: begun.output)["id"]?.string)
            let ended = try await eventually("the backfill is through") {
                let known = try await system.json("schedule", "backfill", "show", id)
                return known["status"] == "completed" ? known : nil
            }
            #expect(ended["fired"] == 3 && ended["failed"] == 0, "\(ended)")
            #expect(try await system.json("job", "list", "--workflow", "w").list?.count == 3)
            let again = try await system.casarectl(["schedule", "backfill", "daily"] + range + ["--yes"])
            #expect(again.status == 4 && again.errors.contains("have run already"), "\(again.errors)")
        }
    }

    @Test func `a window pauses schedules and restores exactly what it has paused`() async throws {
        try await TestSystem.with { system in
            #expect(try await system.casarectl(["workflow", "push", "-"], input: Self.document).status == 0)
            for name in ["a", "b", "c"] {
                let created = try await system.casarectl(
                    "schedule", "create", name, "--cron", "0 3 1 1 *", "--workflow", "w")
                #expect(created.status == 0, "\(created.errors)")
            }
            #expect(try await system.casarectl("schedule", "pause", "b", "--reason", "its own").status == 0)
            let open = ["window", "open", "--for", "2h", "--pause-schedules", "*", "--reason", "upgrade"]
            let planned = try await system.casarectl(open + ["--dry-run"])
            #expect(planned.status == 0 && planned.output.hasPrefix("would pause 2 schedules\n"), "\(planned.errors)")
            #expect(try await system.casarectl(open).status == 12)
            let opened = try await system.casarectl(open + ["--yes", "-o", "json"])
            #expect(opened.status == 0, "\(opened.errors)")
            let window = try Value(parsingJSON: opened.output)
            #expect(window["paused"] == 2 && window["selected"] == 3, "\(window)")
            #expect(try await system.json("schedule", "list", "--status", "paused").list?.count == 3)
            let id = try #require(window["id"]?.string)
            let closed = try await system.casarectl("window", "close", id, "--reason", "done")
            #expect(
                closed.status == 0 && closed.output.contains("2 schedules go on"), "\(closed.output) \(closed.errors)")
            let paused = try await system.json("schedule", "list", "--status", "paused").list
            #expect(paused?.map { $0["name"] } == ["b"] && paused?.first?["pause"]?["reason"] == "its own")
            #expect(try await system.json("window", "list").list?.first?["status"] == "closed")
        }
    }

    @Test func `many are paused at once, and a file makes the schedule that is shown`() async throws {
        try await TestSystem.with { system in
            #expect(try await system.casarectl(["workflow", "push", "-"], input: Self.document).status == 0)
            let file = """
                kind: Schedule
                name: night one
                spec:
                  cron: {expression: "0 3 1 1 *", zone: Europe/Berlin}
                  workflow: w
                  variables: {n: 1}
                """
            let made = try await system.casarectl(["schedule", "create", "-f", "-"], input: file)
            #expect(made.status == 0, "\(made.errors)")
            let copied = try await system.casarectl("schedule", "get", "night one", "-o", "yaml")
            let second = try await system.casarectl(
                ["schedule", "create", "night two", "-f", "-", "--var", "n=2"], input: copied.output)
            #expect(second.status == 0, "\(second.errors)")
            let spec = try await system.json("schedule", "get", "night two")["spec"]
            #expect(spec?["cron"]?["zone"] == "Europe/Berlin" && spec?["variables"]?["n"] == 2)

            let changes = try await system.casarectl(
                "schedule", "update", "night two", "--zone", "UTC", "--dry-run", "-o", "csv", "--no-headers")
            #expect(changes.output == "cron.zone,Europe/Berlin,UTC\n", "\(changes.output) \(changes.errors)")
            let updated = try await system.casarectl("schedule", "update", "night two", "--zone", "UTC")
            #expect(updated.status == 0 && updated.output.hasPrefix("updated night two\n"), "\(updated.errors)")
            #expect(try await system.casarectl("schedule", "update", "night two").status == 64)

            let pause = ["schedule", "pause", "--name", "night*", "--reason", "month end"]
            #expect(try await system.casarectl(pause).status == 12)
            let paused = try await system.casarectl(pause + ["--yes"])
            #expect(paused.status == 0 && paused.output.hasPrefix("paused 2 schedules\n"), "\(paused.errors)")
            let none = try await system.casarectl("schedule", "pause", "--name", "day*", "--yes")
            #expect(none.status == 4 && none.errors.contains("no such schedule"), "\(none.errors)")
            let resumed = try await system.casarectl(
                ["schedule", "resume", "-", "--yes"], input: "night one\nnight two\n")
            #expect(resumed.status == 0 && resumed.output.hasPrefix("resumed 2 schedules\n"), "\(resumed.errors)")
            let status = try await system.json("status")
            #expect(status["schedules"]?["late"] == 0, "\(status)")
        }
    }
}
