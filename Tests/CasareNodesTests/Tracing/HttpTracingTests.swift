import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import InMemoryTracing
import Synchronization
import Testing
import Tracing

/// What traces and servers are told of the requests of nodes.
@Suite struct HttpTracingTests {
    private static let fine: WebServer.Handler = { _ in .text("fine") }

    /// A fixture that is traced, on a robot that tells these servers of it.
    private static func with(
        _ hosts: String = "", names: [String: [String]] = [:], _ body: (WebFixture, InMemoryTracer) async throws -> Void
    ) async throws {
        let policy = NodePolicy(allowsInternalURLs: true, traceHosts: try #require(HostPatterns(hosts)))
        try await withWeb(policy: policy, names: names) { web async throws in
            let tracer = InMemoryTracer()
            var folder = web.folder
            folder.tracer = tracer
            folder.masked = { $0.replacing("hunter2", with: "***") }
            try await body(WebFixture(folder: folder, web: web.web, time: web.time), tracer)
        }
    }

    private static func traceHeaders(_ request: WebServer.Request) -> [String] {
        request.headerNames.filter { $0.hasPrefix("in-memory-") }.sorted()
    }

    @Test func `a request has a span below the node's, which tells where it went and how it ended`() async throws {
        try await WebServer.with(Self.fine) { server in
            try await Self.with { web, tracer async throws in
                let url = "http://ann:s3cret@127.0.0.1:\(server.port)/a/hunter2?token=s3cret"
                try await tracer.withSpan("node") { _ in
                    _ = try await web.perform("HttpRequestNode", ["url": .string(url), "method": "POST", "body": "s3"])
                }
                let spans = tracer.finishedSpans
                #expect(spans.map(\.operationName) == ["POST", "node"])
                let span = try #require(spans.first)
                #expect(span.kind == .client && span.parentSpanID == spans.last?.spanID && span.status == nil)
                var expected: SpanAttributes = [
                    "http.request.method": "POST", "server.address": "127.0.0.1", "http.response.status_code": 200,
                ]
                expected["server.port"] = server.port
                expected["url.full"] = "http://127.0.0.1:\(server.port)/a/***?token=REDACTED"
                #expect(span.attributes == expected)
            }
        }
    }

    @Test func `each attempt and each redirect has a span, which says how often it was sent before`() async throws {
        let count = Mutex(0)
        let handler: WebServer.Handler = { request in
            if request.uri == "/there" { return .text("gone", status: 404) }
            return count.withLock { count in
                count += 1
                switch count {
                case 1: return .text("", status: 503)
                case 2: return WebServer.Reply(behaviour: .hangsUp)
                default: return .redirect(302, "/there")
                }
            }
        }
        try await WebServer.with(handler) { server in
            try await Self.with { web, tracer async throws in
                _ = try await web.perform("HttpRequestNode", ["url": .string(server.url), "retry_count": 5])
                let spans = tracer.finishedSpans
                func attribute(_ name: String) -> [SpanAttribute?] { spans.map { $0.attributes.get(name) } }
                #expect(spans.map(\.operationName) == ["GET", "GET", "GET", "GET"])
                #expect(attribute("http.response.status_code") == [503, nil, 302, 404])
                #expect(attribute("error.type") == ["503", "NetworkError", nil, "404"])
                #expect(attribute("http.request.resend_count") == [nil, 1, 2, 3])
                #expect(spans.map { $0.status?.code == .error } == [true, true, false, true])
                #expect(spans.allSatisfy { $0.errors.isEmpty })
            }
        }
    }

    @Test func `of an address that is a secret nothing but its server is told`() async throws {
        try await WebServer.with(Self.fine) { server in
            try await Self.with { web, tracer async throws in
                _ = try await web.perform(
                    "WebhookNotifyNode", ["webhook_url": .string("\(server.url)/services/s3cret"), "message": "m"])
                #expect(tracer.finishedSpans.first?.attributes.get("url.full") == .string(server.url))
            }
        }
    }

    @Test func `a method of which nobody knows names no span`() async throws {
        try await WebServer.with(Self.fine) { server in
            try await Self.with { web, tracer async throws in
                _ = try await web.perform("HttpRequestNode", ["url": .string(server.url), "method": "PROPFIND"])
                let span = try #require(tracer.finishedSpans.first)
                #expect(span.operationName == "HTTP")
                #expect(span.attributes.get("http.request.method") == "_OTHER")
                #expect(span.attributes.get("http.request.method_original") == "PROPFIND")
            }
        }
    }

    @Test func `a server that cannot be reached, and one that may not be, is told of by why`() async throws {
        try await Self.with { web, tracer async throws in
            _ = try await web.failure("HttpRequestNode", ["url": .string("http://127.0.0.1:\(ClosedPort.number)/")])
            #expect(tracer.finishedSpans.map { $0.attributes.get("error.type") } == ["NetworkError"])
        }
        try await withWeb(policy: .standard) { web async throws in
            let tracer = InMemoryTracer()
            var folder = web.folder
            folder.tracer = tracer
            let fixture = WebFixture(folder: folder, web: web.web, time: web.time)
            _ = try await fixture.failure("HttpRequestNode", ["url": "http://127.0.0.1/"])
            #expect(tracer.finishedSpans.map { $0.attributes.get("error.type") } == ["SecurityError"])
        }
    }

    // MARK: What servers are told

    @Test func `only servers that the robot names are told of the trace`() async throws {
        try await WebServer.with(Self.fine) { server in
            for (hosts, isTold) in [("", false), ("localhost", false), ("127.0.0.1", true), ("*", true)] {
                try await Self.with(hosts) { web, tracer async throws in
                    _ = try await web.perform("HttpRequestNode", ["url": .string(server.url)])
                    let request = try #require(server.requests.last)
                    #expect(
                        Self.traceHeaders(request) == (isTold ? ["in-memory-span-id", "in-memory-trace-id"] : []),
                        "\(hosts)")
                    #expect(tracer.performedContextInjections.count == (isTold ? 1 : 0))
                    let span = try #require(tracer.finishedSpans.first)
                    if isTold { #expect(request.header("in-memory-span-id") == span.spanID) }
                }
            }
        }
    }

    @Test func `a redirect to another server takes nothing of the trace along`() async throws {
        try await WebServer.with(Self.fine) { other in
            let handler: WebServer.Handler = { _ in .redirect(302, "http://other.test:\(other.port)/") }
            try await WebServer.with(handler) { server in
                try await Self.with("known.test", names: ["known.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]]) {
                    web, tracer async throws in
                    _ = try await web.perform(
                        "HttpRequestNode", ["url": .string("http://known.test:\(server.port)/")])
                    #expect(server.requests.map { Self.traceHeaders($0).count } == [2])
                    #expect(other.requests.map { Self.traceHeaders($0).count } == [0])
                    #expect(tracer.finishedSpans.count == 2)
                }
            }
        }
    }

    @Test func `what a node says of a trace itself is sent as it is`() async throws {
        try await WebServer.with(Self.fine) { server in
            try await Self.with("*") { web, _ async throws in
                let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
                _ = try await web.perform(
                    "HttpRequestNode", ["url": .string(server.url), "headers": ["Traceparent": .string(own)]])
                let request = try #require(server.requests.last)
                #expect(request.header("traceparent") == own && Self.traceHeaders(request).isEmpty)
            }
        }
    }

    @Test func `without a tracer nothing is told`() async throws {
        try await WebServer.with(Self.fine) { server in
            let policy = NodePolicy(allowsInternalURLs: true, traceHosts: try #require(HostPatterns("*")))
            try await withWeb(policy: policy) { web async throws in
                _ = try await web.perform("HttpRequestNode", ["url": .string(server.url)])
                let names = try #require(server.requests.last).headerNames.map { $0.lowercased() }
                #expect(!names.contains { ["traceparent", "tracestate", "baggage"].contains($0) })
            }
        }
    }
}
