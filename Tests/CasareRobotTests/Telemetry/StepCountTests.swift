import CasareTelemetry
import Testing

@testable import CasareEngine
@testable import CasareRobot

/// How the ends of steps are counted.
struct StepCountTests {
    private static let metric = "casare.node.execution.duration"
    private static let step = PerformedStep(
        step: 0, node: "n", nodeType: "HoldNode", name: nil, workflow: "w", effect: .captured, attempt: 2, visit: nil)

    private let collector = RobotCollector()

    /// Does a step that throws the error.
    private func perform(throwing error: any Error) async throws {
        let around = try self.collector.telemetry().around(nil)
        await #expect(throws: (any Error).self) { _ = try await around(Self.step, { throw error }) }
    }

    private static func failed(_ type: AttributeValue) -> Attributes {
        [.nodeType: "HoldNode", .nodeResult: "failed", .errorType: type]
    }

    private static let cancelled: Attributes = [.nodeType: "HoldNode", .nodeResult: "cancelled"]

    @Test func `what a step fails with is counted by its type, and a timeout is one`() async throws {
        try await self.perform(throwing: NodeFailure("NetworkError", "closed"))
        try await self.perform(throwing: TimeLimit.Exceeded(limit: TimeLimit(seconds: 1, owner: .node)))
        let counts = await self.collector.counts(Self.metric)
        #expect(counts == [Self.failed("NetworkError"): 1, Self.failed("TimeoutError"): 1])
    }

    @Test func `a step that its job left has not failed, and was not repeated`() async throws {
        try await self.perform(throwing: WaitLeft())
        try await self.perform(throwing: CancellationError())
        #expect(await self.collector.counts(Self.metric) == [Self.cancelled: 2])
        #expect(await self.collector.numbers("casare.node.retries").isEmpty)
    }

    @Test func `nor has one that says how it was cut off when its lease was lost`() async throws {
        let task = Task {
            withUnsafeCurrentTask { task in task?.cancel() }
            try await self.perform(throwing: NodeFailure("NetworkError", "closed"))
        }
        try await task.value
        #expect(await self.collector.counts(Self.metric) == [Self.cancelled: 1])
    }
}
