import CasareDomain
import CasareEngine
import Testing

/// An effect that is cut off may or may not have happened: nothing repeats it unasked.
struct InDoubtTests {
    let world = World()

    private func conclusion(
        _ json: Value, options: Job.Options = Job.Options(nodeTimeoutSeconds: 0.05, trace: true),
        journal: any Journal = MemoryJournal()
    ) async throws -> RunConclusion {
        try await self.world.driver(json, options: options, journal: journal).run()
    }

    private static func stalling(_ config: Object = [:]) -> Value {
        document(["pay": ("StallNode", Object([("name", .string("pay"))]).merging(config))], [])
    }

    @Test func `an effect that is cut off by its time limit is in doubt`() async throws {
        let journal = RunDriverTests.RecordingJournal()
        guard
            case .inDoubt(let question, let result, let entries) = try await self.conclusion(
                Self.stalling(), journal: journal)
        else {
            Issue.record("It was not asked about")
            return
        }
        #expect(question.step == 0)
        #expect(question.node == "pay")
        #expect(question.text == "Did pay (StallNode) happen? It timed out after 0.05s.")
        #expect(result.success == false)
        // The intent is durable, and no result stands beside it: whoever goes on finds the step in doubt.
        #expect(await journal.all.map { $0.result == nil } == [true])
        #expect(entries.isEmpty)
    }

    @Test func `a node that does not know what it did is in doubt as well`() async throws {
        let lost = document(["pay": ("LoseNode", ["name": "pay"])], [])
        guard case .inDoubt(let question, _, _) = try await self.conclusion(lost) else {
            Issue.record("It was not asked about")
            return
        }
        #expect(question.text == "Did pay (LoseNode) happen? Its connection broke.")
    }

    @Test func `the job's own limit in the middle of an effect leaves it in doubt`() async throws {
        guard
            case .inDoubt(let question, _, _) = try await self.conclusion(
                Self.stalling(), options: Job.Options(timeoutSeconds: 0.05))
        else {
            Issue.record("It was not asked about")
            return
        }
        #expect(question.text.contains("The job's time of 0.05s was up in the middle of it"))
    }

    @Test func `an effect is not begun once the job's time is up`() async throws {
        let journal = RunDriverTests.RecordingJournal()
        let conclusion = try await self.conclusion(
            Self.stalling(), options: Job.Options(timeoutSeconds: 0), journal: journal)
        guard case .finished(_, let failure, let entries) = conclusion else {
            Issue.record("\(conclusion)")
            return
        }
        #expect(failure?.kind == .timeout)
        #expect(self.world.effects.isEmpty)
        #expect(await journal.all.isEmpty)
        #expect(entries.isEmpty)
    }

    private static let swallowers: [(String, Value)] = [
        (
            "try",
            document(
                [
                    "try": ("TryNode", ["paired_catch_id": "catch"]), "pay": ("StallNode", ["name": "pay"]),
                    "catch": ("CatchNode", [:]), "after": ("ActNode", ["name": "after"]),
                ], ["try.try_body > pay", "catch.catch_body > after"])
        ),
        (
            "retry",
            document(
                ["retry": ("RetryNode", ["initial_delay": 0]), "pay": ("StallNode", ["name": "pay"])],
                ["retry.retry_body > pay"])
        ),
        (
            "on error",
            document(
                [
                    "guard": ("OnErrorNode", [:]), "pay": ("StallNode", ["name": "pay"]),
                    "after": ("ActNode", ["name": "after"]),
                ], ["guard.protected_body > pay", "guard.on_error > after", "guard.finally > after"])
        ),
        (
            "error port",
            document(
                ["pay": ("StallNode", ["name": "pay"]), "after": ("ActNode", ["name": "after"])], ["pay.error > after"])
        ),
        (
            "settings",
            document(
                ["pay": ("StallNode", ["name": "pay"]), "after": ("ActNode", ["name": "after"])], ["pay > after"],
                settings: ["retry_count": 3, "stop_on_error": false])
        ),
        (
            "fork",
            document(
                [
                    "fork": ("ForkNode", [:]), "pay": ("StallNode", ["name": "pay"]),
                    "after": ("ActNode", ["name": "after"]),
                ], ["fork.branch_1 > pay", "fork.branch_2 > after"])
        ),
    ]

    @Test(arguments: Self.swallowers)
    func `no handler swallows a doubt`(name: String, workflow: Value) async throws {
        guard case .inDoubt(let question, _, _) = try await self.conclusion(workflow) else {
            Issue.record("\(name) swallowed it")
            return
        }
        #expect(question.node == "pay")
        #expect(self.world.effects == ["pay"])
    }

    @Test func `on_recovery retry makes it a failure like any other`() async throws {
        let retried = document(
            [
                "retry": ("RetryNode", ["initial_delay": 0, "max_attempts": 2]),
                "pay": ("StallNode", ["name": "pay", "on_recovery": "retry"]),
            ], ["retry.retry_body > pay"])
        guard case .finished(_, let failure, _) = try await self.conclusion(retried) else {
            Issue.record("It was asked about")
            return
        }
        #expect(failure?.kind == .application)
        #expect(failure?.type == "TimeoutError")
        #expect(self.world.effects == ["pay", "pay"])
    }

