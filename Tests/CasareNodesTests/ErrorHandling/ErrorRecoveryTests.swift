import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

struct ErrorRecoveryTests {
    private static func recovery(_ strategy: String, _ retries: Int = 3) -> (String, Object) {
        ("ErrorRecoveryNode", ["strategy": .string(strategy), "max_retries": .int(retries)])
    }

    @Test func `continue goes on behind a failing node`() async throws {
        let run = try await StandardRun(
            ["r": Self.recovery("continue"), "bad": StandardRun.fail("bad"), "after": StandardRun.set("after", 1)],
            ["r > bad", "bad > after"])
        #expect(run.failure == nil)
        #expect(run["after"] == 1)
        #expect(run.result.nodeErrors.map(\.node) == ["bad"])
    }

    @Test func `it holds from its node on, and not before`() async throws {
        let run = try await StandardRun(
            ["bad": StandardRun.fail("bad"), "r": Self.recovery("continue")], ["bad > r"])
        #expect(run.result.error == "bad")
    }

    @Test(arguments: 0...2)
    func `retry executes a failing node again so often and no more`(retries: Int) async throws {
        let run = try await StandardRun(
            ["r": Self.recovery("retry", retries), "bad": StandardRun.fail("bad")], ["r > bad"])
        #expect(run.result.error == "bad")
        #expect(run.result.nodeErrors.count == retries + 1)
    }

    @Test func `fallback goes on at its own port, once`() async throws {
        let run = try await StandardRun(
            [
                "r": Self.recovery("fallback"), "loop": ("ForLoopStartNode", ["items": [1, 2]]),
                "try": ("TryNode", ["paired_finally_id": "fin"]), "bad": StandardRun.fail("bad"),
                "fin": ("FinallyNode", [:]), "clean": StandardRun.say("cleaned "),
                "plan": StandardRun.say("plan b"), "worse": StandardRun.fail("worse"),
            ],
            [
                "r > loop", "loop.body > try", "try.try_body > bad", "fin.finally_body > clean", "r.fallback > plan",
                "plan > worse",
            ], given: ["out": ""])
        #expect(run["out"] == "cleaned plan b")
        #expect(run.result.error == "worse")
        let unconnected = try await StandardRun(
            ["r": Self.recovery("fallback"), "bad": StandardRun.fail("bad")], ["r > bad"])
        #expect(unconnected.result.error == "bad")
    }

    @Test func `restart begins the run anew so often and no more`() async throws {
        let run = try await StandardRun(
            [
                "one": ("IncrementVariableNode", ["variable_name": "n"]), "r": Self.recovery("restart", 2),
                "bad": StandardRun.fail("bad after {{n}}"),
            ], ["one > r", "r > bad"], variables: ["n": 10])
        #expect(run.result.error == "bad after 11")
        #expect(run.result.trace == ["one", "r", "bad", "one", "r", "bad", "one", "r", "bad"])
    }

    @Test(arguments: ["stop", "", "hope"])
    func `stop, and whatever is no strategy, stops the run`(strategy: String) async throws {
        let run = try await StandardRun(
            ["r": Self.recovery(strategy), "bad": StandardRun.fail("bad"), "after": StandardRun.set("after", 1)],
            ["r > bad", "bad > after"], settings: ["stop_on_error": false])
        #expect(run.result.error == "bad")
        #expect(run["after"].isNull)
        #expect(run.events.contains { $0.contains("There is no strategy") } == (strategy == "hope"))
    }

    @Test func `a handler around the node comes first`() async throws {
        let run = try await StandardRun(
            [
                "r": Self.recovery("continue"), "try": ("TryNode", ["paired_catch_id": "catch"]),
                "bad": StandardRun.fail("bad"), "after": StandardRun.say("after"), "catch": ("CatchNode", [:]),
                "handle": StandardRun.say("caught"),
            ], ["r > try", "try.try_body > bad", "bad > after", "catch.catch_body > handle"], given: ["out": ""])
        #expect(run["out"] == "caught")
    }

    @Test func `a Try that does not catch an error is no handler of it`() async throws {
        let run = try await StandardRun(
            [
                "try": ("TryNode", ["paired_catch_id": "catch", "paired_finally_id": "fin"]),
                "bad": StandardRun.fail("bad"), "after": StandardRun.say("after "),
                "catch": ("CatchNode", ["error_types": "HttpError"]), "fin": ("FinallyNode", [:]),
                "clean": StandardRun.say("cleaned"),
            ], ["try.try_body > bad", "bad > after", "fin.finally_body > clean"], settings: ["stop_on_error": false],
            given: ["out": ""])
        #expect(run["out"] == "after cleaned")
        #expect(run.failure == nil)
    }

    @Test func `in a called workflow it holds for that workflow`() async throws {
        let child = StandardRun.workflow(
            ["r": Self.recovery("continue"), "bad": StandardRun.fail("inner")], ["r > bad"])
        let run = try await StandardRun(
            ["call": ("SubflowNode", ["subflow_path": "c.json"]), "bad": StandardRun.fail("outer")], ["call > bad"],
            subflows: ["c.json": child])
        #expect(run.result.error == "outer")
    }
}

struct ErrorRecordTests {
    private static let noon = Date(timeIntervalSince1970: 1_700_000_000)

    private static let caught: KeyValuePairs<String, (String, Object)> = [
        "try": ("TryNode", ["paired_catch_id": "catch"]), "bad": StandardRun.fail("bad"), "catch": ("CatchNode", [:]),
        "keep": StandardRun.set("seen", "{{catch.error_node}} at {{catch.timestamp}}"),
    ]

    @Test func `a Catch knows which node failed, and when`() async throws {
        let run = try await StandardRun(
            Self.caught, ["try.try_body > bad", "catch.catch_body > keep"], now: { Self.noon })
        let seen = try #require(run["seen"].string)
        #expect(seen.hasPrefix("bad at 2023-11-1"))
    }

    @Test func `an OnError knows it too`() async throws {
        let run = try await StandardRun(
            [
                "guard": ("OnErrorNode", [:]), "bad": StandardRun.fail("bad"),
                "keep": StandardRun.set("seen", "{{guard.error_node}} {{guard.timestamp}}"),
            ], ["guard.protected_body > bad", "guard.on_error > keep"], now: { Self.noon })
        #expect(run["seen"].string?.hasPrefix("bad 2023-11-1") == true)
    }

    @Test func `a logged error has its time`() async throws {
        let run = try await StandardRun(
            [
                "log": ("LogErrorNode", ["error_message": "m"]),
                "keep": StandardRun.set("at", "{{log.log_entry.timestamp}}"),
            ], ["log > keep"], now: { Self.noon })
        #expect(run["at"].string?.hasPrefix("2023-11-1") == true)
    }
}
