import CasareDomain
import CasareEngine
import Synchronization
import Testing

/// What a workbench sees of a run.
struct RunObserverTests {
    let world = World()

    private final class Notes: Sendable {
        struct State {
            var started: [NodeVisit] = []
            var finished: [NodeVisitEnd] = []
            var order: [String] = []
        }

        let state = Mutex(State())

        var observer: RunObserver {
            RunObserver(
                nodeStarted: { visit in
                    self.state.withLock { state in
                        state.started.append(visit)
                        state.order.append("+\(visit.node)")
                    }
                },
                nodeFinished: { end in
                    self.state.withLock { state in
                        state.finished.append(end)
                        state.order.append("-\(end.node)")
                    }
                })
        }

        func visit(_ node: String, _ nth: Int = 0) -> NodeVisit? {
            self.state.withLock { $0.started.filter { $0.node == node }.dropFirst(nth).first }
        }

        func end(_ node: String, _ nth: Int = 0) -> NodeVisitEnd? {
            self.state.withLock { $0.finished.filter { $0.node == node }.dropFirst(nth).first }
        }
    }

    private func run(
        _ json: Value, _ observer: RunObserver, journal: any Journal = NoJournal(), variables: Object = [:]
    ) async throws -> RunConclusion {
        try await self.world.driver(
            json, variables: variables, journal: journal,
            environment: RunEnvironment(workingDirectory: "/tmp", observer: observer)
        ).run()
    }

    @Test func `each node is told of with what it got, what it gave and how it failed`() async throws {
        let notes = Notes()
        _ = try await self.run(
            document(
                [
                    "a": ("SetNode", ["name": "x", "value": "{{y}}!"]), "b": ("ActNode", ["name": "act"]),
                    "off": ("SetNode", ["name": "z", "_disabled": true]), "c": ("FailNode", ["message": "no luck"]),
                ], ["a > b", "b > off", "off > c"]), notes.observer, variables: ["y": 5])
        #expect(notes.state.withLock(\.order) == ["+a", "-a", "+b", "-b", "+off", "-off", "+c", "-c"])
        #expect(notes.visit("a")?.inputs == ["name": "x", "value": "5!"])
        #expect(notes.visit("a")?.workflow == "test")
        #expect(notes.end("a")?.outputs == ["value": "5!"])
        #expect(notes.end("b")?.outputs == ["done": "act"])
        #expect(notes.visit("off")?.isBypassed == true)
        #expect(notes.end("c")?.error == "no luck")
        #expect(notes.end("c")?.errorType == "NodeError")
        #expect(notes.state.withLock { $0.started.map(\.number) == $0.finished.map(\.number) })
    }

