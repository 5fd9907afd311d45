import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import ServiceLifecycle
import Testing

/// Events over WebSockets, byte by byte.
struct StreamTests {
    private typealias Fixture = OrchestratorFixture
    private typealias Frame = RawWebSocket.Frame

    private static func open<R: Sendable>(
        _ server: Fixture, _ path: String = "/ws/events", as role: Role = .viewer, headers: [String: String] = [:],
        receiveBytes: Int? = nil, _ body: @Sendable (inout RawWebSocket) async throws -> R
    ) async throws -> R {
        try await RawWebSocket.with(
            server, path, token: server.tokens[role], headers: headers, receiveBytes: receiveBytes, body)
    }

    // MARK: Opening

    @Test func `the handshake is answered by the rules`() async throws {
        try await Fixture.with { server in
            try await Self.open(server) { socket in
                #expect(socket.status == 101)
                #expect(socket.head.contains(": \(RawWebSocket.acceptance)\r\n"))
                #expect(socket.head.lowercased().contains("upgrade: websocket"))
                _ = try await socket.caughtUp()
            }
        }
    }

    @Test func `who may not look is told before anything is opened`() async throws {
        try await Fixture.with { server in
            let job = try await server.submit(1)[0]
            for path in ["/ws/events", "/ws/jobs/\(job)"] {
                try await RawWebSocket.with(server, path, token: nil) { socket in #expect(socket.status == 401) }
                try await RawWebSocket.with(server, path, token: "crpa_nobody") { socket in
                    #expect(socket.status == 401)
                }
                try await Self.open(server, path, as: .robot) { socket in #expect(socket.status == 403) }
            }
            try await Self.open(server, "/ws/jobs/01890000-0000-7000-8000-000000000001") { socket in
                #expect(socket.status == 404)
            }
            try await Self.open(server, "/ws/jobs/7") { socket in #expect(socket.status == 400) }
            try await Self.open(server, "/ws/events?cursor=x") { socket in #expect(socket.status == 400) }
            try await Self.open(server, "/ws/nothing") { socket in #expect(socket.status == 404) }
            #expect(server.events.streamCount == 0)
        }
    }

    @Test(arguments: [
        ["Sec-WebSocket-Version": "8"], ["Sec-WebSocket-Key": ""], ["Upgrade": ""], ["Connection": "close"],
    ])
    func `what is no handshake is answered as a request`(headers: [String: String]) async throws {
        try await Fixture.with { server in
            try await Self.open(server, headers: headers) { socket in
                #expect(socket.status == 400)
            }
        }
    }

    @Test func `who was refused a stream may go on with requests`() async throws {
        try await Fixture.with { server in
            let headers = ["Upgrade": "websocket", "Connection": "Upgrade"]
            let refused = try await server.call(.GET, "/ws/events", as: .viewer, headers: headers)
            let next = try await server.call(.GET, "/health/live", as: nil)
            #expect([refused.status, next.status] == [400, 200])
        }
    }

    @Test func `an upgrade that is not made is answered, and ends the connection`() async throws {
        try await Fixture.with { server in
            // As clients ask that know HTTP/2; and what comes behind it is not parsed as HTTP.
            try await Self.open(server, "/health/live", headers: ["Upgrade": "h2c"]) { socket in
                #expect(socket.status == 200)
                #expect(socket.head.lowercased().contains("connection: close\r\n"))
                while try await socket.frame() != nil {}
            }
        }
    }

    @Test func `no more streams are opened than there may be`() async throws {
        var limits = StreamLimits.standard
        limits.streamsMax = 1
        try await Fixture.with(streamLimits: limits) { server in
            try await Self.open(server) { socket in
                _ = try await socket.caughtUp()
                try await Self.open(server) { socket in #expect(socket.status == 503) }
            }
            while server.events.streamCount > 0 { await Task.yield() }
            try await Self.open(server) { socket in _ = try await socket.caughtUp() }
        }
    }

    // MARK: Events

    @Test func `events come as they happen`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await Self.open(server) { socket in
                _ = try await socket.caughtUp()
                let job = try await server.submit(1)[0]
                let event = try await socket.event()
                #expect(event.kind == "submitted" && event.job == job && event.workflow == "invoices")
                _ = try await server.withClient(.operator) { try await $0.cancelJob(job, reason: "why") }
                let cancelled = try await socket.event()
                #expect(cancelled.kind == "cancelled" && cancelled.detail?["reason"] == "why")
            }
        }
    }

    @Test func `a stream goes on from a cursor without loss or repeats`() async throws {
        try await Fixture.with { server in
            let cursor = try await Self.open(server) { socket in
                _ = try await socket.caughtUp()
                _ = try await server.submit(3)
                _ = try await socket.event()
                return try await socket.event().cursor
            }
            let later = try await server.submit(2)
            let seen = try await Self.open(server, "/ws/events?cursor=\(cursor)") { socket in
                var jobs: [Job.ID?] = []
                for _ in 1...3 { jobs.append(try await socket.event().job) }
                _ = try await socket.caughtUp()
                let last = try await server.submit(1)
                #expect(try await socket.event().job == last[0])
                return jobs
            }
            #expect(Array(seen.suffix(2)) == later && Set(seen).count == 3)
        }
    }

    @Test func `a stream that begins far back reads all there is`() async throws {
        var limits = StreamLimits.standard
        (limits.spanMax, limits.recentMax) = (7, 5)
        try await Fixture.with(streamLimits: limits) { server in
            let first = try await server.submit(40)
            try await Self.open(server, "/ws/events?cursor=start") { socket in
                var jobs: [Job.ID?] = []
                for _ in first { jobs.append(try await socket.event().job) }
                #expect(jobs == first)
                let second = try await server.submit(30)
                jobs.removeAll()
                for _ in second { jobs.append(try await socket.event().job) }
                #expect(jobs == second)
            }
        }
    }

    @Test func `an idle stream holds no connection of the database`() async throws {
        try await Fixture.with { server in
            // Twice as many as there are connections.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...8 {
                    group.addTask {
                        try await Self.open(server) { socket in
                            _ = try await socket.caughtUp()
                            _ = try await socket.event()
                        }
                    }
                }
                while server.events.streamCount < 8 { await Task.yield() }
                #expect(server.events.readerCount == 1)
                _ = try await server.submit(1)
                try await group.waitForAll()
            }
        }
    }

    @Test func `a stream of a job ends with it, whatever it leaves out`() async throws {
        try await Fixture.with { server in
            let job = try await server.submit(1)[0]
            try await Self.open(server, "/ws/jobs/\(job)?kind=submitted") { socket in
                #expect(try await socket.event().kind == "submitted")
                _ = try await server.withClient(.operator) { try await $0.cancelJob(job, reason: nil) }
                #expect(try await socket.close().code == StreamClose.ended)
            }
        }
    }

    @Test func `a stream of a job has its events and no others`() async throws {
        try await Fixture.with { server in
            let jobs = try await server.submit(2)
            try await Self.open(server, "/ws/jobs/\(jobs[0])") { socket in
                #expect(try await socket.event().kind == "submitted")
                _ = try await server.withClient(.operator) { client in
                    _ = try await client.cancelJob(jobs[1], reason: nil)
                    return try await client.cancelJob(jobs[0], reason: nil)
                }
                let event = try await socket.event()
                #expect(event.kind == "cancelled" && event.job == jobs[0])
                #expect(try await socket.close().code == StreamClose.ended)
            }
            // It has ended before.
            try await Self.open(server, "/ws/jobs/\(jobs[0])") { socket in
                #expect(try await socket.event().kind == "submitted")
                let last = try await socket.event()
                #expect(last.kind == "cancelled")
                #expect(try await socket.close().code == StreamClose.ended)
                try await Self.open(server, "/ws/jobs/\(jobs[0])?cursor=\(last.cursor)") { socket in
                    guard case .caughtUp = try await socket.news() else {
                        Issue.record("there is nothing behind the last event")
                        return
                    }
                    #expect(try await socket.close().code == StreamClose.ended)
                }
            }
        }
    }

    // MARK: What clients send

    @Test func `pings are answered, and messages are taken in parts or whole`() async throws {
        try await Fixture.with { server in
            try await Self.open(server) { socket in
                _ = try await socket.caughtUp()
                try await socket.send(Frame.textOpcode, Array("hel".utf8), fin: false)
                try await socket.send(Frame.pingOpcode, [1, 2])
                try await socket.send(0, Array("lo".utf8))
                try await socket.send(Frame.textOpcode, Array("again".utf8))
                try await socket.send(Frame.pingOpcode, [3])
                #expect(try await socket.message() == Frame(opcode: Frame.pongOpcode, data: [1, 2]))
                #expect(try await socket.message() == Frame(opcode: Frame.pongOpcode, data: [3]))
                try await socket.send(Frame.closeOpcode, [3, 232])
                #expect(try await socket.close().code == 1000)
                #expect(try await socket.frame() == nil)
            }
            while server.events.streamCount > 0 { await Task.yield() }
        }
    }

    @Test func `what is too large or no proper frame is refused with its code`() async throws {
        let large = [UInt8](repeating: 65, count: StreamLimits.standard.messageBytesMax + 1)
        let half = [UInt8](repeating: 65, count: StreamLimits.standard.messageBytesMax / 2 + 1)
        let cases: [(code: UInt16, send: @Sendable (RawWebSocket) async throws -> Void)] = [
            (StreamClose.tooLarge, { try await $0.send(Frame.textOpcode, large) }),
            (
                StreamClose.tooLarge,
                { socket in
                    try await socket.send(Frame.textOpcode, half, fin: false)
                    try await socket.send(0, half)
                }
            ),
            (StreamClose.protocolError, { try await $0.send(Frame.textOpcode, [65], isMasked: false) }),
            (StreamClose.protocolError, { try await $0.send(0, [65]) }),
            (StreamClose.protocolError, { try await $0.send(Frame.pingOpcode, [65], fin: false) }),
            (StreamClose.unacceptable, { try await $0.send(2, [65]) }),
        ]
        try await Fixture.with { server in
            for (code, send) in cases {
                try await Self.open(server) { socket in
                    _ = try await socket.caughtUp()
                    try await send(socket)
                    #expect(try await socket.close().code == code)
                }
            }
            // Nobody has to close for the server to be done with it.
            while server.events.streamCount > 0 { await Task.yield() }
        }
    }

    @Test func `a client that goes away without a word is forgotten`() async throws {
        try await Fixture.with { server in
            try await Self.open(server) { socket in _ = try await socket.caughtUp() }
            while server.events.streamCount > 0 { await Task.yield() }
        }
    }

    // MARK: Endings

    @Test func `a client that does not read is closed with its cursor, and goes on from there`() async throws {
        var limits = StreamLimits.standard
        limits.writeMax = .milliseconds(100)
        limits.closeMax = .seconds(60)
        try await Fixture.with(streamLimits: limits) { server in
            let job = try await server.submit(1)[0]
            let start = try await server.withClient(.viewer) { try await $0.events().nextCursor }
            // More than the systems' buffers on the way hold.
            let count = 2000
            try await server.database.asTenant(.default) { connection in
                try connection.script(
                    """
                    INSERT INTO events (job_id, at, kind, detail)
                    SELECT '\(job)', now(), 'leased', json_build_object('n', n, 'text', repeat('x', 10000))
                    FROM generate_series(1, \(count)) AS n
                    """)
            }
            let (seen, cursor) = try await Self.open(
                server, "/ws/events?cursor=\(start)", receiveBytes: 256 * 1024
            ) { socket -> ([Int], String) in
                while server.events.slowCount == 0 { await Task.yield() }
                var seen: [Int] = []
                var last = ""
                while true {
                    switch try await socket.news() {
                    case .event(let event):
                        seen.append(event.detail?["n"]?.int ?? 0)
                        last = event.cursor
                    case .caughtUp: Issue.record("it has not read all")
                    case .error(let problem):
                        #expect(problem.code == "SLOW_READER")
                        let cursor = try #require(problem.cursor)
                        let close = try await socket.close()
                        #expect(close.code == StreamClose.tryAgain && close.reason.contains(cursor))
                        return (seen, last)
                    }
                }
            }
            #expect(!seen.isEmpty && seen.count < count && seen == Array(1...seen.count))
            let rest = try await Self.open(server, "/ws/events?cursor=\(cursor)") { socket in
                var rest: [Int] = []
                while rest.last != count { rest.append(try await socket.event().detail?["n"]?.int ?? 0) }
                return rest
            }
            #expect(seen + rest == Array(1...count))
        }
    }

    @Test func `a stream is closed when the server stops, and the server does not wait for it`() async throws {
        try await Fixture.with { server in
            let job = try await server.submit(1)[0]
            try await Self.open(server) { socket in
                let cursor = try await socket.caughtUp()
                try await Self.open(server, "/ws/jobs/\(job)") { other in
                    _ = try await other.event()
                    await server.group.triggerGracefulShutdown()
                    #expect(try await other.close().code == StreamClose.goingAway)
                }
                let close = try await socket.close()
                #expect(close.code == StreamClose.goingAway && close.reason.contains(cursor))
            }
        }
    }

    @Test func `connections on which nothing was asked do not hold the server up when it stops`() async throws {
        try await Fixture.with { server in
            // The body ends with the connection open; the fixture then stops the server and waits for it.
            try await RawConnection.open(server.url)
            _ = try await server.call(.GET, "/health/live", as: nil)
        }
    }

    @Test func `a token that is revoked ends its streams`() async throws {
        var limits = StreamLimits.standard
        limits.tellInterval = .milliseconds(50)
        try await Fixture.with(streamLimits: limits) { server in
            try await Self.open(server) { socket in
                _ = try await socket.caughtUp()
                _ = try await server.database.asTenant(.default) { connection in
                    try TokenStore.revoke(name: "the viewer", on: connection)
                }
                #expect(try await socket.close().code == StreamClose.refused)
            }
        }
    }
}
