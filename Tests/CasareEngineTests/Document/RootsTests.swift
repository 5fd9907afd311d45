import CasareEngine
import Testing

@Suite struct RootsTests {
    @Test func `the first StartNode is the only root`() {
        #expect(
            DocumentFixtures.roots(["a": "LogNode", "s1": "StartNode", "s2": "StartNode"], ["s1 -> a"]) == ["s1"])
    }

    @Test func `without a StartNode every node that nothing leads to is a root, in document order`() {
        #expect(
            DocumentFixtures.roots(
                ["c": "LogNode", "a": "LogNode", "b": "SetVariableNode"], ["a -> c", "b.value -> a.message"])
                == ["a", "b"])
    }

    @Test func `nodes that others bring into play are no roots`() {
        #expect(
            DocumentFixtures.roots(
                [
                    "n": "CommentNode", "c": "CatchNode", "f": "FinallyNode", "j": "JoinNode", "e": "ForLoopEndNode",
                    "b": "BreakNode", "a": "LogNode",
                ], []) == ["a"])
    }

    @Test func `a trigger that nothing leads to is not run, but what follows it is`() {
        #expect(
            DocumentFixtures.roots(
                [
                    "t1": "ScheduleTriggerNode", "a": "LogNode", "t2": "ScheduleTriggerNode", "b": "LogNode",
                    "t3": "ScheduleTriggerNode",
                ], ["t1 -> a", "a -> t2", "t2 -> b"]) == ["a"])
    }

    @Test func `a loop whose end is drawn back to its start is still a root`() {
        let types: KeyValuePairs = ["l": "ForLoopStartNode", "a": "LogNode", "e": "ForLoopEndNode"]
        #expect(DocumentFixtures.roots(types, ["l.body -> a", "a -> e", "e -> l"]) == ["l"])
    }
}
