@testable import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import NIOHTTP1
import Testing

/// Following events over WebSockets that break.
struct EventStreamTests {
    private static let job = Job.ID("01890000-0000-7000-8000-000000000001")!  // The literal is a UUID.
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static func event(_ number: Int) -> EventInfo {
        EventInfo(
            cursor: "1-\(number)", at: Date(timeIntervalSince1970: 0), kind: "leased", job: Self.job, workflow: "w",
            workflowVersion: 1, environment: "default", detail: ["text": .string(String(repeating: "x", count: 1000))])
    }

    private static func frame(_ number: Int) -> CannedStreamServer.Line { .frame(.event(Self.event(number))) }

    private static func client(_ url: String) throws -> CasareClient {
        var configuration = CasareClient.Configuration(url: url, token: "crpa_secret", program: "test")
        configuration.retriesMax = 0
        configuration.trace = TraceCarrier(traceparent: Self.parent, tracestate: nil, baggage: nil)
        return try CasareClient(configuration)
    }

    private static func following<R: Sendable>(
        _ scripts: [[CannedStreamServer.Line]], _ query: EventQuery = EventQuery(),
        _ body: (inout EventStream.Iterator, CannedStreamServer) async throws -> R
    ) async throws -> R {
        try await CannedStreamServer.with(scripts) { url, server in
            let client = try Self.client(url)
            var iterator = client.openEvents(query).makeAsyncIterator()
            do {
                let result = try await body(&iterator, server)
                await client.shutdown()
                return result
            } catch {
                await client.shutdown()
                throw error
            }
        }
    }

    @Test func `events come in order, whole and in parts, and pings are answered`() async throws {
        try await Self.following([
            [
                .ping, Self.frame(1), .parts(.event(Self.event(2))), .frame(.caughtUp(cursor: "1-9")), .close(1000, ""),
            ]
        ]) { events, server async throws in
            #expect(try await events.next() == .event(Self.event(1)))
            #expect(try await events.next() == .event(Self.event(2)))
            #expect(try await events.next() == .caughtUp(cursor: "1-9"))
            #expect(try await events.next() == nil)
            #expect(try await events.next() == nil)
            while server.pongs == 0 { await Task.yield() }
            #expect(server.headers.first?.first(name: "Authorization") == "Bearer crpa_secret")
            #expect(server.headers.first?.first(name: "User-Agent")?.hasPrefix("test/") == true)
            #expect(server.headers.first?.first(name: "traceparent") == Self.parent)
        }
    }

