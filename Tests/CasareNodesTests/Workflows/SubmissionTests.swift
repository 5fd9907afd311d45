import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Synchronization
import Testing

/// Calls that become jobs of their own.
struct SubmissionTests {
    /// An orchestrator that remembers what was submitted and lets each job end at the second look.
    private final class Orchestrator: JobSubmitter {
        struct State {
            var submissions: [(JobSubmission, key: String)] = []
            var looks = 0
        }

        let state = Mutex(State())
        let failure: Failure?

        init(failing failure: Failure? = nil) { self.failure = failure }

        func submit(_ submission: JobSubmission, idempotencyKey: String) async throws -> String {
            self.state.withLock { state in
                state.submissions.append((submission, idempotencyKey))
                return "job-\(state.submissions.count)"
            }
        }

        func ending(of job: String) async throws -> JobEnding? {
            let looks = self.state.withLock { state in
                state.looks += 1
                return state.looks
            }
            return looks < 2 ? nil : JobEnding(failure: self.failure, variables: ["answer": 42])
        }
    }

    private static let child = StandardRun.workflow(
        ["set": StandardRun.set("answer", 41), "more": ("SubflowNode", ["subflow_path": "../x/more.json"])],
        ["set > more"],
        extra: [
            "inputs": [["name": "x", "type": "INTEGER"]], "outputs": [["name": "answer", "type": "INTEGER"]],
        ])
    private static let subflows: Object = [
        "parts/c.json": Self.child, "x/more.json": StandardRun.workflow(["n": ("CommentNode", [:])]),
    ]

    private static func run(_ config: Object, by submitter: (any JobSubmitter)?) async throws -> StandardRun {
        try await StandardRun(
            [
                "call": (
                    "CallSubworkflowNode",
                    Object([("subworkflow_path", "parts/c.json"), ("execution_mode", "async"), ("x", "{{y}}")])
                        .merging(config)
                ), "keep": StandardRun.set("seen", "{{call.answer}}"),
            ], ["call > keep"], given: ["y": 3, "_hidden": 1], subflows: Self.subflows, submitter: submitter)
    }

    @Test func `an asynchronous call is a job, and its end is waited for`() async throws {
        let orchestrator = Orchestrator()
        let run = try await Self.run([:], by: orchestrator)
        #expect(run["seen"] == 42)
        #expect(run.result.nodeOutputs?["call"]?["job_id"] == "job-1")
        let (submission, key) = try #require(orchestrator.state.withLock { $0.submissions.first })
        #expect(key == "run/1")
        #expect(submission.variables == ["y": 3, "x": 3, "_call": ["depth": 1, "inputs": ["x": 3]]])
        #expect(submission.waits)
        // The job's document brings along what it calls, by the paths that it uses; it may call itself.
        #expect(submission.document?["subflows"]?.object?.keys == ["c.json", "../x/more.json"])
    }

    @Test func `it need not be waited for`() async throws {
        let orchestrator = Orchestrator()
        let run = try await Self.run(["wait_for_result": false], by: orchestrator)
        #expect(run.failure == nil)
        #expect(orchestrator.state.withLock(\.looks) == 0)
        #expect(run.result.nodeOutputs?["call"]?["success"] == true)
    }

    @Test func `a job that ended badly is the node's failure`() async throws {
        let failure = Failure(kind: .application, message: "no luck", type: "HttpError")
        let run = try await Self.run([:], by: Orchestrator(failing: failure))
        #expect(run.result.error == "Job job-1 of parts/c.json failed: no luck")
        #expect(run.failure?.type == "HttpError")
        #expect(run.result.nodeOutputs?["call"]?["success"] == false)
    }

    @Test func `a run that is to stop leaves the job that it waits for, and finds it again`() async throws {
        let orchestrator = Orchestrator()
        let (document, issues) = WorkflowDocument.parse(
            StandardRun.workflow(
                ["call": ("CallSubworkflowNode", ["subworkflow_path": "parts/c.json", "execution_mode": "async"])],
                extra: ["subflows": .object(Self.subflows)]))
        let program = try Program(try #require(document, "\(issues)"), catalogue: StandardNodes.catalogue)
        let journal = MemoryJournal()
        func run(until isStopRequested: @escaping @Sendable () -> Bool) async throws -> RunConclusion {
            let driver = RunDriver(
                program: program, runID: "run", options: Job.Options(), variables: [:], journal: journal,
                environment: RunEnvironment(
                    workingDirectory: "/tmp", sleep: { _ in }, isStopRequested: isStopRequested,
                    submitter: orchestrator))
            return try await driver.run()
        }
        let left = try await run { orchestrator.state.withLock(\.looks) == 1 }
        guard case .interrupted = left else {
            Issue.record("\(left)")
            return
        }
        let conclusion = try await run { false }
        guard case .finished(_, nil, _) = conclusion else {
            Issue.record("\(conclusion)")
            return
        }
        let keys = orchestrator.state.withLock { $0.submissions.map { $0.key } }
        #expect(keys.count == 2 && Set(keys).count == 1)
    }

    @Test func `without an orchestrator the workflow runs here`() async throws {
        let run = try await Self.run([:], by: nil)
        #expect(run["seen"] == 41)
    }

    @Test func `a workflow that is not waited for is a job as well`() async throws {
        let orchestrator = Orchestrator()
        let run = try await StandardRun(
            ["run": ("ExecuteWorkflowNode", ["workflow_path": "stored-name", "wait_for_completion": false])],
            submitter: orchestrator)
        #expect(run.failure == nil)
        let (submission, _) = try #require(orchestrator.state.withLock { $0.submissions.first })
        #expect(submission.workflow == "stored-name")
        #expect(submission.document == nil)
        #expect(!submission.waits)
    }
}
