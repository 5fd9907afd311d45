import CasareDomain
import CasareEngine
import Testing

/// A disabled node counts as done and leads on where the run would go without it.
struct DisabledNodeTests {
    private static func off(_ type: String, _ config: Object = [:]) -> (String, Object) {
        (type, config.merging(["_disabled": true]))
    }

    @Test func `values pass through to ports of the same name`() async throws {
        let run = try await StandardRun(
            [
                "a": StandardRun.set("x", 5), "b": Self.off("IncrementVariableNode", ["variable_name": "x"]),
                "c": StandardRun.set("y", "{{b.value}}"),
            ], ["a > b", "a.value > b.value", "b > c"])
        #expect(run["x"] == 5)
        #expect(run["y"] == 5)
        #expect(run.result.trace == ["a", "b (bypassed)", "c"])
    }

    @Test func `a disabled If goes on at its usual output and at no side`() async throws {
        let sides = try await StandardRun(
            ["if": Self.off("IfNode", ["condition": true]), "yes": StandardRun.say("yes")], ["if.true > yes"])
        #expect(sides["out"].isNull)
        let usual = try await StandardRun(
            [
                "if": Self.off("IfNode", ["condition": true]), "yes": StandardRun.say("yes"),
                "on": StandardRun.set("on", 1),
            ],
            ["if.true > yes", "if > on"])
        #expect(usual["on"] == 1)
        #expect(usual["out"].isNull)
    }

    @Test(
        arguments: [
            ("ForLoopStartNode", ["items": [1, 2]], "body", "completed"),
            ("WhileLoopStartNode", ["condition": true], "body", "completed"),
            ("ParallelForEachNode", ["items": [1]], "body", "completed"),
            ("RetryNode", [:], "retry_body", "success"), ("TryNode", [:], "try_body", "exec_out"),
            ("OnErrorNode", [:], "protected_body", "exec_out"),
        ] as [(String, Object, String, String)])
    func `what is inside a disabled structure is left out`(
        type: String, config: Object, body: String, after: String
    ) async throws {
        let run = try await StandardRun(
            ["s": Self.off(type, config), "in": StandardRun.say("in"), "after": StandardRun.set("after", 1)],
            ["s.\(body) > in", "s.\(after) > after"])
        #expect(run["out"].isNull)
        #expect(run["after"] == 1)
    }

    @Test func `a disabled Fork goes on behind its Join`() async throws {
        let run = try await StandardRun(
            [
                "fork": Self.off("ForkNode", ["paired_join_id": "join"]), "one": StandardRun.say("one"),
                "join": ("JoinNode", [:]), "after": StandardRun.set("after", 1),
            ], ["fork.branch_1 > one", "one > join", "join > after"])
        #expect(run["out"].isNull)
        #expect(run["after"] == 1)
    }

    @Test func `a disabled Catch catches nothing, and a disabled Finally does nothing`() async throws {
        let run = try await StandardRun(
            [
                "try": ("TryNode", ["paired_catch_id": "catch", "paired_finally_id": "fin"]),
                "bad": StandardRun.fail("bad"), "catch": Self.off("CatchNode"), "handle": StandardRun.say("caught"),
                "fin": Self.off("FinallyNode"), "clean": StandardRun.say("cleaned"),
            ], ["try.try_body > bad", "catch.catch_body > handle", "fin.finally_body > clean"])
        #expect(run.result.error == "bad")
        #expect(run["out"].isNull)
    }
}
