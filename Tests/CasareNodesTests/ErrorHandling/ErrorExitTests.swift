import CasareDomain
import CasareEngine
import Testing

/// Every way by which an error leaves a node (workflow format §8), and which of two comes first.
struct ErrorExitTests {
    private static let ports = ["error", "exec_error", "failed", "on_error", "invalid", "no_match"]

    /// Handlers around a failing node `bad`, each with the edges that put `bad` into it. What they say is `handled`.
    private static let handlers: [(name: String, edges: [String])] = [
        ("try", ["try.try_body > bad", "catch.catch_body > handled"]),
        ("onError", ["onError.protected_body > bad", "onError.on_error > handled"]),
        ("retry", ["retry.retry_body > bad", "retry.failed > handled"]),
    ]

    private static func run(_ edges: [String], settings: Object = [:]) async throws -> StandardRun {
        let all: KeyValuePairs<String, (String, Object)> = [
            "start": ("StartNode", [:]), "try": ("TryNode", ["paired_catch_id": "catch"]), "catch": ("CatchNode", [:]),
            "onError": ("OnErrorNode", [:]),
            "retry": ("RetryNode", ["max_attempts": 2, "initial_delay": 0]), "bad": StandardRun.fail("bad"),
            "own": StandardRun.say("own "), "handled": StandardRun.say("handled "), "next": StandardRun.say("next "),
        ]
        return try await StandardRun(all, edges, settings: settings, given: ["out": ""])
    }

    // MARK: Its own port

    @Test(arguments: Self.ports)
    func `a node's own error port is taken in place of its usual one, and the run succeeds`(port: String) async throws {
        let run = try await Self.run(["start > bad", "bad.\(port) > own", "bad > next"])
        #expect(run.failure == nil)
        #expect(run["out"] == "own ")
        #expect(run.result.nodeErrors.map(\.node) == ["bad"])
        #expect(run.result.trace == ["start", "bad", "own"])
    }

    @Test func `of several error ports the first counts, alone`() async throws {
        let run = try await Self.run(["start > bad", "bad.failed > handled", "bad.error > own"])
        #expect(run["out"] == "own ")
    }

    @Test(arguments: Self.ports)
    func `a node that does well takes none of them`(port: String) async throws {
        let run = try await StandardRun(
            ["good": StandardRun.say("good "), "own": StandardRun.say("own "), "next": StandardRun.say("next ")],
            ["good.\(port) > own", "good > next"], given: ["out": ""])
        #expect(run["out"] == "good next ")
    }

    @Test(arguments: Self.handlers.indices)
    func `its own port comes before what is around it, before repetition and before going on`(
        index: Int
    ) async throws {
        let handler = Self.handlers[index]
        for settings: Object in [[:], ["retry_count": 3], ["stop_on_error": false]] {
            let run = try await Self.run(
                ["start > \(handler.name)", "bad.error > own", "bad > next"] + handler.edges, settings: settings)
            #expect(run.failure == nil)
            #expect(run["out"] == "own ", "\(handler.name) \(settings)")
            #expect(run.result.nodeErrors.count == 1)
        }
    }

    @Test func `an error behind an error port leaves like any other`() async throws {
        let run = try await StandardRun(
            [
                "bad": StandardRun.fail("bad"), "worse": StandardRun.fail("worse"),
                "worst": StandardRun.fail("worst"), "own": StandardRun.say("own"),
            ], ["bad.error > worse", "worse.failed > worst"])
        #expect(run.result.error == "worst" && run.failure?.node == "worst")
        #expect(run.result.nodeErrors.map(\.node) == ["bad", "worse", "worst"])
    }

    @Test func `what a failed node gave is there behind its error port`() async throws {
        let run = try await StandardRun(
            [
                "bad": ("AssertNode", ["condition": false, "message": "no"]),
                "own": StandardRun.set("seen", "{{bad.passed}}"),
            ], ["bad.error > own"])
        #expect(run["seen"] == false || run["seen"] == "false" || run["seen"] == "False")
    }

    @Test func `in a loop the pass goes on behind the error port, and the next passes come`() async throws {
        let run = try await StandardRun(
            [
                "loop": ("ForLoopStartNode", ["items": [1, 2, 3]]), "bad": StandardRun.fail("bad {{item}}"),
                "own": StandardRun.say("{{item}} "), "done": StandardRun.say("done"),
            ], ["loop.body > bad", "bad.on_error > own", "loop.completed > done"], given: ["out": ""])
        #expect(run["out"] == "1 2 3 done")
        #expect(run.result.nodeErrors.map(\.error) == ["bad 1", "bad 2", "bad 3"])
    }

    // MARK: Repetition

    @Test(arguments: 0...3)
    func `a node is repeated as its workflow's setting says, before a handler sees the error`(
        count: Int
    ) async throws {
        for handler in Self.handlers where handler.name != "retry" {
            let run = try await Self.run(
                ["start > \(handler.name)"] + handler.edges, settings: ["retry_count": .int(count)])
            #expect(run["out"] == "handled " && run.failure == nil)
            #expect(run.result.nodeErrors.count == count + 1)
        }
    }

    // MARK: Handlers

    @Test(arguments: Self.handlers.indices)
    func `the handler around a node takes its error, and the rest of the body is left out`(index: Int) async throws {
        let handler = Self.handlers[index]
        let run = try await Self.run(["start > \(handler.name)", "bad > next"] + handler.edges)
        #expect(run.failure == nil)
        #expect(run["out"] == "handled ")
    }

