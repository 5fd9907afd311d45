import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct ReadyBellTests {
    @Test func `what is rung is heard, the same once`() async throws {
        try await withTestDatabase { database in
            let listener = PostgresListener(
                configuration: database.configuration,
                channels: [ReadyBell.readyChannel, ReadyBell.jobsChannel, ReadyBell.sessionsChannel])
            let bell = ReadyBell(database.configuration)
            let job = Job.ID.new(at: noon)
            let heard = await withTaskGroup(of: Void.self) { group in
                group.addTask { await bell.run() }
                var heard: [String] = []
                for await event in listener.events {
                    switch event {
                    case .listening:
                        for _ in 0..<100 {
                            bell.ring(.default)
                            bell.jobChanged(job)
                            bell.sessionChanged(Robot.SessionID(rawValue: 7))
                        }
                    case .notification(let channel, let payload):
                        heard.append("\(channel) \(payload)")
                    }
                    if Set(heard).count == 3 { break }
                }
                group.cancelAll()
                return heard
            }
            await listener.stop()
            #expect(Set(heard) == ["casare_ready 1", "casare_jobs \(job)", "casare_sessions 7"])
            #expect(heard.count < 30)
            #expect(bell.droppedCount == 0)
        }
    }

    @Test func `a bell that is stopped rings for what is still waiting`() async throws {
        try await withTestDatabase { database in
            let listener = PostgresListener(configuration: database.configuration, channels: [ReadyBell.readyChannel])
            let bell = ReadyBell(database.configuration)
            for await event in listener.events {
                if case .listening = event { break }
            }
            bell.ring(Tenant.ID(rawValue: 7))
            let ringing = Task { await bell.run() }
            ringing.cancel()
            await ringing.value
            for await event in listener.events {
                if case .notification(_, let payload) = event {
                    #expect(payload == "7")
                    break
                }
            }
            await listener.stop()
        }
    }
}