    @Test func `the query is asked for, and the place is the last that is known`() async throws {
        let query = EventQuery(
            kinds: [.failed, .completed], workflow: "a b", environment: "default",
            since: Date(timeIntervalSince1970: 1_800_000_000))
        try await Self.following(
            [
                [Self.frame(1), Self.frame(2), .close(1001, "the server stops")],
                [.cut],
                [Self.frame(3), .cut],
                [Self.frame(4), .stay],
            ], query
        ) { events, server async throws in
            for number in 1...4 { #expect(try await events.next() == .event(Self.event(number))) }
            let uris = server.uris
            #expect(uris.count == 4)
            let filter = "kind=completed%2Cfailed&workflow=a%20b&environment=default"
            #expect(uris.first == "/ws/events?\(filter)&since=2027-01-15T08%3A00%3A00.000Z")
            #expect(uris[1].hasSuffix("&cursor=1-2") && !uris[1].contains("since"))
            #expect(uris[2] == uris[1] && uris[3].hasSuffix("&cursor=1-3"))
        }
    }

    @Test func `a client that was too slow goes on from its own last event`() async throws {
        let problem = StreamFrame.Problem(code: "SLOW_READER", message: "too slow", cursor: "1-1")
        try await Self.following([
            [Self.frame(1), Self.frame(2), .frame(.error(problem)), .close(1013, "too slow")], [Self.frame(3), .stay],
        ]) { events, server async throws in
            for number in 1...3 { #expect(try await events.next() == .event(Self.event(number))) }
            #expect(server.uris.last?.hasSuffix("cursor=1-2") == true)
        }
    }

    @Test func `a server that has no room is tried again, and that is said`() async throws {
        let problem = StreamFrame.Problem(code: "STREAM_UNAVAILABLE", message: "no room", cursor: nil)
        try await Self.following([
            [.frame(.error(problem)), .close(1013, "full")], [Self.frame(1), .stay],
        ]) { events, _ async throws in
            guard case .interrupted(let error) = try await events.next() else {
                Issue.record("it is said")
                return
            }
            #expect("\(error)".contains("no room"))
            #expect(try await events.next() == .event(Self.event(1)))
        }
    }

    @Test func `a token that is revoked ends the following`() async throws {
        let problem = StreamFrame.Problem(code: "AUTH_TOKEN_INVALID", message: "the token is gone", cursor: nil)
        try await Self.following([
            [Self.frame(1), .frame(.error(problem)), .close(1008, "")]
        ]) { events, _ async throws in
            #expect(try await events.next() == .event(Self.event(1)))
            do throws(ClientError) {
                _ = try await events.next()
                Issue.record("it ends")
            } catch {
                guard case .api(let problem) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(problem.status == 401 && problem.message == "the token is gone")
            }
            #expect(try await events.next() == nil)
        }
    }

    @Test func `a server that is away is reported once it was there, and is an error before`() async throws {
        try await Self.following([[Self.frame(1), .cut]]) { events, _ async throws in
            #expect(try await events.next() == .event(Self.event(1)))
            // It lets nobody in any more.
            guard case .interrupted = try await events.next() else {
                Issue.record("it is said")
                return
            }
        }
        try await RawServer.with(.reset) { port in
            let client = try Self.client("http://127.0.0.1:\(port)")
            var events = client.openEvents().makeAsyncIterator()
            await #expect(throws: ClientError.self) { _ = try await events.next() }
            await client.shutdown()
        }
    }

    @Test func `following ends when the task is cancelled`() async throws {
        try await Self.following([[Self.frame(1), .stay]]) { events, _ async throws in
            #expect(try await events.next() == .event(Self.event(1)))
        }
        try await CannedStreamServer.with([[Self.frame(1), .stay]]) { url, _ in
            let client = try Self.client(url)
            let stream = client.openEvents()
            let task = Task { () -> ClientError? in
                do throws(ClientError) {
                    for try await _ in stream {}
                    return nil
                } catch {
                    return error
                }
            }
            task.cancel()
            #expect(await task.value == .cancelled)
            await client.shutdown()
        }
    }

    @Test func `a stream of one job asks for that job`() async throws {
        try await CannedStreamServer.with([[.close(1000, "")]]) { url, server in
            let client = try Self.client(url)
            for try await _ in client.openEvents(of: Self.job, EventQuery(kinds: [.failed], workflow: "w")) {}
            #expect(server.uris == ["/ws/jobs/\(Self.job)?kind=failed"])
            await client.shutdown()
        }
    }
}

struct StreamMailboxTests {
    @Test func `what came before the end is taken before it`() async {
        let mailbox = StreamMailbox()
        mailbox.put([1])
        mailbox.put([2])
        mailbox.end(.closed(code: 1000, reason: ""))
        mailbox.end(.broken)
        #expect(await mailbox.take() == .message([1]))
        #expect(await mailbox.take() == .message([2]))
        #expect(await mailbox.take() == .closed(code: 1000, reason: ""))
        #expect(await mailbox.take() == .closed(code: 1000, reason: ""))
    }

    @Test func `it is full at its bound, and roomy at half of it`() async {
        let mailbox = StreamMailbox()
        for _ in 1..<StreamMailbox.messagesMax { mailbox.put([]) }
        #expect(!mailbox.isFull)
        mailbox.put([])
        #expect(mailbox.isFull && !mailbox.isRoomy)
        for _ in 1...StreamMailbox.messagesMax / 2 { _ = await mailbox.take() }
        #expect(mailbox.isRoomy)
    }
}

struct ServerAddressTests {
    @Test func `a URL is taken apart`() throws {
        let plain = try #require(ServerAddress("http://casare.example:8080/base"))
        #expect(!plain.isEncrypted && plain.host == "casare.example" && plain.port == 8080 && plain.prefix == "/base")
        #expect(plain.authority == "casare.example:8080")
        let encrypted = try #require(ServerAddress("https://casare.example"))
        #expect(encrypted.isEncrypted && encrypted.port == 443 && encrypted.prefix.isEmpty)
        #expect(encrypted.nameForTLS == "casare.example")
        let six = try #require(ServerAddress("https://[::1]:9443"))
        #expect(six.host == "::1" && six.port == 9443 && six.authority == "[::1]:9443" && six.nameForTLS == nil)
        #expect(ServerAddress("http://[::1]")?.port == 80)
        #expect(ServerAddress("ftp://x") == nil && ServerAddress("http://x:99999") == nil)
    }
}