    @Test(arguments: Self.handlers.indices)
    func `a handler comes before going on behind the node`(index: Int) async throws {
        let handler = Self.handlers[index]
        let run = try await Self.run(
            ["start > \(handler.name)", "bad > next"] + handler.edges, settings: ["stop_on_error": false])
        #expect(run["out"] == "handled ")
    }

    @Test(arguments: [
        ("try", "onError"), ("onError", "try"), ("try", "retry"), ("retry", "try"), ("retry", "onError"),
        ("onError", "retry"),
    ])
    func `of two handlers the inner one takes the error, and the outer one hears nothing`(
        outer: String, inner: String
    ) async throws {
        let bodies = ["try": "try_body", "onError": "protected_body", "retry": "retry_body"]
        let answers = ["try": "catch.catch_body", "onError": "onError.on_error", "retry": "retry.failed"]
        let run = try await Self.run([
            "start > \(outer)", "\(outer).\(bodies[outer] ?? "") > \(inner)", "\(inner).\(bodies[inner] ?? "") > bad",
            "\(answers[inner] ?? "") > handled", "\(answers[outer] ?? "") > next",
        ])
        #expect(run.failure == nil)
        #expect(run["out"] == "handled ")
    }

    @Test func `a retry whose failed port is not connected fails with the last error`() async throws {
        let run = try await Self.run(["start > retry", "retry.retry_body > bad", "retry.success > next"])
        #expect(run.result.error?.contains("bad") == true && run["out"] == "")
        let caught = try await Self.run([
            "start > try", "try.try_body > retry", "retry.retry_body > bad", "catch.catch_body > handled",
        ])
        #expect(caught.failure == nil && caught["out"] == "handled ")
    }

    @Test func `an error in a finally block replaces the one before it`() async throws {
        let run = try await StandardRun(
            [
                "try": ("TryNode", ["paired_finally_id": "fin"]), "bad": StandardRun.fail("first"),
                "fin": ("FinallyNode", [:]), "worse": StandardRun.fail("second"),
            ], ["try.try_body > bad", "fin.finally_body > worse"])
        #expect(run.result.error == "second")
    }

    // MARK: No handler

    @Test func `with stop_on_error off the run goes on behind the node`() async throws {
        let run = try await Self.run(["start > bad", "bad > next"], settings: ["stop_on_error": false])
        #expect(run.failure == nil && run["out"] == "next ")
        #expect(run.result.nodeErrors.map(\.error) == ["bad"])
    }

    @Test func `otherwise the run fails with the error, and nothing that was waiting is begun`() async throws {
        let run = try await Self.run(["start > bad", "start > next", "bad > own"])
        #expect(run.failure?.message == "bad" && run.failure?.type == "CustomError" && run.failure?.node == "bad")
        #expect(run.failure?.kind == .application)
        #expect(run.result.error == "bad" && !run.result.success && run["out"] == "")
    }

    // MARK: Out of what a node is in

    @Test func `an error leaves loops on its way to the handler around them`() async throws {
        let run = try await StandardRun(
            [
                "try": ("TryNode", ["paired_catch_id": "catch"]), "catch": ("CatchNode", [:]),
                "outer": ("ForLoopStartNode", ["items": [1, 2]]),
                "inner": ("ForLoopStartNode", ["items": ["a", "b"], "item_var": "x"]),
                "bad": StandardRun.fail("bad {{item}}{{x}}"), "handled": StandardRun.say("{{catch.error_message}}"),
            ],
            ["try.try_body > outer", "outer.body > inner", "inner.body > bad", "catch.catch_body > handled"],
            given: ["out": ""])
        #expect(run["out"] == "bad 1a" && run.failure == nil)
    }

    @Test(arguments: ["CallSubworkflowNode", "SubflowNode"])
    func `an error in a called workflow leaves by the calling node`(type: String) async throws {
        let key = type == "SubflowNode" ? "subflow_path" : "subworkflow_path"
        let child = StandardRun.workflow(["bad": StandardRun.fail("inner")])
        func run(_ edges: [String]) async throws -> StandardRun {
            try await StandardRun(
                [
                    "try": ("TryNode", ["paired_catch_id": "catch"]), "catch": ("CatchNode", [:]),
                    "call": (type, [key: "c.json"]), "own": StandardRun.say("own"),
                    "handled": StandardRun.say("{{catch.error_node}}: {{catch.error_message}}"),
                ], edges, given: ["out": ""], subflows: ["c.json": child])
        }
        let own = try await run(["try.try_body > call", "call.error > own", "catch.catch_body > handled"])
        #expect(own["out"] == "own" && own.failure == nil)
        let caught = try await run(["try.try_body > call", "catch.catch_body > handled"])
        #expect(caught["out"].string?.hasPrefix("call: inner") == true && caught.failure == nil, "\(caught["out"])")
    }

    @Test func `a handler in a called workflow is that workflow's own`() async throws {
        let child = StandardRun.workflow(
            [
                "try": ("TryNode", ["paired_catch_id": "catch"]), "catch": ("CatchNode", [:]),
                "bad": StandardRun.fail("inner"), "handled": StandardRun.set("seen", "{{catch.error_message}}"),
            ], ["try.try_body > bad", "catch.catch_body > handled"])
        let run = try await StandardRun(
            ["call": ("SubflowNode", ["subflow_path": "c.json"]), "own": StandardRun.say("own")],
            ["call.error > own"], given: ["out": ""], subflows: ["c.json": child])
        #expect(run.failure == nil && run["out"] == "")
    }
}
