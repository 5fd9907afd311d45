import CasareDomain
import CasareEngine
import InMemoryTracing
import Synchronization
import Testing
import Tracing

/// What whoever traces a run is told and may put around its steps.
struct RunTracingTests {
    let world = World()

    private final class Notes: Sendable {
        private let state = Mutex<[String]>([])

        var all: [String] { self.state.withLock { $0 } }

        func add(_ note: String) { self.state.withLock { $0.append(note) } }
    }

    private func run(
        _ json: Value, journal: any Journal = NoJournal(), variables: Object = [:], _ environment: RunEnvironment
    ) async throws -> RunConclusion {
        try await self.world.driver(json, variables: variables, journal: journal, environment: environment).run()
    }

    private static let chain = document(
        ["read": ("ReadNode", [:]), "set": ("SetNode", ["name": "x"]), "act": ("ActNode", ["name": "act"])],
        ["read > set", "set > act"])

    // MARK: Around steps

    @Test func `something may be put around each step that is done, and around no other node`() async throws {
        let notes = Notes()
        let environment = RunEnvironment(
            workingDirectory: "/tmp",
            around: { step, work in
                let visit = step.visit.map(String.init) ?? "-"
                notes.add(
                    "\(step.step) \(step.workflow)/\(step.node) \(step.nodeType) \(step.effect.rawValue) \(visit)")
                defer { notes.add("end of \(step.node)") }
                return try await work()
            })
        guard case .finished(let result, _, _) = try await self.run(Self.chain, environment) else {
            Issue.record("It did not finish")
            return
        }
        #expect(result.success && self.world.effects == ["act"])
        #expect(
            notes.all == [
                "0 test/read ReadNode captured -", "end of read", "1 test/act ActNode effect -", "end of act",
            ])
    }

    @Test func `a step knows its visit where there is an observer`() async throws {
        let notes = Notes()
        var environment = RunEnvironment(workingDirectory: "/tmp")
        environment.observer = RunObserver(
            seesValues: false, nodeStarted: { notes.add("\($0.number) \($0.node)") })
        environment.around = { step, work in
            notes.add("\(step.visit ?? -1) around \(step.node)")
            return try await work()
        }
        _ = try await self.run(Self.chain, environment)
        #expect(notes.all == ["0 read", "0 around read", "1 set", "2 act", "2 around act"])
    }

    @Test func `a step's failure goes through what is around it, and steps that are known are not done`() async throws {
        let notes = Notes()
        let journal = MemoryJournal()
        var environment = RunEnvironment(workingDirectory: "/tmp")
        environment.around = { step, work in
            do {
                return try await work()
            } catch {
                notes.add("\(step.node): \(error)")
                throw error
            }
        }
        self.world.failNext("act", times: 1)
        let first = try await self.run(Self.chain, journal: journal, environment)
        guard case .finished(let result, _, let entries) = first else {
            Issue.record("It did not finish")
            return
        }
        #expect(!result.success && notes.all.count == 1 && notes.all[0].hasPrefix("act: "))
        await journal.record(entries)
        // Both steps are known now.
        _ = try await self.run(Self.chain, journal: journal, environment)
        #expect(notes.all.count == 1 && self.world.reads == 1)
    }

    /// What a step of the type has failed with, as what is around it sees it; the run may be stopped or cancelled once
    /// the step is under way.
    private func failure(
        of type: NodeType, options: Job.Options = Job.Options(), isStopped: Bool = false, isCancelled: Bool = false
    ) async throws -> [String] {
        let notes = Notes()
        let (begun, word) = AsyncStream.makeStream(of: Void.self)
        let (parsed, issues) = WorkflowDocument.parse(document(["hold": ("HoldNode", ["duration": 600])], []))
        let program = try Program(try #require(parsed, "\(issues)"), catalogue: NodeCatalogue([type]))
        var environment = RunEnvironment(workingDirectory: "/tmp")
        environment.isStopRequested = { isStopped && !notes.all.isEmpty }
        environment.around = { step, work in
            notes.add("began")
            word.yield()
            do {
                return try await work()
            } catch {
                let failure = step.failure(error) as? NodeFailure
                notes.add(failure.map { "\($0.type): \($0.message)" } ?? "left")
                throw error
            }
        }
        let driver = RunDriver(
            program: program, runID: "run", options: options, variables: [:], journal: NoJournal(),
            environment: environment)
        let run = Task { try await driver.run() }
        if isCancelled {
            for await _ in begun { break }
            run.cancel()
        }
        // How the run ends is another matter.
        _ = try? await run.value
        return notes.all
    }

    /// Does not end before it is cancelled, and then in its own way.
    private static func holding(
        _ effect: NodeType.Effect, isTimer: Bool = false, endingAs failure: NodeFailure? = nil
    ) -> NodeType {
        NodeType(
            "HoldNode", family: "", "", parameters: [.init("duration", .number)], effect: effect, isTimer: isTimer,
            .perform { _, _ in
                do {
                    try await Task.sleep(for: .seconds(600))
                } catch {
                    throw failure ?? error
                }
                return NodeResult()
            })
    }

    private static let ownEnds: [NodeFailure?] = [nil, NodeFailure("NetworkError", "closed")]

    @Test(arguments: [.captured, .effect] as [NodeType.Effect], Self.ownEnds)
    func `a step whose time is up has failed with that, whatever it threw itself`(
        effect: NodeType.Effect, own: NodeFailure?
    ) async throws {
        let notes = try await self.failure(
            of: Self.holding(effect, endingAs: own), options: Job.Options(nodeTimeoutSeconds: 0.05))
        #expect(notes == ["began", "TimeoutError: Node hold timed out after 0.05s"])
    }

    @Test(arguments: Self.ownEnds)
    func `a step that is cut off by its run's cancellation has not failed`(own: NodeFailure?) async throws {
        let notes = try await self.failure(of: Self.holding(.captured, endingAs: own), isCancelled: true)
        #expect(notes == ["began", "left"])
    }

    @Test func `a wait that is left where the run is to stop has not failed`() async throws {
        let notes = try await self.failure(of: Self.holding(.captured, isTimer: true), isStopped: true)
        #expect(notes == ["began", "left"])
    }

    @Test func `a step says which try it is`() async throws {
        let notes = Notes()
        var environment = RunEnvironment(workingDirectory: "/tmp")
        environment.around = { step, work in
            notes.add("\(step.node) \(step.attempt)")
            return try await work()
        }
        self.world.failNext("act", times: 2)
        _ = try await self.run(
            document(["act": ("ActNode", ["name": "act"])], [], settings: ["retry_count": 3]), environment)
        #expect(notes.all == ["act 1", "act 2", "act 3"])
    }

    @Test func `what is current around a step is current in the node, and its tracer is the run's`() async throws {
        let (tracer, notes) = (InMemoryTracer(), Notes())
        let ask = NodeType(
            "AskNode", family: "", "", effect: .captured,
            .perform { _, environment in
                environment.tracer.startSpan("ask", ofKind: .client).end()
                notes.add(environment.masked("hunter2 of https://ann:pw@example.com/"))
                return NodeResult()
            })
        let (parsed, issues) = WorkflowDocument.parse(
            document(
                ["ask": ("AskNode", [:])], [],
                variables: ["code": ["type": "string", "default_value": "hunter2", "sensitive": true]]))
        let program = try Program(try #require(parsed, "\(issues)"), catalogue: NodeCatalogue([ask]))
        var environment = RunEnvironment(workingDirectory: "/tmp", tracer: tracer)
        environment.around = { step, work in
            try await tracer.withSpan(step.nodeType) { _ in try await work() }
        }
        let driver = RunDriver(
            program: program, runID: "run", options: Job.Options(), variables: [:], journal: NoJournal(),
            environment: environment)
        _ = try await driver.run()
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["ask", "AskNode"])
        #expect(spans.first?.parentSpanID == spans.last?.spanID)
        #expect(notes.all == ["*** of https://***@example.com/"])
    }

    // MARK: Observers

    private static let loop = document(
        [
            "loop": ("ForLoopStartNode", ["mode": "range", "end": 5]), "act": ("ActNode", ["name": "act"]),
            "after": ("SetNode", ["name": "x"]),
        ], ["loop.body > act", "loop.completed > after"])

    private func notes(ofFirst count: Int) async throws -> [String] {
        let notes = Notes()
        let begun = Mutex(0)
        var environment = RunEnvironment(workingDirectory: "/tmp")
        environment.observer = RunObserver(
            seesValues: false, hasSeenEnough: { begun.withLock { $0 } >= count },
            nodeStarted: { visit in
                begun.withLock { $0 += 1 }
                notes.add("+\(visit.number)")
            },
            nodeFinished: { notes.add("-\($0.number)") }, runEnded: { notes.add("\($0) executions") })
        _ = try await self.run(Self.loop, environment)
        return notes.all
    }

    @Test(arguments: 1...4)
    func `an observer that has seen enough is told no more, but of the ends of what it knows`(
        count: Int
    ) async throws {
        let all = try await self.notes(ofFirst: .max)
        let first = try await self.notes(ofFirst: count)
        #expect(all.count > 2 * count + 1)
        #expect(first.dropLast() == all.prefix(2 * count))
        #expect(first.suffix(2).first == "-\(count - 1)")
        // What it did not see is counted all the same.
        #expect(first.last == all.last && all.last?.hasSuffix("executions") == true)
        #expect(self.world.effects.count == 2 * 5)
    }

    @Test func `a call whose visit is open when the observer has seen enough still ends`() async throws {
        let notes = Notes()
        var workflow = document(["call": ("CallNode", ["subworkflow_path": "c"])], [])
        if case .object(var members) = workflow {
            members["subflows"] = [
                "c": document(["one": ("SetNode", ["name": "y"]), "two": ("SetNode", ["name": "y"])], ["one > two"])
            ]
            workflow = .object(members)
        }
        var environment = RunEnvironment(workingDirectory: "/tmp")
        environment.observer = RunObserver(
            seesValues: false, hasSeenEnough: { notes.all.contains("+one") },
            nodeStarted: { notes.add("+\($0.node)") }, nodeFinished: { notes.add("-\($0.node)") })
        _ = try await self.run(workflow, environment)
        #expect(notes.all == ["+call", "+one", "-one", "-call"])
    }

    @Test func `an observer that does not want values is given none, and changes nothing of the result`() async throws {
        let json = document(
            [
                "log": ("LogNode", ["message": "see https://ann:pw@example.com/"]),
                "set": ("SetNode", ["name": "password", "value": "{{y}}!"]), "fail": ("FailNode", ["message": "boom"]),
            ], ["log > set", "set > fail"])
        let seen = Mutex<[Object]>([])
        let errors = Notes()
        var environment = RunEnvironment(workingDirectory: "/tmp")
        let alone = try await self.run(json, variables: ["y": 5], environment)
        environment.observer = RunObserver(
            seesValues: false,
            nodeStarted: { visit in
                seen.withLock { $0.append(visit.inputs) }
            },
            nodeFinished: { end in
                seen.withLock { $0.append(end.outputs) }
                if let type = end.errorType { errors.add("\(end.node) \(type)") }
            })
        let watched = try await self.run(json, variables: ["y": 5], environment)
        #expect(seen.withLock { $0.count } == 6)
        #expect(seen.withLock { $0.allSatisfy(\.isEmpty) })
        #expect(errors.all == ["fail NodeError"])
        guard case .finished(let one, _, _) = alone, case .finished(let other, _, _) = watched else {
            Issue.record("They did not finish")
            return
        }
        #expect(one.logs == other.logs && one.logs.first?.contains("ann:pw") == true)
        #expect(one.nodeOutputs == other.nodeOutputs && one.trace == other.trace && one.variables == other.variables)
    }
}
