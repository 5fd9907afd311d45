import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Synchronization
import Testing

/// A wait that another robot began. Where it went wrong, a test would wait for days.
@Suite(.timeLimit(.minutes(5))) struct WaitRecoveryTests {
    private static let begunAt = Date(timeIntervalSince1970: 1000)

    private static func perform(_ seconds: Value, begunAt: Date?, now: Double) async throws {
        let type = RunFolder.type("WaitNode")
        guard case .perform(let work) = type.behaviour else {
            Issue.record("It does not wait by itself")
            return
        }
        let environment = NodeEnvironment(
            workingDirectory: "/tmp", policy: .standard, idempotencyKey: "run/0", nodeID: "wait", begunAt: begunAt,
            now: { Date(timeIntervalSince1970: now) })
        _ = try await work(Inputs(type, ["duration": seconds]), environment)
    }

    @Test(arguments: [500_000.0, 600_000, 1e9])
    func `a wait that was over before its robot was replaced is over`(now: Double) async throws {
        try await Self.perform(400_000, begunAt: Self.begunAt, now: now)
    }

    @Test func `only what is left is waited`() async throws {
        try await Self.perform(400_000, begunAt: Self.begunAt, now: 400_999.95)
    }

    @Test(arguments: [-1e9, 0, 999])
    func `a clock that is behind does not make a wait longer than it is`(now: Double) async throws {
        try await Self.perform(0.05, begunAt: Self.begunAt, now: now)
    }

    @Test(arguments: [-1, 604_801] as [Value])
    func `a time that cannot be waited fails, begun or not`(seconds: Value) async throws {
        await #expect(throws: NodeFailure.self) {
            try await Self.perform(seconds, begunAt: Self.begunAt, now: 1e9)
        }
    }

    /// A run that waits for 400,000 s.
    private static func driver(_ journal: MemoryJournal, _ environment: RunEnvironment) throws -> RunDriver {
        let (document, issues) = WorkflowDocument.parse(
            StandardRun.workflow(
                [
                    "wait": ("WaitNode", ["duration": 400_000]),
                    "after": ("SetVariableNode", ["variable_name": "after", "value": true]),
                ], ["wait > after"]))
        return RunDriver(
            program: try Program(try #require(document, "\(issues)"), catalogue: StandardNodes.catalogue),
            runID: "run", options: Job.Options(timeoutSeconds: 1e6), variables: [:], journal: journal,
            environment: environment)
    }

    @Test func `a run that takes over goes on with the wait where the other robot began it`() async throws {
        let begun = JournalEntry(
            step: 0, node: "wait", nodeType: "WaitNode", effect: .captured, result: nil, startedAt: Self.begunAt,
            finishedAt: nil)
        let conclusion = try await Self.driver(
            MemoryJournal([begun]),
            RunEnvironment(workingDirectory: "/tmp", now: { Date(timeIntervalSince1970: 401_000) })
        ).run()
        guard case .finished(let result, nil, let entries) = conclusion else {
            Issue.record("\(conclusion)")
            return
        }
        #expect(result.variables["after"] == true)
        #expect(entries.map(\.startedAt) == [Self.begunAt])
    }

    @Test func `a run that is to stop leaves the wait, which another run goes on with`() async throws {
        let journal = MemoryJournal()
        let isInside = Mutex(false)
        let left = try await Self.driver(
            journal,
            RunEnvironment(
                workingDirectory: "/tmp", now: { Self.begunAt }, isStopRequested: { isInside.withLock(\.self) },
                onEvent: { event in
                    if case .stepStarted = event { isInside.withLock { $0 = true } }
                })
        ).run()
        guard case .interrupted(let entries) = left else {
            Issue.record("\(left)")
            return
        }
        #expect(entries.isEmpty)
        let begun = await journal.entries()
        #expect(begun.map(\.result) == [nil] && begun.map(\.startedAt) == [Self.begunAt])
        let conclusion = try await Self.driver(
            journal, RunEnvironment(workingDirectory: "/tmp", now: { Date(timeIntervalSince1970: 401_000) })
        ).run()
        guard case .finished(let result, nil, let later) = conclusion else {
            Issue.record("\(conclusion)")
            return
        }
        #expect(result.variables["after"] == true)
        #expect(later.map(\.startedAt) == [Self.begunAt])
    }
}
