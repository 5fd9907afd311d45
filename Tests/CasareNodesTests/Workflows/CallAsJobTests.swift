import CasareDomain
import CasareEngine
import CasareNodes
import Testing

/// What goes into a job that a call became, and what comes back.
struct CallAsJobTests {
    /// An orchestrator and its robot: each job is run when it is submitted.
    private actor Robot: JobSubmitter {
        private(set) var jobs: [JobSubmission] = []
        private var endings: [String: JobEnding] = [:]

        func submit(_ submission: JobSubmission, idempotencyKey: String) async throws -> String {
            self.jobs.append(submission)
            let id = "job-\(self.jobs.count)"
            let (document, _) = WorkflowDocument.parse(try #require(submission.document))
            let driver = RunDriver(
                program: try Program(try #require(document), catalogue: StandardNodes.catalogue), runID: id,
                options: Job.Options(), variables: submission.variables, journal: NoJournal(),
                environment: RunEnvironment(workingDirectory: "/tmp", sleep: { _ in }, submitter: self))
            guard case .finished(let result, let failure, _) = try await driver.run() else {
                throw NodeFailure("NodeError", "The run did not end")
            }
            self.endings[id] = JobEnding(failure: failure, variables: result.variables)
            return id
        }

        func ending(of job: String) -> JobEnding? { self.endings[job] }
    }

    private static func run(
        _ child: Value, _ config: Object = [:], mode: String = "async", variables: Object = [:], given: Object = [:],
        by robot: Robot
    ) async throws -> StandardRun {
        try await StandardRun(
            [
                "call": (
                    "CallSubworkflowNode",
                    Object([("subworkflow_path", "c.json"), ("execution_mode", .string(mode))]).merging(config)
                )
            ], variables: variables, given: given, subflows: ["c.json": child], submitter: robot)
    }

    // MARK: - The interface

    private static let greeter = StandardRun.workflow(
        ["say": StandardRun.set("text", "nobody")],
        extra: [
            "inputs": [["name": "amount", "type": "INTEGER", "default_value": 5]],
            "outputs": [["name": "text", "type": "STRING"], ["name": "amount", "type": "INTEGER"]],
            "parameters": [["name": "whom", "internal_node_id": "say", "internal_property_name": "value"]],
            "variables": ["inner": 1],
        ])

    @Test(arguments: ["sync", "async"])
    func `a call has the same inputs, parameters and outputs as a job`(mode: String) async throws {
        let robot = Robot()
        let run = try await Self.run(
            Self.greeter, ["whom": "{{name}}"], mode: mode, given: ["name": "Ada {{x}}", "x": 1, "inner": 2], by: robot)
        #expect(run.failure == nil, "\(run.result.error ?? "")")
        #expect(await robot.jobs.count == (mode == "async" ? 1 : 0))
        let outputs = run.result.nodeOutputs?["call"]
        // Given values are data in the job, too.
        #expect(outputs?["text"] == "Ada {{x}}")
        #expect(outputs?["amount"] == 5)
        #expect(outputs?["inner"] == nil && outputs?["name"] == nil && outputs?["_call"] == nil)
    }

    @Test func `a required input is missed before there is a job`() async throws {
        let robot = Robot()
        let child = StandardRun.workflow(
            ["n": ("CommentNode", [:])], extra: ["inputs": [["name": "n", "type": "ANY", "required": true]]])
        let run = try await Self.run(child, by: robot)
        #expect(run.result.error == "Missing required input: n")
        #expect(await robot.jobs.isEmpty)
    }

    @Test(arguments: [true, false])
    func `an output of a node inside needs a call that is waited for here`(isWaitedFor: Bool) async throws {
        let robot = Robot()
        let child = StandardRun.workflow(
            ["say": StandardRun.set("text", "hi")],
            extra: [
                "outputs": [
                    ["name": "out", "type": "ANY", "internal_node_id": "say", "internal_port_name": "value"]
                ]
            ])
        let run = try await Self.run(child, ["wait_for_result": .bool(isWaitedFor)], by: robot)
        let isRefused = run.result.error?.hasPrefix("Output 'out' of c.json is read from a node inside") ?? false
        #expect(isRefused == isWaitedFor, "\(run.result.error ?? "")")
        #expect(await robot.jobs.isEmpty == isWaitedFor)
    }

    @Test func `a job looks at the interface itself when its workflow did not come along`() async throws {
        let extra: Object = [
            "inputs": [["name": "n", "type": "ANY", "required": true]],
            "parameters": [["name": "whom", "internal_node_id": "say", "internal_property_name": "value"]],
        ]
        func run(_ inputs: Object) async throws -> StandardRun {
            try await StandardRun(
                ["say": StandardRun.set("text", "nobody")],
                given: ["_call": ["depth": 1, "inputs": .object(inputs)]], extra: extra)
        }
        let called = try await run(["n": 3, "whom": "Bob"])
        #expect(called["text"] == "Bob" && called["n"] == 3 && called["_call"].isNull)
        let refused = try await run(["whom": "Bob"])
        #expect(refused.failure?.kind == .rejected)
        #expect(refused.result.error == "Missing required input: n")
    }

    // MARK: - The depth

    @Test func `jobs may call each other ten deep, a workflow itself included`() async throws {
        let robot = Robot()
        let circle = StandardRun.workflow([
            "call": ("CallSubworkflowNode", ["subworkflow_path": "c.json", "execution_mode": "async"])
        ])
        let run = try await Self.run(circle, by: robot)
        #expect(run.result.error?.hasSuffix("Maximum call depth (10) exceeded at call") == true)
        #expect(await robot.jobs.count == 10)
    }

    @Test(arguments: [(9, 1), (10, 0), (99, 0), (-5, 1)])
    func `a job's calls count from its own depth`(depth: Int, jobs: Int) async throws {
        let robot = Robot()
        let child = StandardRun.workflow(["n": ("CommentNode", [:])])
        let run = try await Self.run(child, given: ["_call": ["depth": .int(depth)]], by: robot)
        #expect((run.failure == nil) == (jobs == 1), "\(run.result.error ?? "")")
        let submitted = await robot.jobs
        #expect(submitted.count == jobs)
        #expect(submitted.allSatisfy { $0.variables["_call"]?["depth"]?.int == max(0, depth) + 1 })
    }

    // MARK: - Secrets

    private static let word: Object = ["word": ["default_value": "open sesame", "sensitive": true]]

    @Test func `no job gets a sensitive variable, nor what contains one`() async throws {
        let robot = Robot()
        let child = StandardRun.workflow(["say": StandardRun.set("seen", "{{word}}")])
        let run = try await Self.run(
            child, variables: Self.word.merging(["plain": 1]), given: ["note": "say open sesame"], by: robot)
        #expect(run.failure == nil, "\(run.result.error ?? "")")
        let job = try #require(await robot.jobs.first)
        #expect(job.variables["word"] == nil && job.variables["note"] == nil && job.variables["plain"] == 1)
        #expect(!Value.object(job.variables).jsonText(.compact).contains("sesame"))
        let outputs = try #require(run.result.nodeOutputs?["call"])
        #expect(outputs["success"] == true && outputs["word"] == nil)
    }

    @Test(
        arguments: [
            ("word", [:]), ("pass", ["pass": "{{word}}"]), ("pass", ["pass": ["of": "the {{word}}"]]),
        ] as [(String, Object)])
    func `an input that would hold a secret is refused`(input: String, config: Object) async throws {
        let robot = Robot()
        let child = StandardRun.workflow(
            ["n": ("CommentNode", [:])],
            extra: ["inputs": [["name": .string(input), "type": "ANY", "required": true]]])
        let run = try await Self.run(child, config, variables: Self.word, by: robot)
        #expect(
            run.result.error == "Input '\(input)' of c.json holds a secret or a sensitive variable, which a job's "
                + "payload cannot carry: let the called workflow name the secret itself, or run it with execution_mode "
                + "sync")
        #expect(await robot.jobs.isEmpty)
        let sync = try await Self.run(child, config, mode: "sync", variables: Self.word, by: robot)
        #expect(sync.failure == nil, "\(sync.result.error ?? "")")
    }

    @Test func `a stored workflow gets no secret either`() async throws {
        for (config, jobs) in [([:], 1), (["x": "{{word}}"], 0)] as [(Object, Int)] {
            let orchestrator = Refusing()
            let run = try await StandardRun(
                [
                    "call": (
                        "ExecuteWorkflowNode",
                        Object([("workflow_path", "stored"), ("wait_for_completion", false)]).merging(config)
                    )
                ], variables: Self.word, submitter: orchestrator)
            #expect(run.failure != nil)
            let submitted = await orchestrator.submitted
            #expect(submitted.count == jobs)
            #expect(submitted.allSatisfy { $0.variables["word"] == nil && $0.variables["_call"]?["inputs"] == nil })
        }
    }

    /// Takes nothing.
    private actor Refusing: JobSubmitter {
        private(set) var submitted: [JobSubmission] = []

        func submit(_ submission: JobSubmission, idempotencyKey: String) throws -> String {
            self.submitted.append(submission)
            throw NodeFailure("NodeError", "refused")
        }

        func ending(of job: String) -> JobEnding? { nil }
    }
}
