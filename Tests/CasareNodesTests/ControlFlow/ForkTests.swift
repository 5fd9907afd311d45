import CasareDomain
import CasareEngine
import Testing

struct ForkTests {
    private static let edges = [
        "fork.branch_1 > one", "fork.branch_2 > two", "one > join", "two > join", "join > end",
    ]

    @Test(arguments: [
        ("all", #"{"branch_1":{"x":1},"branch_2":{"x":2}}"#), ("first", #"{"branch_1":{"x":1}}"#),
        ("last", #"{"branch_2":{"x":2}}"#),
    ])
    func `a Join keeps the results that its strategy says`(strategy: String, results: String) async throws {
        let run = try await StandardRun(
            [
                "fork": ("ForkNode", ["paired_join_id": "join"]), "one": StandardRun.set("x", 1),
                "two": StandardRun.set("x", 2), "join": ("JoinNode", ["merge_strategy": .string(strategy)]),
                "end": StandardRun.set("results", "{{join.results}}"),
            ], Self.edges)
        #expect(run["results"].jsonText() == results)
        #expect(run["branch_1_x"] == 1)
        #expect(run["branch_2_x"] == 2)
        #expect(run["x"].isNull)
    }

    @Test func `an unknown strategy and a wrong number of branches are faults`() async throws {
        let join = try await StandardRun(
            [
                "fork": ("ForkNode", ["paired_join_id": "join"]), "one": StandardRun.set("x", 1),
                "two": StandardRun.set("x", 2), "join": ("JoinNode", ["merge_strategy": "best"]),
                "end": StandardRun.set("y", 1),
            ], Self.edges)
        #expect(join.result.error == "merge_strategy must be one of: all, first, last")
        let fork = try await StandardRun(["fork": ("ForkNode", ["branch_count": 11])])
        #expect(fork.result.error == "branch_count must be between 2 and 10, not 11")
    }

    @Test func `a failing branch ends the fork when it is to fail fast`() async throws {
        let run = try await StandardRun(
            [
                "fork": ("ForkNode", ["fail_fast": true]), "one": StandardRun.fail("no luck"),
                "two": StandardRun.set("x", 2), "join": ("JoinNode", [:]), "end": StandardRun.set("y", 1),
            ], Self.edges)
        #expect(run.result.error == "no luck")
        #expect(run.result.trace == ["fork", "one"])
    }

    @Test func `without a pair the Join is the first that all branches reach`() async throws {
        let run = try await StandardRun(
            [
                "fork": ("ForkNode", [:]), "one": StandardRun.say("a"), "inner": ("JoinNode", [:]),
                "more": StandardRun.say("b"), "two": StandardRun.say("c"), "join": ("JoinNode", [:]),
                "end": StandardRun.set("count", "{{join.branch_count}}"),
            ],
            [
                "fork.branch_1 > one", "one > inner", "inner > more", "more > join", "fork.branch_2 > two",
                "two > join", "join > end",
            ], given: ["out": ""])
        #expect(run["count"] == 2)
        #expect(run["branch_1_out"] == "ab")
    }

    @Test func `what branches leave behind does not grow with the passes of a loop around them`() async throws {
        let run = try await StandardRun(
            [
                "loop": ("ForLoopStartNode", ["mode": "range", "end": 30]), "fork": ("ForkNode", [:]),
                "one": StandardRun.set("x", "{{item}}"), "two": StandardRun.set("y", "{{item}}"),
                "join": ("JoinNode", [:]),
            ], ["loop.body > fork", "fork.branch_1 > one", "fork.branch_2 > two", "one > join", "two > join"],
            given: ["_secret": 1])
        #expect(run["branch_1_x"] == 29)
        #expect(run["branch_2_y"] == 29)
        #expect(run.result.variables.count < 20)
        #expect(run.result.variables.keys.allSatisfy { !$0.contains("branch_1_branch") && !$0.contains("_secret") })
    }

    @Test func `a Break in a branch does not leave a loop around the fork`() async throws {
        let run = try await StandardRun(
            [
                "loop": ("ForLoopStartNode", ["mode": "range", "end": 2]), "fork": ("ForkNode", [:]),
                "one": ("BreakNode", [:]), "two": StandardRun.set("x", 1), "join": ("JoinNode", [:]),
                "end": StandardRun.set("error", "{{join.results.branch_1._error}}"),
            ], ["loop.body > fork"] + Self.edges)
        #expect(run["error"] == "Break is not inside a loop")
        #expect(run["item"] == 1)
    }
}
