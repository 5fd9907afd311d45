import CasareDomain
import CasareEngine
import FoundationEssentials
import Synchronization
import Testing

/// Limits of time that hold over all attempts.
struct SpentTimeTests {
    let world = World()

    private static func at(_ seconds: Double) -> Date { Date(timeIntervalSince1970: seconds) }

    private static func entry(
        _ step: Int, _ node: String, _ type: String, effect: NodeType.Effect = .captured, from startedAt: Double,
        until finishedAt: Double?
    ) -> JournalEntry {
        JournalEntry(
            step: step, node: node, nodeType: type, effect: effect,
            result: finishedAt.map { _ in .succeeded(NodeResult()) }, startedAt: Self.at(startedAt),
            finishedAt: finishedAt.map(Self.at))
    }

    /// A run's end, and within which times it would have ended its steps itself.
    private func run(
        _ workflow: Value, options: Job.Options = Job.Options(), secondsSpent: Double = 0, now: Double = 9000,
        after entries: [JournalEntry] = []
    ) async throws -> (conclusion: RunConclusion, limits: [Duration]) {
        let limits = Mutex<[Duration]>([])
        let driver = try self.world.driver(
            workflow, options: options, secondsSpent: secondsSpent, journal: MemoryJournal(entries),
            environment: RunEnvironment(
                workingDirectory: "/tmp", now: { Self.at(now) }, sleep: { _ in },
                onStep: { limit in if let limit { limits.withLock { $0.append(limit) } } }))
        let conclusion = try await driver.run()
        return (conclusion, limits.withLock { $0 })
    }

    // MARK: The job's

    private static let act = document(["act": ("ActNode", ["name": "act"])], [])

    @Test func `an attempt has what earlier ones left of the job's time`() async throws {
        let options = Job.Options(timeoutSeconds: 100)
        let first = try await self.run(Self.act, options: options)
        #expect(first.limits.allSatisfy { $0 > .seconds(60) })
        let second = try await self.run(Self.act, options: options, secondsSpent: 40)
        #expect(second.limits.count == 1)
        #expect(second.limits.allSatisfy { $0 <= .seconds(60) })
    }

    @Test(arguments: [100.0, 1e9, .infinity])
    func `nothing new is done once the time of all attempts is up`(spent: Double) async throws {
        let late = try await self.run(Self.act, options: Job.Options(timeoutSeconds: 100), secondsSpent: spent)
        guard case .finished(let result, let failure, _) = late.conclusion else {
            Issue.record("\(late)")
            return
        }
        #expect(failure?.kind == .timeout)
        #expect(result.error == "The job timed out after 100s")
        #expect(self.world.effects.isEmpty)
    }

    @Test func `what is recorded stands when the time is up, and the run may end by it`() async throws {
        let ended = try await self.run(
            Self.act, options: Job.Options(timeoutSeconds: 100), secondsSpent: 100,
            after: [Self.entry(0, "act", "ActNode", effect: .effect, from: 1000, until: 1001)])
        guard case .finished(let result, nil, _) = ended.conclusion else {
            Issue.record("\(ended)")
            return
        }
        #expect(result.success)
    }

    @Test(arguments: [-1.0, -Double.infinity, .nan])
    func `what is no time was not spent`(spent: Double) async throws {
        let ended = try await self.run(Self.act, options: Job.Options(timeoutSeconds: 100), secondsSpent: spent)
        #expect(ended.limits.allSatisfy { $0 > .seconds(60) })
        #expect(self.world.effects == ["act"])
    }

    // MARK: What is open

    /// An item that has 100 s; its steps come after one another.
    private static func item(
        _ nodes: KeyValuePairs<String, (String, Object)>, _ edges: [String], seconds: Value = 100
    ) -> Value {
        var workflow = document(nodes, edges)
        guard case .object(var members) = workflow, case .object(var all)? = members["nodes"] else { return workflow }
        all["each"] = [
            "node_id": "each", "node_type": "EachNode", "config": ["items": [1], "timeout_per_item": seconds],
        ]
        members["nodes"] = .object(all)
        workflow = .object(members)
        return workflow
    }

    private static let readAndAct = Self.item(
        ["read": ("ReadNode", [:]), "act": ("ActNode", ["name": "act"])], ["each.body > read", "read > act"])

