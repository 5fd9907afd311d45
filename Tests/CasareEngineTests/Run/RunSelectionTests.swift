import CasareDomain
import CasareEngine
import Testing

/// Parts of a workflow run by themselves.
struct RunSelectionTests {
    let world = World()

    private func run(
        _ json: Value, _ selection: RunSelection, variables: Object = [:]
    ) async throws -> (result: RunResult, failure: Failure?) {
        let driver = RunDriver(
            program: try self.world.program(json), runID: "r", options: Job.Options(trace: true), variables: variables,
            selection: selection, journal: NoJournal(), environment: RunEnvironment(workingDirectory: "/tmp"))
        guard case .finished(let result, let failure, _) = try await driver.run() else {
            throw NodeFailure("NodeError", "It did not finish")
        }
        return (result, failure)
    }

    private static let chain = document(
        [
            "a": ("AddNode", ["name": "out", "text": "a"]), "b": ("AddNode", ["name": "out", "text": "b"]),
            "side": ("AddNode", ["name": "out", "text": "s"]), "c": ("AddNode", ["name": "out", "text": "c"]),
            "d": ("AddNode", ["name": "out", "text": "d"]),
        ], ["a > b", "a > side", "b > c", "c > d"])

    @Test func `a run to a node executes what leads there and ends with it`() async throws {
        let (result, failure) = try await self.run(Self.chain, .until(node: "c"))
        #expect(failure == nil)
        #expect(result.trace == ["a", "b", "c"])
    }

    @Test func `a run to a node inside a loop ends when the node was executed`() async throws {
        let workflow = document(
            [
                "loop": ("ForLoopStartNode", ["items": [1, 2, 3]]), "x": ("AddNode", ["name": "out", "text": "x"]),
                "y": ("AddNode", ["name": "out", "text": "y"]), "end": ("ForLoopEndNode", ["paired_start_id": "loop"]),
                "after": ("AddNode", ["name": "out", "text": "z"]),
            ], ["loop.body > x", "x > y", "y > end", "loop.completed > after"])
        #expect(try await self.run(workflow, .until(node: "y")).result.trace == ["loop", "x", "y"])
        // One that comes behind the loop needs the loop with all of its passes.
        #expect(try await self.run(workflow, .until(node: "after")).result.variables["out"] == "xyxyxyz")
        // And the loop itself is through when its last pass is.
        #expect(try await self.run(workflow, .until(node: "loop")).result.variables["out"] == "xyxyxy")
    }

    /// Structures that would deal with the failure of `bad`: none of it comes about.
    private static let handlers: [(name: String, workflow: Value)] = [
        (
            "try",
            document(
                [
                    "s": ("TryNode", ["paired_catch_id": "catch"]), "bad": ("FailNode", [:]),
                    "catch": ("CatchNode", ["paired_try_id": "s"]), "after": ("AddNode", ["name": "out", "text": "x"]),
                ], ["s.try_body > bad", "catch.catch_body > after"])
        ),
        (
            "retry",
            document(["s": ("RetryNode", ["initial_delay": 0]), "bad": ("FailNode", [:])], ["s.retry_body > bad"])
        ),
        (
            "fork",
            document(
                [
                    "s": ("ForkNode", ["paired_join_id": "join"]), "bad": ("FailNode", [:]),
                    "after": ("AddNode", ["name": "out", "text": "x"]), "join": ("JoinNode", ["paired_fork_id": "s"]),
                ], ["s.branch_1 > bad", "s.branch_2 > after"])
        ),
        (
            "stop_on_error",
            document(
                [
                    "s": ("AddNode", ["name": "x", "text": "x"]), "bad": ("FailNode", [:]),
                    "after": ("AddNode", ["name": "out", "text": "x"]),
                ], ["s > bad", "bad > after"], settings: ["stop_on_error": false])
        ),
        (
            "error port",
            document(
                [
                    "s": ("AddNode", ["name": "x", "text": "x"]), "bad": ("FailNode", [:]),
                    "after": ("AddNode", ["name": "out", "text": "x"]),
                ], ["s > bad", "bad.error > after"])
        ),
    ]

    @Test(arguments: Self.handlers.indices)
    func `a run to a node ends with the node's failure, whatever would have dealt with it`(index: Int) async throws {
        let (name, workflow) = Self.handlers[index]
        let (result, failure) = try await self.run(workflow, .until(node: "bad"))
        #expect(failure?.node == "bad", "\(name)")
        #expect(!result.success, "\(name)")
        #expect(result.trace == ["s", "bad"], "\(name)")
        #expect(result.nodeErrors.count == 1, "\(name)")
    }