    @Test func `passes and attempts are visits of their own, and what runs inside says where it is`() async throws {
        let notes = Notes()
        self.world.failNext("act", times: 1)
        _ = try await self.run(
            document(
                [
                    "loop": ("ForLoopStartNode", ["items": ["a", "b"]]),
                    "retry": ("RetryNode", ["initial_delay": 0]), "act": ("ActNode", ["name": "act"]),
                ], ["loop.body > retry", "retry.retry_body > act"]), notes.observer)
        // The last visit of the loop finds no item.
        #expect(
            notes.state.withLock(\.order.count) == 2
                * (["loop", "retry", "act", "retry", "act", "loop", "retry", "act", "loop"].count))
        #expect(notes.end("act")?.error == "act failed")
        let second = try #require(notes.visit("act", 1))
        #expect(second.enclosing.map(\.kind) == [.loop, .retry])
        #expect(second.enclosing.map(\.node) == ["loop", "retry"])
        #expect(second.enclosing.map(\.count) == [1, 2])
        #expect(notes.visit("act", 2)?.enclosing.map(\.count) == [2, 1])
        #expect(notes.end("loop", 1)?.outputs["current_item"] == "b")
    }

    @Test func `a call's visit ends with the called workflow`() async throws {
        let notes = Notes()
        var workflow = document(
            ["call": ("CallNode", ["subworkflow_path": "c"]), "after": ("SetNode", ["name": "x"])], ["call > after"])
        if case .object(var members) = workflow {
            members["subflows"] = ["c": document(["inner": ("SetNode", ["name": "y"])], [])]
            workflow = .object(members)
        }
        _ = try await self.run(workflow, notes.observer)
        #expect(notes.state.withLock(\.order) == ["+call", "+inner", "-inner", "-call", "+after", "-after"])
        let around = try #require(notes.visit("inner")?.enclosing.first)
        #expect(around.kind == .call && around.node == "call" && around.workflow == "test" && around.count == nil)
        #expect(notes.end("call")?.outputs["success"] == true)
    }

    @Test func `the observer is waited for before each node, with its variables, and may stop the run`() async throws {
        let seen = Mutex<[String]>([])
        var observer = RunObserver()
        observer.beforeNode = { visit in
            await Task.yield()
            return seen.withLock { seen in
                seen.append("\(visit.node) \(Value.object(visit.variables).jsonText())")
                return seen.count == 3 ? .stop : .proceed
            }
        }
        let conclusion = try await self.run(
            document(
                [
                    "a": ("SetNode", ["name": "x", "value": 1]), "b": ("ActNode", ["name": "one"]),
                    "c": ("ActNode", ["name": "two"]),
                ], ["a > b", "b > c"]), observer)
        guard case .interrupted(let entries) = conclusion else {
            Issue.record("It was not stopped")
            return
        }
        #expect(seen.withLock { $0 } == [#"a {}"#, #"b {"x":1}"#, #"c {"x":1}"#])
        #expect(self.world.effects == ["one"])
        #expect(entries.map(\.step) == [0])
    }

    @Test func `time spent looking around is not the job's`() async throws {
        var observer = RunObserver()
        observer.beforeNode = { _ in
            // In all, a person looks around for longer than the job may take.
            try await Task.sleep(for: .milliseconds(10_100))
            return .proceed
        }
        let driver = try self.world.driver(
            document(
                [
                    "a": ("ActNode", ["name": "a"]), "b": ("ActNode", ["name": "b"]), "c": ("ActNode", ["name": "c"]),
                ], ["a > b", "b > c"]), options: Job.Options(timeoutSeconds: 30),
            environment: RunEnvironment(workingDirectory: "/tmp", observer: observer))
        guard case .finished(_, nil, _) = try await driver.run() else {
            Issue.record("It timed out")
            return
        }
    }

    @Test func `what is replayed is told as such and not waited for`() async throws {
        let workflow = document(
            ["a": ("ActNode", ["name": "one"]), "b": ("ActNode", ["name": "two"])], ["a > b"])
        let full = RunDriverTests.RecordingJournal()
        _ = try await self.world.driver(workflow, journal: full).run()
        let waited = Mutex<[String]>([])
        let notes = Notes()
        var observer = notes.observer
        observer.beforeNode = { visit in
            waited.withLock { $0.append(visit.node) }
            return .proceed
        }
        let survived = RunDriverTests.RecordingJournal(await full.all.filter { $0.step == 0 })
        _ = try await self.run(workflow, observer, journal: survived)
        #expect(notes.visit("a")?.isReplayed == true)
        #expect(notes.visit("b")?.isReplayed == false)
        #expect(waited.withLock { $0 } == ["b"])
    }

    @Test func `values of sensitive variables are masked for observers, in logs and in results`() async throws {
        let notes = Notes()
        let logged = Mutex<[String]>([])
        let workflow = document(
            [
                "a": ("SetNode", ["name": "copy", "value": "Bearer {{token}}"]),
                "log": ("LogNode", ["message": "using {{copy}}"]),
                "bad": ("FailNode", ["message": "{{token}} refused"]),
            ], ["a > log", "log > bad"],
            variables: ["token": ["default_value": "s3cr3t", "sensitive": true], "plain": 1])
        let driver = try self.world.driver(
            workflow,
            environment: RunEnvironment(
                workingDirectory: "/tmp",
                onEvent: { event in
                    if case .log(_, _, let message) = event { logged.withLock { $0.append(message) } }
                }, observer: notes.observer))
        guard case .finished(let result, let failure, _) = try await driver.run() else { return }
        #expect(!Value.object(result.json).jsonText().contains("s3cr3t"))
        #expect(result.variables == ["token": "***", "plain": 1, "copy": "Bearer ***"])
        #expect(result.logs == ["using Bearer ***"])
        #expect(logged.withLock { $0 } == ["using Bearer ***"])
        #expect(failure?.message == "*** refused")
        #expect(notes.visit("a")?.inputs["value"] == "Bearer ***")
        #expect(notes.end("bad")?.error == "*** refused")
    }
}
