import CasareDomain
import CasareNodes
@testable import CasareRobot
import CasareTestSupport
import FoundationEssentials
import Logging
import Testing

/// Jobs that go on from a step of another one, really run, by every broker. Each effect adds a line to a file.
struct ForkedJobTests {
    typealias Form = BrokerFixture.Form

    private static let coins = 32

    /// Tosses coins and writes each down; at the end it goes on only if it may.
    private static let tossing: Value = [
        "metadata": ["name": "w"],
        "nodes": [
            "loop": ["node_type": "ForLoopStartNode", "config": ["mode": "range", "end": .int(Self.coins)]],
            "toss": ["node_type": "IfNode", "config": ["condition": "rand() < 0.5"]],
            "heads": ["node_type": "AppendFileNode", "config": ["file_path": "{{path}}", "content": "heads\n"]],
            "tails": ["node_type": "AppendFileNode", "config": ["file_path": "{{path}}", "content": "tails\n"]],
            "next": ["node_type": "ForLoopEndNode", "config": ["paired_start_id": "loop"]],
            "may": ["node_type": "AssertNode", "config": ["condition": "{{may}}"]],
            "end": ["node_type": "AppendFileNode", "config": ["file_path": "{{path}}", "content": "end\n"]],
        ],
        "connections": .list(
            [
                ("loop", "body", "toss"), ("toss", "true", "heads"), ("toss", "false", "tails"),
                ("heads", "exec_out", "next"), ("tails", "exec_out", "next"), ("loop", "completed", "may"),
                ("may", "exec_out", "end"),
            ].map { source, port, target in
                [
                    "source_node": .string(source), "source_port": .string(port), "target_node": .string(target),
                    "target_port": "exec_in",
                ]
            }),
    ]

    /// Runs the next job to its end, or until it asks.
    private static func runNext(_ fixture: BrokerFixture, in folder: String) async throws {
        try await fixture.withBroker { broker in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let executor = JobExecutor(
                broker: broker, programs: ProgramCache(catalogue: StandardNodes.catalogue),
                configuration: RobotConfiguration(
                    description: try BrokerFixture.description("robot"), workingDirectory: folder),
                logger: logger, telemetry: .unobserved, isStopRequested: { false })
            await executor.execute(try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first))
        }
    }

    private static func lines(_ path: String) -> [String] {
        let text = (try? String(contentsOf: URL(filePath: path), encoding: .utf8)) ?? ""  // It may not be there yet.
        return text.split(separator: "\n").map(String.init)
    }

    @Test(arguments: Form.allCases)
    func `what was recorded is not done again, and random numbers go on`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await withTemporaryDirectory { folder in
                let path = "\(folder)/lines"
                let failed = try await fixture.submit(
                    document: Self.tossing.jsonText(.compact), variables: ["path": .string(path), "may": false],
                    options: Job.Options(retry: .never))[0]
                try await Self.runNext(fixture, in: folder)
                #expect(try await fixture.job(failed).status == .failed)
                let coins = Self.lines(path)
                #expect(coins.count == Self.coins)

                let retried = try await fixture.retry(
                    failed, from: .failed, variables: ["path": .string(path), "may": true])
                try await Self.runNext(fixture, in: folder)
                #expect(try await fixture.job(retried).status == .completed)
                #expect(Self.lines(path) == coins + ["end"])
                #expect(try await fixture.steps(retried).count == Self.coins + 1)

                let forked = try await fixture.fork(retried, from: Self.coins - 3)
                try await Self.runNext(fixture, in: folder)
                #expect(try await fixture.job(forked).status == .completed)
                #expect(Self.lines(path) == coins + ["end"] + Array(coins.suffix(3)) + ["end"])
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `a step of which nobody knows is asked about again`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await withTemporaryDirectory { folder in
                let path = "\(folder)/lines"
                let document: Value = [
                    "metadata": ["name": "w"],
                    "nodes": [
                        "a": ["node_type": "AppendFileNode", "config": ["file_path": "{{path}}", "content": "a\n"]]
                    ],
                ]
                let id = try await fixture.submit(
                    document: document.jsonText(.compact), variables: ["path": .string(path)])[0]
                try await fixture.withBroker { broker in
                    let leased = try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first)
                    let intent = JournalRow(
                        step: 0, node: "a", nodeType: "AppendFileNode", effect: "effect", result: nil,
                        startedAt: Date(timeIntervalSince1970: 1), finishedAt: nil)
                    let question = Job.Question(step: 0, node: "a", nodeType: "AppendFileNode", text: "Is it there?")
                    try await broker.block(leased.lease, question: question, rows: [intent])
                }
                let forked = try await fixture.fork(id, from: 0)
                try await Self.runNext(fixture, in: folder)
                let asking = try await fixture.job(forked)
                guard case .blocked(let question, since: _) = asking.state else {
                    Issue.record("the fork does not ask: it is \(asking.status)")
                    return
                }
                #expect(question.step == 0 && question.node == "a")
                #expect(Self.lines(path).isEmpty)
                #expect(try await fixture.job(id).status == .blocked)
            }
        }
    }
}
