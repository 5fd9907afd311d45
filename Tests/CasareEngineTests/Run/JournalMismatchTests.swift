import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

/// A journal that is not the run's own is found out, and the step named.
struct JournalMismatchTests {
    let world = World()

    private static func entry(
        _ step: Int, _ node: String, _ type: String = "ActNode", effect: NodeType.Effect = .effect
    ) -> JournalEntry {
        JournalEntry(
            step: step, node: node, nodeType: type, effect: effect, result: .succeeded(NodeResult()),
            startedAt: Date(timeIntervalSince1970: 1000), finishedAt: Date(timeIntervalSince1970: 1000))
    }

    private static let one = document(["one": ("ActNode", ["name": "one"])], [])
    private static let failing = document(["fail": ("FailNode", [:])], [])
    private static let three = MemoryJournal([
        Self.entry(0, "one"), Self.entry(1, "two"), Self.entry(2, "three"),
    ])

    private func conclusion(
        _ json: Value, options: Job.Options = Job.Options(), secondsSpent: Double = 0, journal: MemoryJournal,
        environment: RunEnvironment = RunEnvironment(workingDirectory: "/tmp")
    ) async throws -> RunConclusion {
        try await self.world.driver(
            json, options: options, secondsSpent: secondsSpent, journal: journal, environment: environment
        ).run()
    }

    @Test func `a run that ends before the journal does names the first step that is left`() async throws {
        let error = await #expect(throws: JournalMismatch.self) {
            try await self.conclusion(Self.one, journal: Self.three)
        }
        #expect(error?.step == 1)
        #expect(error?.description == "Step 1 of the journal is two (ActNode), but the workflow ends before it")
    }

    @Test func `a run that fails before the journal ends does as well`() async throws {
        let workflow = document(
            ["one": ("ActNode", ["name": "one"]), "fail": ("FailNode", [:])], ["one > fail"])
        let error = await #expect(throws: JournalMismatch.self) {
            try await self.conclusion(workflow, journal: Self.three)
        }
        #expect(error?.step == 1)
    }

    @Test func `a run that asks for nothing is held against the journal of earlier attempts`() async throws {
        let error = await #expect(throws: JournalMismatch.self) {
            try await self.conclusion(Self.failing, secondsSpent: 1, journal: Self.three)
        }
        #expect(error?.step == 0)
    }

    @Test func `a run that was told to stop, and has come to its end, is held against it too`() async throws {
        let world = self.world
        let workflow = document(
            ["one": ("ActNode", ["name": "one"]), "two": ("ActNode", ["name": "two"])], ["one > two"])
        let error = await #expect(throws: JournalMismatch.self) {
            try await self.conclusion(
                workflow, journal: MemoryJournal([Self.entry(0, "one"), Self.entry(3, "four")]),
                environment: RunEnvironment(workingDirectory: "/tmp", isStopRequested: { world.effects == ["two"] }))
        }
        #expect(error?.step == 3)
    }

    @Test func `a run that stops, or whose time is up, has simply not come to them`() async throws {
        let stopped = try await self.conclusion(
            Self.one, journal: Self.three,
            environment: RunEnvironment(workingDirectory: "/tmp", isStopRequested: { true }))
        guard case .interrupted = stopped else {
            Issue.record("\(stopped)")
            return
        }
        let late = try await self.conclusion(
            document(["new": ("ReadNode", [:])], []), options: Job.Options(timeoutSeconds: 0),
            journal: MemoryJournal([Self.entry(5, "later")]))
        guard case .finished(_, let failure, _) = late else {
            Issue.record("\(late)")
            return
        }
        #expect(failure?.kind == .timeout)
    }

    @Test func `a robot that lets runs execute fewer nodes ends earlier`() async throws {
        let workflow = document(
            ["loop": ("ForLoopStartNode", ["items": [1, 2, 3]]), "act": ("ActNode", ["name": "act"])],
            ["loop.body > act"])
        let ended = try await self.conclusion(
            workflow, journal: MemoryJournal((0..<3).map { Self.entry($0, "act") }),
            environment: RunEnvironment(workingDirectory: "/tmp", executionsMax: 3))
        guard case .finished(_, let failure, _) = ended else {
            Issue.record("\(ended)")
            return
        }
        #expect(failure?.type == "LimitError")
        #expect(self.world.effects.isEmpty)
    }

    @Test func `a step that was recorded of a node of another type is not the same step`() async throws {
        let error = await #expect(throws: JournalMismatch.self) {
            try await self.conclusion(Self.one, journal: MemoryJournal([Self.entry(0, "one", "StallNode")]))
        }
        #expect(error?.step == 0)
        let text = error?.description ?? ""
        #expect(text.contains("one (StallNode)") && text.contains("one (ActNode)"))
        #expect(self.world.effects.isEmpty)
    }

    @Test func `a step that was recorded with another effect is not the same step`() async throws {
        let error = await #expect(throws: JournalMismatch.self) {
            try await self.conclusion(
                Self.one, journal: MemoryJournal([Self.entry(0, "one", effect: .idempotent)]))
        }
        #expect(error?.step == 0)
        let text = error?.description ?? ""
        #expect(text.contains("one with the effect idempotent") && text.contains("one with the effect effect"))
        #expect(self.world.effects.isEmpty)
    }
}
