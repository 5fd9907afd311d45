import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Synchronization
import Testing

/// Feeds of a real server, read by a clock that passes when the watcher waits.
struct FeedWatcherTests {
    private static func withClient<R>(_ body: (WebClient) async throws -> R) async throws -> R {
        let web = WebClient(authoritiesFile: nil)
        do {
            let result = try await body(web)
            await web.shutdown()
            return result
        } catch {
            await web.shutdown()
            throw error
        }
    }

    private static func news(_ url: String, auth: FeedRequest.Auth = .init()) -> Watch.Source {
        .feed(
            FeedSource(
                .rss(.init(FeedRequest(url: url, headers: [.init(name: "X-Own", value: "v")], auth: auth)))))
    }

    // MARK: - News

    @Test func `what is new is found, and the server is asked whether anything is`() async throws {
        let items = Mutex<[(id: String, title: String)]>([("1", "a")])
        let handler: WebServer.Handler = { request in
            let shown = items.withLock { $0 }
            let tag = "\"\(shown.count)\""
            if request.header("If-None-Match") == tag { return WebServer.Reply(status: 304) }
            return .text(NewsFeedTests.rss(shown), headers: [("ETag", tag), ("Last-Modified", "then")])
        }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.news("\(server.url)/feed?a=b"))
                try await fixture.run(FeedWatcher(web), waits: 4) { number in
                    if number == 2 { items.withLock { $0.insert(("2", "b"), at: 0) } }
                }
                #expect(fixture.found("title") == ["b"] && fixture.found("feed_title") == ["News"])
                let requests = server.requests
                #expect(requests.map { $0.header("If-None-Match") } == [nil, "\"1\"", "\"1\"", "\"2\""])
                #expect(requests[1].header("If-Modified-Since") == "then" && requests[0].header("X-Own") == "v")
                #expect(requests.allSatisfy { $0.uri == "/feed?a=b" })
                // Another robot goes on from there.
                try await fixture.run(FeedWatcher(web), waits: 1)
                #expect(server.requests.last?.header("If-None-Match") == "\"2\"")
                #expect(fixture.findings.count == 1)
            }
        }
    }

    @Test(arguments: [
        (FeedRequest.Auth(kind: .bearer), "authorization", "Bearer s3cret"),
        (FeedRequest.Auth(kind: .basic, username: "ann"), "authorization", "Basic YW5uOnMzY3JldA=="),
        (FeedRequest.Auth(kind: .header, header: "X-Key"), "x-key", "s3cret"),
    ])
    func `the secret goes where it is wanted`(auth: FeedRequest.Auth, header: String, value: String) async throws {
        let handler: WebServer.Handler = { _ in .text(NewsFeedTests.rss([])) }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.news(server.url, auth: auth), secret: "s3cret")
                try await fixture.run(FeedWatcher(web), waits: 1)
                #expect(server.requests.map { $0.header(header) } == [value])
            }
        }
    }

    @Test(arguments: [
        (FeedRequest.Auth(kind: .header, header: "X-Key"), ["/feed"]),
        (FeedRequest.Auth(kind: .bearer), ["/feed", "/moved"]),
    ])
    func `a secret in a header of its own is carried nowhere else`(
        auth: FeedRequest.Auth, asked: [String]
    ) async throws {
        let handler: WebServer.Handler = { request in
            request.uri == "/feed" ? .redirect(302, "/moved") : .text(NewsFeedTests.rss([]))
        }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.news("\(server.url)/feed", auth: auth), secret: "s3cret")
                try await fixture.run(FeedWatcher(web), waits: 1)
                #expect(server.requests.map(\.uri) == asked)
                let error = fixture.errors.first ?? nil
                let isRefused = error?.contains("status 302") ?? false
                #expect(isRefused == (asked.count == 1))
            }
        }
    }

    @Test(arguments: [
        (WebServer.Reply.text("gone", status: 404), "status 404"),
        (WebServer.Reply.text("<html/>"), "neither RSS nor Atom"),
    ])
    func `what is no feed is an error that is said once and goes`(
        reply: WebServer.Reply, message: String
    ) async throws {
        let isBroken = Mutex(true)
        let handler: WebServer.Handler = { _ in
            isBroken.withLock { $0 } ? reply : .text(NewsFeedTests.rss([("1", "a")]))
        }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.news(server.url))
                try await fixture.run(FeedWatcher(web), waits: 4) { number in
                    if number == 2 { isBroken.withLock { $0 = false } }
                }
                #expect(fixture.errors.count { $0 != nil } == 1)
                #expect(fixture.errors.first??.contains(message) == true)
                #expect(fixture.errors.last == .some(nil) && fixture.findings.isEmpty)
            }
        }
    }

    @Test func `addresses of the robot's own network are left alone unless that is allowed`() async throws {
        let handler: WebServer.Handler = { _ in .text(NewsFeedTests.rss([("1", "a")])) }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.news(server.url), policy: NodePolicy())
                try await fixture.run(FeedWatcher(web), waits: 2)
                #expect(server.requests.isEmpty)
                #expect(fixture.errors.first??.contains("internal") == true)
            }
        }
    }

    // MARK: - Events

    private static func events(_ url: String, types: [String] = [], filter: String? = nil) -> Watch.Source {
        .feed(
            FeedSource(.sse(.init(FeedRequest(url: url), eventTypes: types, dataFilter: filter)), pollSeconds: 30))
    }

    private static func stream(_ text: String) -> WebServer.Reply {
        .text(text, headers: [("Content-Type", "text/event-stream")])
    }

    @Test func `events are found, and the next connection begins behind them`() async throws {
        let handler: WebServer.Handler = { request in
            switch request.header("Last-Event-ID") {
            case nil: Self.stream("id: 1\nevent: paid\ndata: {\"n\": 1}\n\nid: 2\ndata: two\n\ndata: cut off")
            case "2": Self.stream("id: 3\ndata: three\n\n")
            default: Self.stream(": nothing\n\n")
            }
        }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.events(server.url))
                try await fixture.run(FeedWatcher(web), waits: 1)
                #expect(fixture.found("data") == [#"{"n": 1}"#, "two"])
                #expect(fixture.found("event_type") == ["paid", "message"])
                #expect(fixture.findings[0].payload["json"]?["n"] == 1)
                // Another robot goes on from there.
                try await fixture.run(FeedWatcher(web), waits: 2)
                #expect(fixture.found("id") == ["1", "2", "3"])
                #expect(server.requests.map { $0.header("Last-Event-ID") } == [nil, "2", "3"])
                #expect(server.requests.allSatisfy { $0.header("Accept") == "text/event-stream" })
            }
        }
    }

    @Test func `a report that is refused is made once more by whoever takes over`() async throws {
        let handler: WebServer.Handler = { request in
            request.header("Last-Event-ID") == nil ? Self.stream("id: 1\ndata: a\n\n") : Self.stream(": nothing\n\n")
        }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.events(server.url))
                // The first report is of the beginning.
                await #expect(throws: (any Error).self) {
                    try await fixture.run(FeedWatcher(web), waits: 5, refusing: 2)
                    throw WatchFixture.Done()
                }
                #expect(fixture.findings.isEmpty)
                try await fixture.run(FeedWatcher(web), waits: 2)
                #expect(fixture.found("data") == ["a"])
            }
        }
    }

    @Test func `of events that take several reports only the last one says that they were seen`() async throws {
        // So short that all of it comes in one piece.
        let count = WatchReport.findingsMax + 1
        let text = (1...count).map { "id:\($0)\ndata\n\n" }.joined()
        let handler: WebServer.Handler = { request in
            request.header("Last-Event-ID") == nil ? Self.stream(text) : Self.stream(": nothing\n\n")
        }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.events(server.url))
                // The second report of events is refused; the first report of all is of the beginning.
                await #expect(throws: (any Error).self) {
                    try await fixture.run(FeedWatcher(web), waits: 5, refusing: 3)
                    throw WatchFixture.Done()
                }
                #expect(fixture.kept?["last_event_id"] == nil)
                try await fixture.run(FeedWatcher(web), waits: 1)
                #expect(Set(fixture.findings.map(\.key)).count == count)
                #expect(fixture.kept?["last_event_id"]?.string == "\(count)")
            }
        }
    }

    @Test func `types and texts that are not wanted are left out`() async throws {
        let handler: WebServer.Handler = { _ in
            Self.stream("event: a\ndata: Yes\n\nevent: a\ndata: no\n\nevent: b\ndata: yes\n\n")
        }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.events(server.url, types: ["a"], filter: "yes"))
                try await fixture.run(FeedWatcher(web), waits: 1)
                #expect(fixture.found("data") == ["Yes"])
            }
        }
    }

    @Test func `events without IDs have keys of their own`() async throws {
        let handler: WebServer.Handler = { _ in Self.stream("data: same\n\ndata: same\n\n") }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.events(server.url))
                try await fixture.run(FeedWatcher(web), waits: 1)
                try await fixture.run(FeedWatcher(web), waits: 1)
                #expect(fixture.findings.count == 4 && Set(fixture.findings.map(\.key)).count == 4)
            }
        }
    }

    @Test func `an answer that is no stream of events is an error`() async throws {
        let handler: WebServer.Handler = { _ in .text("data: a\n\n", headers: [("Content-Type", "text/plain")]) }
        try await WebServer.with(handler) { server in
            try await Self.withClient { web in
                let fixture = WatchFixture(Self.events(server.url))
                try await fixture.run(FeedWatcher(web), waits: 2)
                #expect(fixture.findings.isEmpty)
                let errors = fixture.errors.compactMap { $0 }
                #expect(errors.count == 1 && errors[0].contains("no stream of events"))
            }
        }
    }
}
