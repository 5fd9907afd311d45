import CasareDomain
import Testing

struct ScheduleDependenciesTests {
    private typealias Edge = ScheduleDependencies.Edge

    private static func edge(_ schedule: String, _ after: [String], _ workflow: String) -> Edge {
        Edge(schedule: schedule, after: after, workflow: workflow)
    }

    @Test func `a workflow that would start after itself is a circle`() {
        let cycle = ScheduleDependencies.cycle(through: Self.edge("s", ["b", "a"], "a"), among: [])
        #expect(cycle == ["a", "a"])
    }

    @Test func `a chain is no circle, however long it is`() {
        let others = (1...500).map { Self.edge("s\($0)", ["w\($0)"], "w\($0 + 1)") }
        #expect(ScheduleDependencies.cycle(through: Self.edge("s", ["w501"], "end"), among: others) == nil)
        // What closes it is one of 501.
        let cycle = ScheduleDependencies.cycle(through: Self.edge("s", ["w501"], "w1"), among: others)
        #expect(cycle?.count == 502 && cycle?.first == "w501" && cycle?[1] == "w1" && cycle?.last == "w501")
    }

    @Test func `the way of a circle names each workflow in the order in which they start each other`() {
        let others = [Self.edge("one", ["a"], "b"), Self.edge("two", ["b", "x"], "c")]
        let cycle = ScheduleDependencies.cycle(through: Self.edge("three", ["c"], "a"), among: others)
        #expect(cycle == ["c", "a", "b", "c"])
    }

    @Test func `the shortest of several circles is told`() {
        let others = [
            Self.edge("one", ["a"], "b"), Self.edge("two", ["b"], "c"), Self.edge("short", ["a"], "c"),
        ]
        let cycle = ScheduleDependencies.cycle(through: Self.edge("three", ["c"], "a"), among: others)
        #expect(cycle == ["c", "a", "c"])
    }

    @Test func `circles that the new schedule has no part in are not its fault`() {
        let others = [Self.edge("one", ["a"], "b"), Self.edge("two", ["b"], "a")]
        #expect(ScheduleDependencies.cycle(through: Self.edge("s", ["a"], "z"), among: others) == nil)
        #expect(ScheduleDependencies.cycle(through: Self.edge("s", ["z"], "a"), among: others) == nil)
    }

    @Test func `a schedule that changes is not held against what it was before`() {
        let others = [Self.edge("one", ["a"], "b"), Self.edge("two", ["b"], "a")]
        #expect(ScheduleDependencies.cycle(through: Self.edge("two", ["b"], "c"), among: others) == nil)
        #expect(ScheduleDependencies.cycle(through: Self.edge("two", ["b"], "a"), among: others) == ["b", "a", "b"])
        // The way back went over what it did before.
        let former = [Self.edge("one", ["c"], "d"), Self.edge("two", ["d"], "b")]
        #expect(ScheduleDependencies.cycle(through: Self.edge("two", ["b"], "c"), among: former) == nil)
        let third = ScheduleDependencies.cycle(through: Self.edge("three", ["b"], "c"), among: former)
        #expect(third == ["b", "c", "d", "b"])
    }

    @Test func `one of several workflows that are waited for is enough for a circle`() {
        let others = [Self.edge("one", ["a", "p"], "b")]
        let cycle = ScheduleDependencies.cycle(through: Self.edge("s", ["q", "b"], "a"), among: others)
        #expect(cycle == ["b", "a", "b"])
    }
}
