import CasareDomain
import CasareEngine
import FoundationEssentials
import Synchronization
import Testing

/// Waits and pauses that a robot's loss does not begin anew.
struct TimerTests {
    let world = World()

    private static func at(_ seconds: Double) -> Date { Date(timeIntervalSince1970: seconds) }

    private static func waiting(_ seconds: Value) -> Value {
        document(["wait": ("TimerNode", ["duration": seconds])], [])
    }

    /// A wait that another robot began at 1,000 s.
    private static let begun = JournalEntry(
        step: 0, node: "wait", nodeType: "TimerNode", effect: .captured, result: nil, startedAt: Self.at(1000),
        finishedAt: nil)

    /// A step that another robot did from 1,000 s on.
    private static func read(step: Int = 0, until finishedAt: Double = 1000) -> JournalEntry {
        JournalEntry(
            step: step, node: "read", nodeType: "ReadNode", effect: .captured,
            result: .succeeded(NodeResult(["value": 1])), startedAt: Self.at(1000), finishedAt: Self.at(finishedAt))
    }

    @Test(arguments: [(50, 1), (1.5, 1), (1, 0), (0, 0), (-5, 0)] as [(Value, Int)])
    func `the beginning of a wait is durable before it is waited, unless it is soon over`(
        seconds: Value, commits: Int
    ) async throws {
        let journal = RunDriverTests.RecordingJournal()
        let conclusion = try await self.world.driver(Self.waiting(seconds), journal: journal).run()
        guard case .finished(_, nil, let entries) = conclusion else {
            Issue.record("\(conclusion)")
            return
        }
        #expect(await journal.commits.map { $0.map(\.result) } == Array(repeating: [nil], count: commits))
        #expect(entries.map(\.result) == [.succeeded(NodeResult())])
    }

    @Test(arguments: [(1030, 30), (5000, 4000), (1000, 0), (900, -100)] as [(Double, Int)])
    func `a wait that goes on elsewhere is told when it began`(now: Double, waited: Int) async throws {
        let journal = RunDriverTests.RecordingJournal([Self.begun])
        let conclusion = try await self.world.driver(
            Self.waiting(50), journal: journal,
            environment: RunEnvironment(workingDirectory: "/tmp", now: { Self.at(now) })
        ).run()
        guard case .finished(_, nil, let entries) = conclusion else {
            Issue.record("\(conclusion)")
            return
        }
        #expect(self.world.effects == ["\(waited) of 50"])
        // A third robot would find the same beginning.
        #expect(await journal.commits.isEmpty)
        #expect(entries.map(\.startedAt) == [Self.at(1000)])
    }

    /// Retries that fail, with pauses of 50 s and 100 s.
    private static let retries = document(
        [
            "read": ("ReadNode", [:]),
            "retry": ("RetryNode", ["initial_delay": 50, "backoff_multiplier": 2, "max_attempts": 3]),
            "fail": ("FailNode", [:]),
        ], ["read > retry", "retry.retry_body > fail"])

    /// How long a run sleeps altogether.
    private func slept(_ workflow: Value, now: Double, after entries: [JournalEntry]) async throws -> Duration {
        let slept = Mutex(Duration.zero)
        _ = try await self.world.driver(
            workflow, journal: MemoryJournal(entries),
            environment: RunEnvironment(
                workingDirectory: "/tmp", now: { Self.at(now) },
                sleep: { duration in slept.withLock { $0 += duration } })
        ).run()
        return slept.withLock { $0 }
    }

    @Test(arguments: [(1000, 150), (1020, 130), (1080, 70), (9000, 0), (900, 150)] as [(Double, Int)])
    func `a pause goes on from the end of the last recorded step, and so does the next one`(
        now: Double, left: Int
    ) async throws {
        #expect(try await self.slept(Self.retries, now: now, after: [Self.read()]) == .seconds(left))
        #expect(self.world.reads == 0)
    }

    @Test func `a pause after something new is a whole one`() async throws {
        #expect(try await self.slept(Self.retries, now: 9000, after: []) == .seconds(150))
        let workflow = document(
            [
                "read": ("ReadNode", [:]), "retry": ("RetryNode", ["initial_delay": 50, "max_attempts": 2]),
                "act": ("ActNode", ["name": "act"]),
            ], ["read > retry", "retry.retry_body > act"])
        self.world.failNext("act", times: 1)
        #expect(try await self.slept(workflow, now: 9000, after: [Self.read()]) == .seconds(50))
        let timed = document(
            [
                "read": ("ReadNode", [:]), "time": ("SetNode", ["name": "t", "value": "{{$timestamp}}"]),
                "retry": ("RetryNode", ["initial_delay": 50, "max_attempts": 2]), "fail": ("FailNode", [:]),
            ], ["read > time", "time > retry", "retry.retry_body > fail"])
        #expect(try await self.slept(timed, now: 9000, after: [Self.read()]) == .seconds(50))
    }

    @Test(arguments: [(50, [[0]]), (0.5, [])] as [(Value, [[Int]])])
    func `what a long pause comes after is durable before it`(delay: Value, commits: [[Int]]) async throws {
        let journal = RunDriverTests.RecordingJournal()
        let workflow = document(
            [
                "read": ("ReadNode", [:]), "retry": ("RetryNode", ["initial_delay": delay, "max_attempts": 2]),
                "fail": ("FailNode", [:]),
            ], ["read > retry", "retry.retry_body > fail"])
        _ = try await self.world.driver(
            workflow, journal: journal, environment: RunEnvironment(workingDirectory: "/tmp", sleep: { _ in })
        ).run()
        #expect(await journal.commits.map { $0.map(\.step) } == commits)
    }
}
