import CasareDomain
import CasareEngine
import Testing

/// What a run holds open between its nodes.
struct RunSessionTests {
    private static let call = document(
        ["dial": ("DialNode", [:]), "hello": ("SpeakNode", ["name": "hello"]), "bye": ("SpeakNode", ["name": "bye"])],
        ["dial > hello", "hello > bye"])

    @Test func `what a run opened is closed when it ends`() async throws {
        let world = World()
        #expect(try await world.run(Self.call).success)
        #expect(world.effects == ["dial", "hello", "bye", "hang up"])
    }

    /// Does not end by itself, and does not heed being cancelled.
    private struct StuckResource: RunResource {
        let isLetGo: AsyncStream<Void>
        let tells: AsyncStream<Void>.Continuation

        func close() async {
            self.tells.yield()
            await Task { for await _ in self.isLetGo {} }.value
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a run that is cancelled does not wait for what cannot be closed`() async throws {
        let (isLetGo, letGo) = AsyncStream.makeStream(of: Void.self)
        let (closings, closing) = AsyncStream.makeStream(of: Void.self)
        let session = RunSession()
        await session.keep(StuckResource(isLetGo: isLetGo, tells: closing), as: "stuck")
        let run = Task { await session.close() }
        for await _ in closings { break }
        run.cancel()
        await run.value
        letGo.finish()
        #expect(await session.count == 0)
    }

    @Test func `what a run opened is closed when it fails`() async throws {
        let world = World()
        let result = try await world.run(
            document(["dial": ("DialNode", [:]), "fail": ("FailNode", [:])], ["dial > fail"]))
        #expect(!result.success)
        #expect(world.effects == ["dial", "hang up"])
    }

    @Test func `a run that goes on elsewhere opens again what was open, and only once something needs it`() async throws
    {
        let first = RunDriverTests.RecordingJournal()
        _ = try await World().driver(Self.call, journal: first).run()
        // The robot died between the two sentences.
        let second = World()
        let resumed = RunDriverTests.RecordingJournal(await first.all.filter { $0.step < 2 })
        _ = try await second.driver(Self.call, journal: resumed).run()
        #expect(second.effects == ["dial again", "bye", "hang up"])

        // Nothing was left to do: nobody is called.
        let third = World()
        guard case .finished(_, _, let entries) = try await second.driver(Self.call, journal: resumed).run() else {
            Issue.record("It did not end")
            return
        }
        let whole = RunDriverTests.RecordingJournal(await resumed.all.filter { $0.result != nil } + entries)
        _ = try await third.driver(Self.call, journal: whole).run()
        #expect(third.effects.isEmpty)
    }
}
