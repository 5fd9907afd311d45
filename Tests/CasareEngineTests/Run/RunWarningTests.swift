import CasareDomain
import CasareEngine
import Synchronization
import Testing

/// What the engine says about a run that goes on all the same.
struct RunWarningTests {
    let world = World()

    private func warnings(_ json: Value, variables: Object = [:]) async throws -> [String] {
        let told = Mutex<[String]>([])
        _ = try await self.world.driver(
            json, variables: variables,
            environment: RunEnvironment(
                workingDirectory: "/tmp",
                onEvent: { event in
                    switch event {
                    case .log(let level, let node, let message):
                        told.withLock { $0.append("\(level) \(node): \(message)") }
                    case .warning(let node, let message): told.withLock { $0.append("warning \(node): \(message)") }
                    case .stepStarted, .stepFinished: break
                    }
                })
        ).run()
        return told.withLock { $0 }
    }

    @Test func `a template without a value is pointed out, wherever it stands`() async throws {
        let told = try await self.warnings(
            document(
                [
                    "whole": ("SetNode", ["name": "a", "value": "{{nope}}"]),
                    "mixed": ("SetNode", ["name": "b", "value": "x {{nope.deep}} y ${gone} 5 % z"]),
                    "deep": ("SetNode", ["name": "c", "value": ["k": ["{{a.b}}", "{{a}}"]]]),
                ], ["whole > mixed", "mixed > deep"]))
        #expect(
            told == [
                "warning whole: {{nope}} has no value", "warning mixed: {{nope.deep}} has no value",
                "warning mixed: ${gone} has no value", "warning deep: {{a.b}} has no value",
            ])
    }

    @Test func `an unknown name in a condition counts as null and is pointed out, once a node`() async throws {
        let told = try await self.warnings(
            document(
                [
                    "loop": ("ForLoopStartNode", ["mode": "range", "end": 5]),
                    "if": ("IfNode", ["condition": "missing > 1"]), "yes": ("SetNode", ["name": "x"]),
                ], ["loop.body > if", "if.true > yes"]))
        #expect(told.filter { $0.hasPrefix("warning") } == ["warning if: 'missing' has no value and counts as null"])
        #expect(
            told.filter { $0.hasPrefix("debug") }.first
                == "debug if: Nothing is connected to 'false': this branch ends here")
    }

    @Test func `a loop that is cut at its limit says so`() async throws {
        let told = try await self.warnings(
            document(
                [
                    "loop": ("WhileLoopStartNode", ["condition": true, "max_iterations": 3]),
                    "x": ("SetNode", ["name": "x"]),
                ], ["loop.body > x"]))
        #expect(told == ["warning loop: The loop ends after max_iterations (3), and its condition still holds"])
    }

    @Test func `a value that is there is not pointed out`() async throws {
        let told = try await self.warnings(
            document(["a": ("SetNode", ["name": "a", "value": "{{x}} {{nothing}} 100%"])], []),
            variables: ["x": 1, "nothing": nil])
        #expect(told.isEmpty)
    }
}
