import CasareDomain
import CasareEngine
import CasareNodes
@testable import CasareRobot
import CasareTestSupport
import FoundationEssentials
import Logging
import Testing

/// Jobs that running jobs submit, by every broker.
struct ChildJobTests {
    typealias Form = BrokerFixture.Form

    private static func lease(_ broker: any Broker) async throws -> LeasedJob {
        try #require(try await broker.lease(slots: 1, waiting: .seconds(10)).first)
    }

    private static func executor(_ broker: any Broker, in folder: String) throws -> JobExecutor {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return JobExecutor(
            broker: broker, programs: ProgramCache(catalogue: StandardNodes.catalogue),
            configuration: RobotConfiguration(
                description: try BrokerFixture.description("robot"), workingDirectory: folder),
            logger: logger, telemetry: .unobserved, isStopRequested: { false })
    }

    private static func calling(_ config: Object, subflows: Object = [:]) -> String {
        let document: Value = [
            "metadata": ["name": "parent"],
            "nodes": [
                "call": [
                    "node_type": "CallSubworkflowNode",
                    "config": .object(config.merging(["execution_mode": "async", "poll_interval": 1])),
                ],
                "keep": ["node_type": "SetVariableNode", "config": ["variable_name": "seen", "value": "{{call.y}}"]],
            ],
            "connections": [
                ["source_node": "call", "source_port": "exec_out", "target_node": "keep", "target_port": "exec_in"]
            ],
            "subflows": .object(subflows),
        ]
        return document.jsonText(.compact)
    }

    private static let adding = """
        {"metadata": {"name": "adding"},
         "nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "y", "value": "got {{x}}"}}}}
        """