    @Test func `a run to a node behind a Try runs the Try with its Catch`() async throws {
        let workflow = document(
            [
                "try": ("TryNode", ["paired_catch_id": "catch"]), "bad": ("FailNode", [:]),
                "catch": ("CatchNode", [:]), "handle": ("AddNode", ["name": "out", "text": "h"]),
                "after": ("AddNode", ["name": "out", "text": "a"]), "more": ("AddNode", ["name": "out", "text": "m"]),
            ], ["try.try_body > bad", "catch.catch_body > handle", "try > after", "after > more"])
        #expect(try await self.run(workflow, .until(node: "after")).result.variables["out"] == "ha")
    }

    @Test func `a single node is run with its start values and nothing around it`() async throws {
        let (result, _) = try await self.run(Self.chain, .only(node: "c"), variables: ["out": "before "])
        #expect(result.trace == ["c"])
        #expect(result.variables["out"] == "before c")
    }

    @Test func `a single structure is run with what is inside it`() async throws {
        let workflow = document(
            [
                "loop": ("ForLoopStartNode", ["items": [1, 2]]), "x": ("AddNode", ["name": "out", "text": "x"]),
                "end": ("ForLoopEndNode", ["paired_start_id": "loop"]),
                "after": ("AddNode", ["name": "out", "text": "z"]),
            ], ["loop.body > x", "x > end", "end > after"])
        #expect(try await self.run(workflow, .only(node: "loop")).result.variables["out"] == "xx")
    }

    @Test func `a node that is not there is named with the nearest one`() async throws {
        let error = await #expect(throws: UnknownSelection.self) {
            try await self.run(Self.chain, .until(node: "sied"))
        }
        #expect(error?.description == "Workflow 'test' has no node 'sied'; did you mean 'side'?")
    }

    private static func starts(_ second: (String, Object)) -> Value {
        document(
            [
                "one": ("StartNode", [:]), "a": ("FailNode", ["message": "first"]), "two": ("StartNode", [:]),
                "b": second, "shared": ("AddNode", ["name": "out", "text": "s"]),
            ], ["one > a", "one > shared", "two > b", "two > shared"])
    }

    @Test func `every StartNode is begun with on request, and one that succeeds is enough`() async throws {
        let workflow = Self.starts(("AddNode", ["name": "out", "text": "b"]))
        let (result, failure) = try await self.run(workflow, .allStarts)
        #expect(failure == nil)
        #expect(result.variables["out"] == "bs")
        #expect(result.nodeErrors.map(\.node) == ["a"])
        #expect(try await self.run(workflow, .whole).failure?.message == "first")
    }

    @Test func `a run from every StartNode fails when each of them failed`() async throws {
        let (result, failure) = try await self.run(Self.starts(("FailNode", ["message": "second"])), .allStarts)
        #expect(failure?.message == "first")
        #expect(result.nodeErrors.map(\.error) == ["first", "second"])
    }

    @Test func `a trigger that fired is the beginning, and its payload its outputs`() async throws {
        let workflow = document(
            [
                "bell": ("BellTriggerNode", [:]), "other": ("BellTriggerNode", [:]),
                "a": ("SetNode", ["name": "x", "value": "{{bell.rung}} times"]), "b": ("SetNode", ["name": "y"]),
            ], ["bell > a", "other > b"])
        let (result, _) = try await self.run(workflow, .fired(trigger: "bell", payload: ["rung": 3]))
        #expect(result.variables["x"] == "3 times")
        #expect(result.trace == ["bell", "a"])
        // The other trigger has said nothing, and a person lets all of them say nothing: that is null.
        #expect(try await self.run(workflow, .whole).result.variables["x"] == " times")
        // Started by a person, a trigger has nothing to say and what follows it is the beginning.
        #expect(try await self.run(workflow, .whole).result.trace == ["a", "b"])
    }

    @Test func `a trigger that is passed through puts out null`() async throws {
        let workflow = document(
            [
                "start": ("StartNode", [:]), "bell": ("BellTriggerNode", [:]),
                "a": ("SetNode", ["name": "x", "value": "[{{bell.rung}}]"]),
                "b": ("SetNode", ["name": "y", "value": "[{{bell.nothing}}]"]),
            ], ["start > bell", "bell > a", "a > b"])
        let variables = try await self.run(workflow, .whole).result.variables
        #expect(variables["x"] == "[]")
        #expect(variables["y"] == "[{{bell.nothing}}]")
    }
}
