import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

/// What is journaled when, and what a second run makes of it.
struct RunDriverTests {
    let world = World()

    /// Remembers every commit.
    actor RecordingJournal: Journal {
        private(set) var commits: [[JournalEntry]] = []
        private let earlier: [JournalEntry]

        init(_ earlier: [JournalEntry] = []) { self.earlier = earlier }

        func entries() -> [JournalEntry] { self.earlier }
        func record(_ entries: [JournalEntry]) { self.commits.append(entries) }

        /// What a robot that takes over finds.
        var all: [JournalEntry] {
            var byStep: [Int: JournalEntry] = [:]
            for entry in self.earlier + self.commits.joined() { byStep[entry.step] = entry }
            return byStep.values.sorted { $0.step < $1.step }
        }
    }

    private static let twoEffects = document(
        [
            "read": ("ReadNode", [:]), "one": ("ActNode", ["name": "one"]),
            "keep": ("SetNode", ["name": "seen", "value": "{{read.value}}"]), "two": ("ActNode", ["name": "two"]),
        ], ["read > one", "one > keep", "keep > two"])

    @Test func `a result and the next intent share one commit`() async throws {
        let journal = RecordingJournal()
        let conclusion = try await self.world.driver(Self.twoEffects, journal: journal).run()
        let commits = await journal.commits
        #expect(commits.map { $0.map(\.step) } == [[0, 1], [1, 2]])
        #expect(commits[0].map { $0.result == nil } == [false, true])
        #expect(commits[1].map { $0.result == nil } == [false, true])
        guard case .finished(let result, nil, let entries) = conclusion else {
            Issue.record("\(conclusion)")
            return
        }
        #expect(result.success)
        #expect(entries.map(\.step) == [2])
    }

    @Test(arguments: 0...3)
    func `a run that died anywhere goes on without repeating an effect`(commits: Int) async throws {
        // The first robot got as far as some of its commits.
        let full = RecordingJournal()
        _ = try await self.world.driver(Self.twoEffects, journal: full).run()
        #expect(self.world.effects == ["one", "two"])
        let survived = Array(await full.commits.prefix(commits).joined())
        var byStep: [Int: JournalEntry] = [:]
        for entry in survived { byStep[entry.step] = entry }

        let second = World()
        let resumed = RecordingJournal(byStep.values.sorted { $0.step < $1.step })
        let conclusion = try await second.driver(Self.twoEffects, journal: resumed).run()
        switch (commits, conclusion) {
        case (0, .finished(let result, _, _)):
            #expect(result.success)
            #expect(second.effects == ["one", "two"])
        case (1, .inDoubt(let question, _, _)):
            // The intent of the first effect is known and no more.
            #expect(question.node == "one")
            #expect(second.effects.isEmpty)
        case (2, .inDoubt(let question, _, _)), (3, .inDoubt(let question, _, _)):
            #expect(question.node == "two")
            #expect(second.effects.isEmpty)
        default:
            Issue.record("After \(commits) commits: \(conclusion)")
        }
        #expect(second.reads == (commits == 0 ? 1 : 0))
    }

    @Test(arguments: [("retry", ["two"]), ("skip", []), ("fail", [])])
    func `a node says what becomes of its step in doubt`(policy: String, effects: [String]) async throws {
        let workflow = document(
            ["two": ("ActNode", ["name": "two", "on_recovery": .string(policy)])], [])
        let intent = JournalEntry(
            step: 0, node: "two", nodeType: "ActNode", effect: .effect, result: nil, startedAt: Date(), finishedAt: nil)
        let result = try await self.world.run(workflow, journal: MemoryJournal([intent]))
        #expect(self.world.effects == effects)
        #expect(result.success == (policy != "fail"))
    }

    @Test func `a step of a lost robot is repeated where the workflow says so`() async throws {
        let workflow = document(["two": ("ActNode", ["name": "two"])], [], settings: ["on_recovery": "retry"])
        let intent = JournalEntry(
            step: 0, node: "two", nodeType: "ActNode", effect: .effect, result: nil, startedAt: Date(), finishedAt: nil)
        #expect(try await self.world.run(workflow, journal: MemoryJournal([intent])).success)
        #expect(self.world.effects == ["two"])
    }

    @Test func `an idempotent step in doubt is simply done again`() async throws {
        let intent = JournalEntry(
            step: 0, node: "w", nodeType: "WriteNode", effect: .idempotent, result: nil, startedAt: Date(),
            finishedAt: nil)
        let result = try await self.world.run(
            document(["w": ("WriteNode", ["name": "w"])], []), journal: MemoryJournal([intent]))
        #expect(result.success)
        #expect(self.world.effects == ["w"])
    }

