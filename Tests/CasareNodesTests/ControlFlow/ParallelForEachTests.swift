import CasareDomain
import CasareEngine
import Testing

struct ParallelForEachTests {
    private static func each(_ config: Object) -> (String, Object) { ("ParallelForEachNode", config) }

    @Test func `its body runs for each item on variables of its own, and the results come in order`() async throws {
        let run = try await StandardRun(
            [
                "each": Self.each(["items": ["a", "b", "c"]]),
                "work": StandardRun.set("result", "{{item}}{{index}}{{each.current_item}}{{each.current_index}}"),
                "mine": StandardRun.set("own", "{{own}}{{item}}"),
                "end": StandardRun.set("all", "{{each.results}}"),
            ], ["each.body > work", "work > mine", "each.completed > end"], given: ["own": "-", "result": "before"])
        #expect(run["all"] == ["a0a0", "b1b1", "c2c2"])
        #expect(run["own"] == "-")
        #expect(run["result"] == "before")
        #expect(run["item"].isNull)
        #expect(run.result.trace == ["each", "work", "mine", "each", "work", "mine", "each", "work", "mine", "end"])
    }

    @Test func `an item without a result is null, and one that failed says why`() async throws {
        let run = try await StandardRun(
            [
                "each": Self.each(["items": [1, 0, 2], "batch_size": 2]),
                "check": ("AssertNode", ["condition": "{{item}} > 0", "message": "too small"]),
                "two": ("IfNode", ["condition": "{{item}} == 2"]), "set": StandardRun.set("result", "two"),
                "end": StandardRun.set("all", "{{each.results}}"),
            ], ["each.body > check", "check > two", "two.true > set", "each.completed > end"])
        #expect(run["all"] == [nil, ["error": "Assertion failed: too small"], "two"])
        #expect(run.failure == nil)
    }

    @Test func `it fails with the first failing item when it is to fail fast`() async throws {
        let run = try await StandardRun(
            ["each": Self.each(["items": [1, 2], "fail_fast": true]), "bad": StandardRun.fail("item {{item}}")],
            ["each.body > bad"])
        #expect(run.result.error == "item 1")
        #expect(run.result.trace == ["each", "bad"])
    }

    @Test(
        arguments: [
            (nil, []), ([], []), ("text", ["text"]), (7, [7]), ("names", ["x", "y"]), ("[1, 2]", [1, 2]),
            ("{{names}}", ["x", "y"]), (["k": 1], [["k": 1]]),
        ] as [(Value, Value)])
    func `null is nothing, and what is no list is a list of one`(items: Value, seen: Value) async throws {
        let run = try await StandardRun(
            [
                "each": Self.each(["items": items]), "work": StandardRun.set("result", "{{item}}"),
                "end": StandardRun.set("all", "{{each.results}}"),
            ], ["each.body > work", "each.completed > end"], given: ["names": ["x", "y"]])
        #expect(run["all"] == seen)
    }

    @Test(
        arguments: [
            (["items": "{{gone}}"], "items is required: {{gone}} has no value"),
            (["items": [1], "batch_size": 51], "batch_size must be between 1 and 50, not 51"),
            (["items": [1], "timeout_per_item": 0], "timeout_per_item must be at least 1, not 0"),
        ] as [(Object, String)])
    func `what does not fit is a fault`(config: Object, message: String) async throws {
        #expect(try await StandardRun(["each": Self.each(config)]).result.error == message)
    }

    @Test func `one inside another has items of its own`() async throws {
        let run = try await StandardRun(
            [
                "outer": Self.each(["items": ["a", "b"]]), "inner": Self.each(["items": [1, 2]]),
                "work": StandardRun.set("result", "{{outer.current_item}}{{item}}"),
                "keep": StandardRun.set("result", "{{inner.results}}"),
                "end": StandardRun.set("all", "{{outer.results}}"),
            ], ["outer.body > inner", "inner.body > work", "inner.completed > keep", "outer.completed > end"])
        #expect(run["all"] == [["a1", "a2"], ["b1", "b2"]])
    }
}
