import CasareDomain
import CasareEngine
import Testing

struct ControlFlowTests {
    let world = World()

    @Test func `followers of one port run breadth first and a shared follower once`() async throws {
        let result = try await self.world.run(
            document(
                [
                    "a": ("AddNode", ["name": "out", "text": "a"]), "b": ("AddNode", ["name": "out", "text": "b"]),
                    "c": ("AddNode", ["name": "out", "text": "c"]), "join": ("AddNode", ["name": "out", "text": "j"]),
                ], ["a > b", "a > c", "b > join", "c > join"]))
        #expect(result.variables["out"] == "abcj")
        #expect(result.trace == ["a", "b", "c", "join"])
    }

    @Test func `break runs the finally blocks on its way out`() async throws {
        let result = try await self.world.run(
            document(
                [
                    "loop": ("ForLoopStartNode", ["items": [1, 2, 3]]),
                    "try": ("TryNode", ["paired_finally_id": "fin"]),
                    "stop": ("BreakNode", [:]), "fin": ("FinallyNode", [:]),
                    "clean": ("AddNode", ["name": "out", "text": "f{{item}}"]),
                    "after": ("AddNode", ["name": "out", "text": "|done"]),
                ], ["loop.body > try", "try.try_body > stop", "fin.finally_body > clean", "loop.completed > after"]))
        #expect(result.success)
        #expect(result.variables["out"] == "f1|done")
    }

    @Test func `continue of the outer loop leaves the inner one`() async throws {
        let result = try await self.world.run(
            document(
                [
                    "outer": ("ForLoopStartNode", ["items": ["a", "b"], "item_var": "x"]),
                    "inner": ("ForLoopStartNode", ["items": [1, 2], "item_var": "y"]),
                    "add": ("AddNode", ["name": "out", "text": "{{x}}{{y}} "]),
                    "go": ("ContinueNode", ["paired_loop_start_id": "outer"]),
                ], ["outer.body > inner", "inner.body > add", "add > go"]))
        #expect(result.variables["out"] == "a1 b1 ")
    }

    @Test func `break outside of a loop fails and says so`() async throws {
        let result = try await self.world.run(
            document(["b": ("SetNode", ["name": "x"]), "stop": ("BreakNode", [:])], ["b > stop"]))
        #expect(result.error == "Break is not inside a loop")
    }

    @Test func `an error skips the rest of the body and its catch sees it`() async throws {
        let result = try await self.world.run(
            document(
                [
                    "try": ("TryNode", ["paired_catch_id": "catch", "paired_finally_id": "fin"]),
                    "bad": ("FailNode", ["message": "no luck", "type": "HttpError"]),
                    "never": ("AddNode", ["name": "out", "text": "never"]),
                    "catch": ("CatchNode", ["error_types": "ValueError, HttpError"]),
                    "handle": ("AddNode", ["name": "out", "text": "{{catch.error_type}}:{{catch.error_message}}"]),
                    "fin": ("FinallyNode", [:]), "clean": ("AddNode", ["name": "out", "text": "|{{fin.had_error}}"]),
                    "after": ("AddNode", ["name": "out", "text": "|after"]),
                ],
                [
                    "try.try_body > bad", "bad > never", "catch.catch_body > handle", "fin.finally_body > clean",
                    "try.exec_out > after",
                ]))
        #expect(result.success)
        #expect(result.variables["out"] == "HttpError:no luck|true|after")
    }

    @Test func `a catch of other types lets the error through after its finally`() async throws {
        let result = try await self.world.run(
            document(
                [
                    "try": ("TryNode", ["paired_catch_id": "catch", "paired_finally_id": "fin"]),
                    "bad": ("FailNode", ["type": "HttpError"]), "catch": ("CatchNode", ["error_types": "ValueError"]),
                    "handle": ("AddNode", ["name": "out", "text": "handled"]), "fin": ("FinallyNode", [:]),
                    "clean": ("AddNode", ["name": "out", "text": "cleaned"]),
                ], ["try.try_body > bad", "catch.catch_body > handle", "fin.finally_body > clean"]))
        #expect(!result.success)
        #expect(result.error == "boom")
        #expect(result.variables["out"] == "cleaned")
    }