    @Test func `a caught failure is replayed as it was`() async throws {
        let workflow = document(
            [
                "try": ("TryNode", ["paired_catch_id": "catch"]), "call": ("ActNode", ["name": "call"]),
                "catch": ("CatchNode", [:]), "note": ("ActNode", ["name": "note"]),
            ], ["try.try_body > call", "catch.catch_body > note"])
        self.world.failNext("call", times: 1)
        let journal = MemoryJournal()
        #expect(try await self.world.run(workflow, journal: journal).success)
        let second = World()
        let result = try await second.run(workflow, journal: journal)
        #expect(result.success)
        #expect(result.nodeErrors.map(\.error) == ["call failed"])
        #expect(second.effects.isEmpty)
    }

    @Test func `a journal of another document is refused and the step named`() async throws {
        let entry = JournalEntry(
            step: 0, node: "other", nodeType: "ActNode", effect: .effect, result: .succeeded(NodeResult()),
            startedAt: Date(), finishedAt: Date())
        let error = await #expect(throws: JournalMismatch.self) {
            try await self.world.run(
                document(["one": ("ActNode", ["name": "one"])], []), journal: MemoryJournal([entry]))
        }
        #expect(error?.step == 0)
        #expect(error?.description.contains("other") == true)
    }

    @Test func `the time that a template reads is the same on replay`() async throws {
        let workflow = document(
            ["t": ("SetNode", ["name": "t", "value": "{{$timestamp}}"]), "act": ("ActNode", ["name": "a"])], ["t > act"]
        )
        let journal = MemoryJournal()
        let first = try self.world.driver(
            workflow, journal: journal,
            environment: RunEnvironment(workingDirectory: "/tmp", now: { Date(timeIntervalSince1970: 1000) }))
        guard case .finished(let before, _, let entries) = try await first.run() else { return }
        await journal.record(entries)
        let second = try World().driver(
            workflow, journal: journal,
            environment: RunEnvironment(workingDirectory: "/tmp", now: { Date(timeIntervalSince1970: 2000) }))
        guard case .finished(let after, _, _) = try await second.run() else { return }
        #expect(before.variables["t"] == 1000)
        #expect(after.variables["t"] == 1000)
    }

    @Test func `a node that takes too long is cut off`() async throws {
        let result = try await self.world.run(
            document(["nap": ("NapNode", ["seconds": 60])], []), options: Job.Options(nodeTimeoutSeconds: 0.05))
        #expect(result.error == "Node nap timed out after 0.05s")
    }

    @Test func `a cancelled run ends at once`() async throws {
        let driver = try self.world.driver(document(["nap": ("NapNode", ["seconds": 60])], []))
        let task = Task { try await driver.run() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `a stop is taken between two steps`() async throws {
        let world = self.world
        let driver = try world.driver(
            Self.twoEffects,
            environment: RunEnvironment(workingDirectory: "/tmp", isStopRequested: { world.effects == ["one"] }))
        guard case .interrupted(let entries) = try await driver.run() else {
            Issue.record("It was not stopped")
            return
        }
        #expect(world.effects == ["one"])
        #expect(entries.map(\.step) == [1])
        #expect(entries.allSatisfy { $0.result != nil })
    }

    @Test func `a job that takes too long fails with a timeout`() async throws {
        let driver = try self.world.driver(
            document(["a": ("NapNode", ["seconds": 60]), "b": ("ActNode", ["name": "b"])], ["a > b"]),
            options: Job.Options(timeoutSeconds: 0.01))
        guard case .finished(let result, let failure, _) = try await driver.run() else {
            Issue.record("It did not end")
            return
        }
        #expect(failure?.kind == .timeout)
        #expect(result.error == "The job timed out after 0.01s")
        // None, where the time was up before the node had begun.
        #expect(
            result.nodeErrors.allSatisfy { $0.error == "Node a was cut off: the job timed out after 0.01s" },
            "\(result.nodeErrors)")
        #expect(self.world.effects.isEmpty)
    }

    @Test(arguments: [1e300, .infinity, .nan, -1])
    func `no number that a document or a request gives can take the robot down`(seconds: Double) async throws {
        let options = Job.Options(nodeTimeoutSeconds: seconds, timeoutSeconds: 1e300)
        _ = try await self.world.driver(
            document(
                [
                    "retry": ("RetryNode", ["max_attempts": 1, "initial_delay": .double(seconds)]),
                    "act": ("ActNode", ["name": "act"]),
                ], ["retry.retry_body > act"], settings: ["timeout": .double(seconds)]), options: options
        ).run()
        let driver = try self.world.driver(
            document(["a": ("ActNode", ["name": "b"])], []), options: Job.Options(timeoutSeconds: seconds))
        _ = try await driver.run()
    }
}
