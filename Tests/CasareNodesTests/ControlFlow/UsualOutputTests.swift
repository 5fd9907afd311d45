import CasareDomain
import Testing

/// Blocks that say by a port of their own that they are done, and are wired by the usual output.
@Suite struct UsualOutputTests {
    @Test(arguments: [
        ("RetryNode", "retry_body", "success"), ("ParallelForEachNode", "body", "completed"),
        ("ForLoopStartNode", "body", "completed"),
    ])
    func `a block goes on at exec_out when its own port leads nowhere`(
        type: String, body: String, own: String
    ) async throws {
        let nodes: KeyValuePairs = [
            "block": (type, ["items": [1, 2]] as Object), "inside": StandardRun.say("inside"),
            "after": StandardRun.say("after"), "done": StandardRun.say("done"),
        ]
        let usual = ["block.\(body) > inside", "block > after"]
        let alone = try await StandardRun(nodes, usual + ["after > done"])
        #expect(alone.result.trace?.last == "done")
        let both = try await StandardRun(nodes, usual + ["block.\(own) > done"])
        #expect(both.result.trace?.last == "done")
        #expect(both.result.trace?.contains("after") == false)
    }

    @Test func `nodes that are wired by exec_out alone are passed through`() async throws {
        let run = try await StandardRun(
            [
                "retry": ("RetryNode", [:]), "each": ("ParallelForEachNode", ["items": [1]]),
                "check": ("ValidateNode", ["value": ""]), "guard": ("OnErrorNode", [:]),
                "done": StandardRun.say("done"),
            ], ["retry > each", "each > check", "check > guard", "guard > done"])
        #expect(run.failure == nil)
        #expect(run.result.trace?.last == "done")
    }
}