    @Test func `on_recovery skip goes on as if it had happened`() async throws {
        guard
            case .finished(let result, nil, let entries) = try await self.conclusion(
                Self.stalling(["on_recovery": "skip"]))
        else {
            Issue.record("It did not go on")
            return
        }
        #expect(result.success)
        #expect(entries.map(\.result) == [.succeeded(NodeResult())])
    }

    @Test func `on_recovery fail fails the job for good, and a later attempt finds the step in doubt`() async throws {
        let journal = RunDriverTests.RecordingJournal()
        let first = try await self.conclusion(Self.stalling(["on_recovery": "fail"]), journal: journal)
        guard case .finished(_, let failure, let entries) = first else {
            Issue.record("\(first)")
            return
        }
        #expect(failure?.type == "InDoubtError")
        #expect(failure?.kind.isRetryable == false)
        #expect(entries.allSatisfy { $0.result == nil })
        let second = try await self.conclusion(
            Self.stalling(["on_recovery": "fail"]), journal: RunDriverTests.RecordingJournal(await journal.all))
        guard case .finished(_, let again, _) = second else {
            Issue.record("\(second)")
            return
        }
        #expect(again?.type == "InDoubtError")
        #expect(self.world.effects == ["pay"])
    }

    @Test func `on_recovery fail reaches a catch, but nothing repeats the step`() async throws {
        let caught = document(
            [
                "try": ("TryNode", ["paired_catch_id": "catch"]),
                "retry": ("RetryNode", ["initial_delay": 0]),
                "pay": ("StallNode", ["name": "pay", "on_recovery": "fail"]), "catch": ("CatchNode", [:]),
                "keep": ("SetNode", ["name": "seen", "value": "{{catch.error_type}}"]),
            ], ["try.try_body > retry", "retry.retry_body > pay", "catch.catch_body > keep"],
            settings: ["retry_count": 2])
        guard case .finished(let result, nil, _) = try await self.conclusion(caught) else {
            Issue.record("It was not caught")
            return
        }
        #expect(result.variables["seen"] == "InDoubtError")
        #expect(self.world.effects == ["pay"])
    }

    /// What becomes of a step in doubt: of a workflow that pays, or calls one that does.
    private func ending(of workflow: Value) async throws -> String {
        switch try await self.conclusion(workflow) {
        case .finished(_, nil, _): return "completed"
        case .finished(_, let failure?, _): return failure.type
        case .inDoubt: return "asked"
        case .interrupted: return "interrupted"
        }
    }

    @Test(
        arguments: [
            ("skip", nil, "completed"), ("fail", nil, "InDoubtError"), ("retry", nil, "TimeoutError"),
            ("ask", nil, "asked"), ("skip", "ask", "asked"), ("ask", "Skip", "completed"),
            ("retry", "fail", "InDoubtError"),
        ] as [(String, String?, String)])
    func `a workflow says what becomes of steps whose nodes say nothing`(
        setting: String, node: String?, ending: String
    ) async throws {
        var config: Object = ["name": "pay"]
        if let node { config["on_recovery"] = .string(node) }
        let workflow = document(["pay": ("StallNode", config)], [], settings: ["on_recovery": .string(setting)])
        #expect(try await self.ending(of: workflow) == ending)
    }

    @Test func `a called workflow has its own word on that`() async throws {
        for (caller, called, ending) in [("skip", "ask", "asked"), ("ask", "skip", "completed")] {
            var workflow = document(
                ["call": ("CallNode", ["subworkflow_path": "c"])], [], settings: ["on_recovery": .string(caller)])
            if case .object(var members) = workflow {
                members["subflows"] = [
                    "c": document(
                        ["pay": ("StallNode", ["name": "pay"])], [], settings: ["on_recovery": .string(called)])
                ]
                workflow = .object(members)
            }
            #expect(try await self.ending(of: workflow) == ending)
        }
    }

    @Test func `a step that only reads, and a node that fails by itself, are known to have failed`() async throws {
        guard
            case .finished(let nap, _, _) = try await self.conclusion(
                document(["nap": ("NapNode", ["seconds": 60])], []))
        else {
            Issue.record("Reading was in doubt")
            return
        }
        #expect(nap.error == "Node nap timed out after 0.05s")
        self.world.failNext("act", times: 1)
        guard
            case .finished(let act, _, let entries) = try await self.conclusion(
                document(["act": ("ActNode", ["name": "act"])], []), options: Job.Options())
        else {
            Issue.record("A failure was in doubt")
            return
        }
        #expect(act.error == "act failed")
        #expect(entries.last?.result == .failed(NodeFailure("NetworkError", "act failed")))
    }
}