    @Test func `an item has what replayed steps left of its time`() async throws {
        let read = Self.entry(0, "read", "ReadNode", from: 1000, until: 1090)
        let second = try await self.run(Self.readAndAct, after: [read])
        #expect(second.limits.count == 1)
        #expect(second.limits.allSatisfy { $0 <= .seconds(10) })
        #expect(self.world.effects == ["act"])
    }

    @Test func `an item whose time is up does nothing new`() async throws {
        let read = Self.entry(0, "read", "ReadNode", from: 1000, until: 1100)
        let ended = try await self.run(Self.readAndAct, after: [read])
        guard case .finished(_, _, let entries) = ended.conclusion else {
            Issue.record("\(ended)")
            return
        }
        let message = "Node act was cut off: item 0 of each timed out after 100s"
        #expect(entries.map(\.result) == [.failed(NodeFailure("TimeoutError", message))])
        #expect(self.world.effects.isEmpty)
    }

    @Test func `what came before the item, or took a person long, is not the item's`() async throws {
        let workflow = document(
            [
                "before": ("ReadNode", [:]), "each": ("EachNode", ["items": [1], "timeout_per_item": 200]),
                "pay": ("ActNode", ["name": "pay"]), "act": ("ActNode", ["name": "act"]),
            ], ["before > each", "each.body > pay", "pay > act"])
        let entries = [
            Self.entry(0, "before", "ReadNode", from: 0, until: 1000),
            // Somebody said after an hour that it had happened; the node itself had 120 s.
            Self.entry(1, "pay", "ActNode", effect: .effect, from: 1000, until: 4600),
        ]
        let ended = try await self.run(workflow, after: entries)
        #expect(self.world.effects == ["act"])
        #expect(ended.limits.allSatisfy { $0 <= .seconds(80) })
    }

    @Test func `a clock that is behind takes nothing and gives nothing`() async throws {
        let read = Self.entry(0, "read", "ReadNode", from: 5000, until: 1000)
        let ended = try await self.run(Self.readAndAct, after: [read])
        #expect(ended.limits.allSatisfy { $0 <= .seconds(100) })
        #expect(self.world.effects == ["act"])
    }

    @Test func `a wait and a pause that were begun count for the item`() async throws {
        let waiting = Self.item(["wait": ("TimerNode", ["duration": 300])], ["each.body > wait"], seconds: 250)
        let wait = Self.entry(0, "wait", "TimerNode", from: 1000, until: nil)
        let early = try await self.run(waiting, now: 1100, after: [wait])
        #expect(self.world.effects == ["100 of 300"])
        #expect(early.limits.allSatisfy { $0 <= .seconds(150) })
        _ = try await self.run(waiting, now: 1250, after: [wait])
        // Its item's time is up.
        #expect(self.world.effects == ["100 of 300"])

        let pausing = Self.item(
            [
                "read": ("ReadNode", [:]), "retry": ("RetryNode", ["initial_delay": 70, "max_attempts": 2]),
                "act": ("ActNode", ["name": "act"]),
            ], ["each.body > read", "read > retry", "retry.retry_body > act"])
        let failed = JournalEntry(
            step: 1, node: "act", nodeType: "ActNode", effect: .effect,
            result: .failed(NodeFailure("NetworkError", "act failed")), startedAt: Self.at(1000),
            finishedAt: Self.at(1000))
        let read = Self.entry(0, "read", "ReadNode", from: 1000, until: 1000)
        let paused = try await self.run(pausing, now: 1060, after: [read, failed])
        #expect(self.world.effects == ["100 of 300", "act"])
        #expect(paused.limits.allSatisfy { $0 <= .seconds(40) })
        // Two steps and the pause between them are replayed.
        let again = Self.entry(2, "act", "ActNode", effect: .effect, from: 1070, until: 1070)
        let all = try await self.run(
            Self.item(
                [
                    "read": ("ReadNode", [:]), "retry": ("RetryNode", ["initial_delay": 70, "max_attempts": 2]),
                    "act": ("ActNode", ["name": "act"]), "more": ("ReadNode", [:]),
                ], ["each.body > read", "read > retry", "retry.retry_body > act", "retry.success > more"]),
            now: 1060, after: [read, failed, again])
        #expect(all.limits.count == 1)
        #expect(all.limits.allSatisfy { $0 <= .seconds(30) })
    }
}
