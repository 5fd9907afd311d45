import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Robots that are killed at any moment: no job is lost, and no effect is repeated.
@Suite(.serialized)
struct CrashTests {
    private static let kills = 50
    private static let jobs = 24
    private static let lines = 12

    /// A workflow that has a shell append the numbers from 0 on to a file, a short pause between them.
    ///
    /// The shell gets a script: node catalogue §0.5 refuses its special characters on a command line.
    private static func counting(
        _ path: String, lines: Int, pauseSeconds: Double, in system: TestSystem
    ) throws -> Value {
        let script = "\(system.folder)/append.sh"
        if !FileManager.default.fileExists(atPath: script) {
            try "echo \"$1\" >> \"$2\"\n".write(toFile: script, atomically: true, encoding: .utf8)
        }
        return [
            "metadata": ["name": "counting"],
            "nodes": [
                "each": [
                    "node_id": "each", "node_type": "ForLoopStartNode",
                    "config": ["mode": "range", "end": .int(lines), "item_var": "n"],
                ],
                "pause": [
                    "node_id": "pause", "node_type": "WaitNode", "config": ["duration": .double(pauseSeconds)],
                ],
                "append": [
                    "node_id": "append", "node_type": "RunCommandNode",
                    "config": [
                        "command": "/bin/sh", "args": [.string(script), "{{n}}", .string(path)],
                    ],
                ],
                "next": ["node_id": "next", "node_type": "ForLoopEndNode", "config": ["paired_start_id": "each"]],
            ],
            "connections": .list(
                [("each", "body", "pause"), ("pause", "exec_out", "append"), ("append", "exec_out", "next")].map {
                    [
                        "source_node": .string($0.0), "source_port": .string($0.1), "target_node": .string($0.2),
                        "target_port": "exec_in",
                    ]
                }),
        ]
    }

    @Test(arguments: TestSystem.RobotKind.allCases)
    func `robots killed at random moments lose no job and repeat no effect`(kind: TestSystem.RobotKind) async throws {
        // The API's robots are noticed when their lease is over, so killing them takes longer: a few kills show it.
        let kills = kind == .sql ? Self.kills : 3
        let count = kind == .sql ? Self.jobs : 6
        try await TestSystem.with { system in
            var files: [String: String] = [:]
            for number in 0..<count {
                let file = "\(system.folder)/lines-\(number)"
                let document = try Self.counting(file, lines: Self.lines, pauseSeconds: 0.1, in: system)
                let submitted = try await system.casarectl(
                    ["submit", "-", "-o", "name"], input: document.jsonText(.compact))
                #expect(submitted.status == 0, "\(submitted.errors)")
                files[submitted.output.trimmingNewline] = file
            }
            try await Self.killRobots(kills, of: kind, in: system)
            try await system.withRobot(kind, id: "last", slots: count) { [files] _ in
                var inLoops = 0
                for (job, file) in files {
                    let watched = try await system.casarectl("job", "watch", job, "--timeout", "300s", "-o", "json")
                    let ended = try Value(parsingJSON: watched.output)
                    try Self.check(ended, file: file)
                    inLoops += ended["failure"]?["kind"] == "crash_loop" ? 1 : 0
                }
                #expect(inLoops <= count / 2)
            }
        }
    }