    @Test func `an error in a catch reaches the outer try`() async throws {
        let result = try await self.world.run(
            document(
                [
                    "outer": ("TryNode", ["paired_catch_id": "oc"]), "inner": ("TryNode", ["paired_catch_id": "ic"]),
                    "bad": ("FailNode", ["message": "first"]), "ic": ("CatchNode", [:]),
                    "again": ("FailNode", ["message": "second"]), "oc": ("CatchNode", [:]),
                    "keep": ("SetNode", ["name": "seen", "value": "{{oc.error_message}}"]),
                ], ["outer.try_body > inner", "inner.try_body > bad", "ic.catch_body > again", "oc.catch_body > keep"]))
        #expect(result.success)
        #expect(result.variables["seen"] == "second")
    }

    @Test(arguments: [(1, true), (2, true), (3, false)])
    func `a retry node tries as often as it may`(failures: Int, succeeds: Bool) async throws {
        self.world.failNext("call", times: failures)
        let result = try await self.world.run(
            document(
                [
                    "retry": ("RetryNode", ["max_attempts": 3, "initial_delay": 0]),
                    "call": ("ActNode", ["name": "call"]),
                    "ok": ("SetNode", ["name": "end", "value": "ok after {{retry.attempt}}"]),
                    "bad": ("SetNode", ["name": "end", "value": "gave up: {{retry.last_error}}"]),
                ], ["retry.retry_body > call", "retry.success > ok", "retry.failed > bad"]))
        #expect(result.success)
        #expect(result.variables["end"] == (succeeds ? .string("ok after \(failures + 1)") : "gave up: call failed"))
    }

    @Test func `an OnError runs its handler and its finally, and goes on`() async throws {
        let result = try await self.world.run(
            document(
                [
                    "guard": ("OnErrorNode", [:]), "bad": ("FailNode", [:]),
                    "handle": ("AddNode", ["name": "out", "text": "{{guard.error_node}}"]),
                    "clean": ("AddNode", ["name": "out", "text": "|clean"]),
                    "after": ("AddNode", ["name": "out", "text": "|after"]),
                ], ["guard.protected_body > bad", "guard.on_error > handle", "guard.finally > clean", "guard > after"]))
        #expect(result.variables["out"] == "bad|clean|after")
    }

    @Test func `branches of a fork work on copies and meet in the join`() async throws {
        let result = try await self.world.run(
            document(
                [
                    "fork": ("ForkNode", ["paired_join_id": "join"]), "one": ("SetNode", ["name": "x", "value": 1]),
                    "two": ("FailNode", ["message": "lost"]), "join": ("JoinNode", [:]),
                    "end": ("SetNode", ["name": "end", "value": "{{branch_1_x}} {{join.branch_count}} {{x}}"]),
                ], ["fork.branch_1 > one", "fork.branch_2 > two", "one > join", "two > join", "join > end"]))
        #expect(result.variables["end"] == "1 2 {{x}}")
    }

    @Test func `with stop_on_error off a failing node is passed over`() async throws {
        let result = try await self.world.run(
            document(
                ["bad": ("FailNode", [:]), "after": ("SetNode", ["name": "x", "value": 1])], ["bad > after"],
                settings: ["stop_on_error": false]))
        #expect(result.success)
        #expect(result.variables["x"] == 1)
        #expect(result.nodeErrors.map(\.node) == ["bad"])
    }

    @Test(arguments: [6, 7])
    func `a run that never ends is ended`(executions: Int) async throws {
        let driver = try self.world.driver(
            document(
                [
                    "loop": ("WhileLoopStartNode", ["condition": true, "max_iterations": 3]),
                    "x": ("SetNode", ["name": "x"]),
                ],
                ["loop.body > x"]),
            environment: RunEnvironment(workingDirectory: "/tmp", executionsMax: executions))
        guard case .finished(let result, _, _) = try await driver.run() else { return }
        // Three passes of two executions each, and the last look at the condition.
        #expect(result.error == (executions == 6 ? "The run exceeds maximum node executions (6)" : nil))
    }

    @Test(arguments: [
        (0, 3, 1, 3), (0, 10, 3, 4), (3, 0, -1, 3), (5, 5, 1, 0), (5, 0, 1, 0), (0, .min, .min, 1), (.max, .min, 1, 0),
    ])
    func `a range counts as it should`(start: Int, end: Int, step: Int, passes: Int) async throws {
        let result = try await self.world.run(
            document(
                [
                    "loop": (
                        "ForLoopStartNode",
                        ["mode": "range", "start": .int(start), "end": .int(end), "step": .int(step)]
                    ), "add": ("AddNode", ["name": "out", "text": "x"]),
                ], ["loop.body > add"]))
        #expect((result.variables["out"]?.string ?? "").count == passes)
    }
}