    @Test(arguments: Form.allCases)
    func `a step has one child, whoever asks and however often`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let parent = try await fixture.submit(document: Self.calling(["subworkflow_id": "w"]))[0]
            try await fixture.withBroker { broker in
                let first = try await Self.lease(broker)
                let child = ChildJob(source: .stored("w"), variables: ["x": 1])
                let id = try await broker.submit(child, forStep: 3, under: first.lease)
                #expect(try await broker.submit(child, forStep: 3, under: first.lease) == id)
                let other = try await broker.submit(child, forStep: 4, under: first.lease)
                #expect(other != id)
                let job = try await fixture.job(id)
                #expect(job.variables == ["x": 1] && job.environment == "default" && job.workflowName == "w")
                #expect(job.createdBy == "job \(parent)")
                #expect(try await broker.ending(of: id, under: first.lease) == nil)
                // A robot that takes the job over after this one is gone.
                try await broker.release(first.lease, reason: "test")
                var again = try await Self.lease(broker)
                while again.lease.job != parent { again = try await Self.lease(broker) }
                #expect(try await broker.submit(child, forStep: 3, under: again.lease) == id)
                await #expect(throws: BrokerError.leaseLost(parent)) {
                    _ = try await broker.submit(child, forStep: 5, under: first.lease)
                }
                await #expect(throws: BrokerError.leaseLost(parent)) {
                    _ = try await broker.ending(of: id, under: first.lease)
                }
            }
        }
    }

    @Test(arguments: Form.allCases)
    func `only a job's own children can be asked for, and only of workflows that there are`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let ids = try await fixture.submit(2, document: Self.calling(["subworkflow_id": "nowhere"]))
            try await fixture.withBroker { broker in
                let lease = try await Self.lease(broker).lease
                let stranger = try #require(ids.first { $0 != lease.job })
                let refused = await #expect(throws: BrokerError.self) {
                    _ = try await broker.ending(of: stranger, under: lease)
                }
                guard case .refused = refused else {
                    Issue.record("\(String(describing: refused))")
                    return
                }
                let missing = await #expect(throws: BrokerError.self) {
                    _ = try await broker.submit(
                        ChildJob(source: .stored("nowhere"), variables: [:]), forStep: 0, under: lease)
                }
                guard case .refused(let reason) = missing else {
                    Issue.record("\(String(describing: missing))")
                    return
                }
                #expect(reason.contains("there is no workflow nowhere"))
            }
        }
    }

    /// A robot over the API has a token and no more: what it may start is not for it to say.
    @Test func `over the API a robot starts only what the workflow of its job starts`() async throws {
        try await BrokerFixture.with(.api) { fixture in
            for name in ["adding", "other", "nested"] { try await fixture.push(name, Self.adding) }
            let inner = try Value(parsingJSON: Self.calling(["subworkflow_id": "nested"]))
            try await fixture.submit(
                document: Self.calling(["subworkflow_id": "adding"], subflows: ["inner.json": inner]))
            try await fixture.withBroker { broker in
                let lease = try await Self.lease(broker).lease
                func start(_ name: String, _ step: Int) async throws(BrokerError) -> Job.ID {
                    let child = ChildJob(source: .stored(name), variables: [:])
                    return try await broker.submit(child, forStep: step, under: lease)
                }
                for name in ["other", "w", "nowhere", "inner.json"] {
                    let refused = await #expect(throws: BrokerError.self) { _ = try await start(name, 0) }
                    guard case .refused(let reason) = refused else {
                        Issue.record("\(name): \(String(describing: refused))")
                        return
                    }
                    #expect(reason.contains("no node starts the workflow \(name)"), "\(reason)")
                }
                #expect(try await fixture.job(try await start("adding", 1)).workflowName == "adding")
                // Of what came along, too.
                #expect(try await fixture.job(try await start("nested", 2)).workflowName == "nested")
            }
            let workflows = Set(try await fixture.workflows().map(\.name))
            #expect(workflows == ["adding", "other", "nested", "w"])
        }
    }

    @Test func `a later version lets no job start more that runs an earlier one`() async throws {
        try await BrokerFixture.with(.api) { fixture in
            try await fixture.push("adding", Self.adding)
            try await fixture.submit(document: BrokerFixture.document)
            try await fixture.push("w", Self.calling(["subworkflow_id": "adding"]))
            try await fixture.withBroker { broker in
                let lease = try await Self.lease(broker).lease
                let child = ChildJob(source: .stored("adding"), variables: [:])
                await #expect(throws: BrokerError.self) {
                    _ = try await broker.submit(child, forStep: 0, under: lease)
                }
            }
        }
    }

    @Test func `what only the run knows may be any stored workflow`() async throws {
        try await BrokerFixture.with(.api) { fixture in
            try await fixture.push("adding", Self.adding)
            try await fixture.submit(document: Self.calling(["subworkflow_id": "{{chosen}}"]))
            try await fixture.withBroker { broker in
                let lease = try await Self.lease(broker).lease
                let child = ChildJob(source: .stored("adding"), variables: [:])
                let job = try await fixture.job(try await broker.submit(child, forStep: 0, under: lease))
                #expect(job.workflowName == "adding")
            }
        }
    }

    @Test(arguments: Form.allCases, [false, true])
    func `a call that is a job of its own waits for its end and has its variables`(
        form: Form, comesAlong: Bool
    ) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await fixture.push("adding", Self.adding)
            let document =
                comesAlong
                ? Self.calling(
                    ["subworkflow_path": "parts/adding.json"],
                    subflows: [
                        "parts/adding.json": try Value(parsingJSON: Self.adding),
                        "parts/more.json": Self.subflow("more"),
                    ])
                : Self.calling(["subworkflow_id": "adding"])
            let parent = try await fixture.submit(document: document, variables: ["x": 7])[0]
            try await fixture.withBroker { broker in
                try await withTemporaryDirectory { folder async throws in
                    let executor = try Self.executor(broker, in: folder)
                    let job = try await Self.lease(broker)
                    async let parentRun: Void = executor.execute(job)
                    let child = try await Self.lease(broker)
                    #expect(child.workflowName == (comesAlong ? "w › adding" : "adding") && child.variables["x"] == 7)
                    await executor.execute(child)
                    await parentRun
                }
            }
            guard case .finished(let outcome) = try await fixture.job(parent).state else {
                Issue.record("The job has not ended")
                return
            }
            #expect(outcome.kind == .completed, "\(outcome.message ?? "")")
            #expect(outcome.result?.variables["seen"] == "got 7")
        }
    }

    /// A document that a job of the form brings along, under the name of a workflow that somebody has pushed.
    private static func bringing(_ subflows: Object) -> String {
        let document: Value = [
            "metadata": ["name": "w"], "nodes": ["b": ["node_type": "CommentNode"]], "subflows": .object(subflows),
        ]
        return document.jsonText(.compact)
    }

    private static func subflow(_ name: String, text: String = "", subflows: Object? = nil) -> Value {
        var document: Object = [
            "metadata": ["name": .string(name)],
            "nodes": ["b": ["node_type": "CommentNode", "config": ["comment": .string(text)]]],
        ]
        document["subflows"] = subflows.map(Value.object)
        return .object(document)
    }

    @Test(arguments: Form.allCases)
    func `what a job brings along never becomes a version of what people have pushed`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let pushed = try await fixture.push("adding", Self.adding)
            let subflows: Object = [
                "a.json": Self.subflow("adding"), "b.json": Self.subflow("adding", text: "other"),
                "w.json": Self.subflow("w"), "n.json": Self.subflow(" "),
            ]
            try await fixture.submit(document: Self.bringing(subflows))
            try await fixture.withBroker { broker in
                let parent = try await Self.lease(broker)
                func submit(_ path: String, _ step: Int) async throws -> Job {
                    // As the engine sends it: with all else that it may call.
                    let document = (subflows[path]?.object ?? [:]).merging(["subflows": .object(subflows)])
                    let child = ChildJob(source: .document(.object(document), name: path), variables: [:])
                    return try await fixture.job(try await broker.submit(child, forStep: step, under: parent.lease))
                }
                let first = try await submit("a.json", 0)
                #expect(first.workflowName == "w › adding" && first.workflowVersion == 1)
                let other = try await submit("b.json", 1)
                #expect(other.workflowName == "w › adding" && other.workflowVersion == 2)
                // Two take turns and no versions are made.
                #expect(try await submit("a.json", 2).workflowVersion == 1)
                #expect(try await submit("b.json", 3).workflowVersion == 2)
                #expect(try await submit("w.json", 4).workflowName == "w › w")
                #expect(try await submit("n.json", 5).workflowName == "w › n.json")
            }
            let workflows = try await fixture.workflows()
            #expect(try await fixture.newestVersion(of: pushed.workflow) == pushed)
            #expect(workflows.first { $0.name == "w" }?.latestVersion == 1)
            #expect(Set(workflows.map(\.name)) == ["adding", "w", "w › adding", "w › w", "w › n.json"])
        }
    }

    @Test(arguments: Form.allCases)
    func `a child's child is kept beside it, and nothing runs that the job did not bring`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let inner = Self.subflow("inner")
            let outer = Self.subflow("outer", subflows: ["inner.json": inner])
            try await fixture.submit(document: Self.bringing(["outer.json": outer]))
            try await fixture.withBroker { broker in
                let parent = try await Self.lease(broker)
                for made in [
                    Self.subflow("outer", text: "made up"), Self.subflow("w"),
                    Self.subflow("outer", subflows: ["inner.json": Self.subflow("inner", text: "made up")]),
                ] {
                    let refused = await #expect(throws: BrokerError.self) {
                        _ = try await broker.submit(
                            ChildJob(source: .document(made, name: "outer.json"), variables: [:]), forStep: 0,
                            under: parent.lease)
                    }
                    guard case .refused(let reason) = refused else {
                        Issue.record("\(String(describing: refused))")
                        return
                    }
                    #expect(reason.contains("there is no workflow outer.json of this content among the subflows of w"))
                }
                let child = try await broker.submit(
                    ChildJob(source: .document(outer, name: "outer.json"), variables: [:]), forStep: 0,
                    under: parent.lease)
                let leased = try await Self.lease(broker)
                #expect(leased.lease.job == child && leased.workflowName == "w › outer")
                let grandchild = try await broker.submit(
                    ChildJob(source: .document(inner, name: "inner.json"), variables: [:]), forStep: 0,
                    under: leased.lease)
                #expect(try await fixture.job(grandchild).workflowName == "w › inner")
            }
            let workflows = try await fixture.workflows()
            #expect(Set(workflows.map(\.name)) == ["w", "w › outer", "w › inner"])
        }
    }

    @Test(arguments: Form.allCases)
    func `a child that fails fails its node, and the next attempt has a child of its own`(form: Form) async throws {
        try await BrokerFixture.with(form) { fixture in
            let failing =
                #"{"metadata":{"name":"f"},"nodes":{"t":{"node_type":"ThrowErrorNode","config":{"error_message":"no luck"}}}}"#
            try await fixture.push("f", failing)
            let twice = Job.Options(retry: try RetryPolicy(.list([0]), attemptsMax: 2, jitter: 0))
            let document = Self.calling(["subworkflow_id": "f"])
            let parent = try await fixture.submit(document: document, options: twice)[0]
            try await fixture.withBroker { broker in
                let job = try await Self.lease(broker)
                let child = ChildJob(source: .stored("f"), variables: [:])
                let first = try await broker.submit(child, forStep: 0, under: job.lease)
                let failure = Failure(kind: .application, message: "no luck", type: "CustomError")
                let childLease = try await Self.lease(broker).lease
                #expect(childLease.job == first)
                try await broker.fail(
                    childLease, failure: Failure(kind: .business, message: "no luck", type: "CustomError"),
                    result: nil, rows: [])
                let ending = try await broker.ending(of: first, under: job.lease)
                #expect(ending?.failure?.message == "no luck")
                try await broker.fail(job.lease, failure: failure, result: nil, rows: [])
                try await fixture.promoteDue()
                let again = try await Self.lease(broker)
                #expect(again.lease.job == parent && again.attempt == 2)
                #expect(try await broker.submit(child, forStep: 0, under: again.lease) != first)
            }
        }
    }
}
