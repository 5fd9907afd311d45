import CasareDomain
import CasareEngine
import Synchronization
import Testing

/// Limits of more than one node, and stops while waiting.
struct RunLimitTests {
    let world = World()

    @Test func `an item that takes too long fails, and the next one has its own time`() async throws {
        let result = try await self.world.run(
            document(
                [
                    "each": ("EachNode", ["items": [60, 0, 60], "timeout_per_item": 4]),
                    "nap": ("NapNode", ["seconds": "{{item}}"]), "more": ("ReadNode", [:]),
                    "note": ("SetNode", ["name": "result", "value": "done"]),
                    "end": ("SetNode", ["name": "all", "value": "{{each.results}}"]),
                ], ["each.body > nap", "nap > more", "more > note", "each.completed > end"]))
        let results = try #require(result.variables["all"]?.list)
        #expect(results.count == 3)
        #expect(results[0]["error"] == "Node nap was cut off: item 0 of each timed out after 4s")
        #expect(results[1] == "done")
        #expect(results[2]["error"]?.string?.contains("item 2 of each") == true)
        #expect(self.world.reads == 1)
    }

    @Test func `once an item's time is up nothing further of it is begun`() async throws {
        let journal = MemoryJournal()
        let workflow = document(
            [
                "each": ("EachNode", ["items": [60], "timeout_per_item": 0.05]),
                "try": ("TryNode", ["paired_catch_id": "catch"]), "nap": ("NapNode", ["seconds": 60]),
                "catch": ("CatchNode", [:]), "act": ("ActNode", ["name": "act"]),
                "end": ("SetNode", ["name": "all", "value": "{{each.results}}"]),
            ], ["each.body > try", "try.try_body > nap", "catch.catch_body > act", "each.completed > end"])
        let first = try await self.world.run(workflow, journal: journal)
        #expect(self.world.effects.isEmpty)
        let expected: Value = [["error": "Node act was cut off: item 0 of each timed out after 0.05s"]]
        #expect(first.variables["all"] == expected)
        // On a replay the time does not matter any more.
        #expect(try await World().run(workflow, journal: journal).variables["all"] == expected)
    }

    @Test func `an effect that an item's limit cuts off is in doubt`() async throws {
        let driver = try self.world.driver(
            document(
                [
                    "each": ("EachNode", ["items": [1], "timeout_per_item": 0.05]),
                    "pay": ("StallNode", ["name": "pay"]),
                ], ["each.body > pay"]))
        guard case .inDoubt(let question, _, _) = try await driver.run() else {
            Issue.record("It was not asked about")
            return
        }
        #expect(question.text.hasSuffix("Item 0 of each timed out after 0.05s in the middle of it."))
    }

    @Test func `a call has a limit, too`() async throws {
        var workflow = document(["call": ("CallNode", ["subworkflow_path": "c", "timeout_seconds": 0.05])], [])
        if case .object(var members) = workflow {
            members["subflows"] = ["c": document(["nap": ("NapNode", ["seconds": 60])], [])]
            workflow = .object(members)
        }
        let result = try await self.world.run(workflow)
        #expect(result.error == "Node nap was cut off: the call of c timed out after 0.05s")
    }

    @Test func `a stop is taken in the middle of a long wait`() async throws {
        let slept = Mutex(Duration.zero)
        let driver = try self.world.driver(
            document(
                [
                    "retry": ("RetryNode", ["initial_delay": 1000, "max_attempts": 2]),
                    "bad": ("FailNode", [:]),
                ], ["retry.retry_body > bad"]),
            environment: RunEnvironment(
                workingDirectory: "/tmp", sleep: { duration in slept.withLock { $0 += duration } },
                isStopRequested: { slept.withLock { $0 } >= .seconds(5) }))
        guard case .interrupted = try await driver.run() else {
            Issue.record("It was not stopped")
            return
        }
        #expect(slept.withLock { $0 } < .seconds(10))
    }

    @Test func `a pause that was waited for is not waited for again on a replay`() async throws {
        let workflow = document(
            [
                "retry": ("RetryNode", ["initial_delay": 50, "max_attempts": 2]),
                "act": ("ActNode", ["name": "act"]), "after": ("ActNode", ["name": "after"]),
            ], ["retry.retry_body > act", "retry.success > after"])
        self.world.failNext("act", times: 1)
        let journal = MemoryJournal()
        let slept = Mutex(Duration.zero)
        let environment = RunEnvironment(
            workingDirectory: "/tmp", sleep: { duration in slept.withLock { $0 += duration } })
        for _ in 0..<2 {
            let driver = try self.world.driver(workflow, journal: journal, environment: environment)
            guard case .finished(_, nil, let entries) = try await driver.run() else {
                Issue.record("It failed")
                return
            }
            await journal.record(entries)
            #expect(slept.withLock { $0 } == .seconds(50))
        }
        #expect(self.world.effects == ["act", "after"])
    }

    @Test func `results of steps that only read do not pile up in memory`() async throws {
        let journal = RunDriverTests.RecordingJournal()
        let driver = try self.world.driver(
            document(
                ["loop": ("ForLoopStartNode", ["mode": "range", "end": 1000]), "read": ("ReadNode", [:])],
                ["loop.body > read"]), journal: journal)
        guard case .finished(_, nil, let entries) = try await driver.run() else {
            Issue.record("It failed")
            return
        }
        #expect(entries.count < 256)
        #expect(await journal.all.count + entries.count == 1000)
    }
}