    /// Two robots at work all the time, one of which is killed every now and then and replaced.
    private static func killRobots(_ kills: Int, of kind: TestSystem.RobotKind, in system: TestSystem) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<2 {
                group.addTask {
                    for number in stride(from: lane, to: kills, by: 2) {
                        let clock = ContinuousClock()
                        let startedAt = clock.now
                        try await system.withRobot(kind, id: "robot-\(lane)-\(number)", slots: 8) { robot in
                            try await eventually("the robot is ready") {
                                robot.log.contains("Robot is ready") ? true : nil
                            }
                            // Chance decides what it is doing when it dies. A busy machine gives it more time, or its
                            // jobs would never get any further.
                            let pace = max((clock.now - startedAt) / .milliseconds(350), 1)
                            try await Task.sleep(for: .milliseconds(Int.random(in: 200...2000)) * pace)
                            robot.send(.kill)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// A completed job has written every line once; one that waits for a person has written them up to the step that it
    /// asks about, that one or not. On a slow machine five robots in a row may die before a job gets any further: it is
    /// a dead letter then, and has repeated nothing.
    private static func check(_ job: Value, file: String) throws {
        let text = (try? String(contentsOf: URL(filePath: file), encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n").compactMap { Int($0) }
        #expect(lines == Array(0..<lines.count), "\(job["id"] ?? .null): \(lines)")
        switch job["status"]?.string {
        case "completed":
            #expect(lines.count == Self.lines)
        case "blocked":
            #expect(job["question"]?["node"] == "append")
            #expect(job["question"]?["text"]?.string?.contains("append") == true)
        case "failed" where job["failure"]?["kind"] == "crash_loop":
            #expect(lines.count <= Self.lines)
        case let status:
            Issue.record("The job is \(status ?? "nowhere"): \(job.jsonText(.compact))")
        }
    }

    @Test func `a job that kills its robots is dead-lettered`() async throws {
        try await TestSystem.with { system in
            let script = "\(system.folder)/kill.sh"
            let file = "\(system.folder)/lines"
            try "echo >> \(file)\nkill -9 $PPID\n".write(toFile: script, atomically: true, encoding: .utf8)
            let document: Value = [
                "nodes": [
                    "kill": [
                        "node_type": "RunCommandNode",
                        "config": ["command": "/bin/sh", "args": [.string(script)], "on_recovery": "retry"],
                    ]
                ]
            ]
            let submitted = try await system.casarectl(
                ["submit", "-", "-o", "name"], input: document.jsonText(.compact))
            let job = submitted.output.trimmingNewline
            for number in 1...5 {
                _ = try await system.withRobot(.sql, id: "robot-\(number)") { robot in
                    try await eventually("the robot has been killed") { robot.hasEnded ? true : nil }
                }
            }
            let ended = try await system.casarectl("job", "watch", job, "--timeout", "90s", "-o", "json")
            #expect(ended.status == 9)
            #expect(try Value(parsingJSON: ended.output)["status"] == "failed")
            let letter = try await system.json("dlq", "show", job)
            #expect(letter["failure"]?["kind"] == "crash_loop", "\(letter.jsonText(.compact))")
            let lines = try String(contentsOf: URL(filePath: file), encoding: .utf8)
            #expect(lines.count == 5)
        }
    }

    @Test func `a robot that slept past its lease changes nothing and stops its job`() async throws {
        try await TestSystem.with { system in
            let file = "\(system.folder)/lines"
            let document = try Self.counting(file, lines: 40, pauseSeconds: 0.25, in: system)
            let lease = ["CASARE_LEASE_SECONDS": "3"]
            try await system.withRobot(.sql, id: "sleeper", slots: 1, variables: lease) { sleeper in
                let submitted = try await system.casarectl(
                    ["submit", "-", "-o", "name"], input: document.jsonText(.compact))
                let job = submitted.output.trimmingNewline
                try await eventually("the job has begun") {
                    FileManager.default.fileExists(atPath: file) ? true : nil
                }
                sleeper.send(.stop)
                try await system.withRobot(.sql, id: "second", slots: 1) { _ in
                    try await eventually("the second robot runs the job, or asks about it") {
                        let seen = try await system.json("job", "get", job)
                        return seen["robot"] == "second" || seen["status"] == "blocked" ? true : nil
                    }
                    sleeper.send(.continue)
                    try await eventually("the sleeper has stopped the job by itself") {
                        sleeper.log.contains("Stopped job") ? true : nil
                    }
                    let ended = try await system.casarectl("job", "watch", job, "--timeout", "90s", "-o", "json")
                    let seen = try Value(parsingJSON: ended.output)
                    let text = try String(contentsOf: URL(filePath: file), encoding: .utf8)
                    let lines = text.split(separator: "\n").compactMap { Int($0) }
                    #expect(lines == Array(0..<lines.count))
                    #expect(seen["status"] == "blocked" || lines.count == 40)
                }
            }
        }
    }

    @Test func `a robot that is told to stop hands its job back between two steps`() async throws {
        try await TestSystem.with { system in
            let file = "\(system.folder)/lines"
            let document = try Self.counting(file, lines: 20, pauseSeconds: 0.1, in: system)
            let submitted = try await system.casarectl(
                ["submit", "-", "-o", "name"], input: document.jsonText(.compact))
            let job = submitted.output.trimmingNewline
            try await system.withRobot(.sql, id: "first", slots: 1) { first in
                try await eventually("the job has begun") {
                    FileManager.default.fileExists(atPath: file) ? true : nil
                }
                first.send(.terminate)
                try await eventually("the robot has stopped") { first.hasEnded ? true : nil }
            }
            let between = try await system.json("job", "get", job)
            #expect(between["status"] == "pending")
            try await system.withRobot(.sql, id: "second", slots: 1) { _ in
                let ended = try await system.casarectl("job", "watch", job, "--timeout", "90s", "-o", "json")
                let seen = try Value(parsingJSON: ended.output)
                #expect(seen["status"] == "completed")
                // Handing back uses up no attempt.
                #expect(seen["attempt"] == 1)
            }
            let text = try String(contentsOf: URL(filePath: file), encoding: .utf8)
            #expect(text.split(separator: "\n").compactMap { Int($0) } == Array(0..<20))
        }
    }
}

extension String {
    var trimmingNewline: String { String(self.prefix { !$0.isNewline }) }
}
