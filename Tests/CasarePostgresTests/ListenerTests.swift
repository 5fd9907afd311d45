import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@Suite struct ListenerTests {
    @Test func `notifications arrive in order`() async throws {
        try await withEmptyDatabase { configuration in
            let listener = PostgresListener(configuration: configuration, channels: ["jobs", "Other \"one\""])
            var events = listener.events.makeAsyncIterator()
            #expect(await events.next() == .listening(mayHaveMissed: false))
            let sender = try await PostgresConnection.connect(configuration)
            try await sender.execute("SELECT pg_notify('jobs', '1')")
            try await sender.script("NOTIFY \"Other \"\"one\"\"\"; NOTIFY unheard, 'x'; NOTIFY jobs, '2'")
            #expect(await events.next() == .notification(channel: "jobs", payload: "1"))
            #expect(await events.next() == .notification(channel: "Other \"one\"", payload: ""))
            #expect(await events.next() == .notification(channel: "jobs", payload: "2"))
            await listener.stop()
            #expect(await events.next() == nil)
            await sender.close()
        }
    }

    @Test func `a listener that lost its connection listens again and says so`() async throws {
        try await withEmptyDatabase { configuration in
            var own = configuration
            own.applicationName = "listener under test"
            let listener = PostgresListener(configuration: own, channels: ["jobs"])
            var events = listener.events.makeAsyncIterator()
            #expect(await events.next() == .listening(mayHaveMissed: false))
            let sender = try await PostgresConnection.connect(configuration)
            for round in 1...2 {
                try await sender.execute(
                    """
                    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                    WHERE application_name = 'listener under test'
                    """)
                #expect(await events.next() == .listening(mayHaveMissed: true))
                try await sender.execute("SELECT pg_notify('jobs', @round)", ["round": .text("\(round)")])
                #expect(await events.next() == .notification(channel: "jobs", payload: "\(round)"))
            }
            await listener.stop()
            await sender.close()
        }
    }

    @Test func `a listener can be stopped while its server is away`() async throws {
        let configuration = PostgresConfiguration(socketFolder: "/nonexistent", user: "nobody", database: "none")
        let listener = PostgresListener(configuration: configuration, channels: ["jobs"])
        await listener.stop()
        for await event in listener.events { Issue.record("There was an event: \(event)") }
    }

    @Test func `cancelling the consumer ends the session`() async throws {
        try await withEmptyDatabase { configuration in
            var own = configuration
            own.applicationName = "cancelled listener"
            let listener = PostgresListener(configuration: own, channels: ["jobs"])
            let (started, hasStarted) = AsyncStream.makeStream(of: Void.self)
            let consumer = Task {
                for await _ in listener.events { hasStarted.yield() }
            }
            for await _ in started { break }
            consumer.cancel()
            await consumer.value
            await listener.stop()
            let observer = try await PostgresConnection.connect(configuration)
            let sessions = Query(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'cancelled listener'")
            while try await observer.execute(sessions).only().int("n") > 0 { await Task.yield() }
            await observer.close()
        }
    }
}
