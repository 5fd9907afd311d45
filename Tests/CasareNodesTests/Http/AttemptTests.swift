import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import Synchronization
import Testing

/// Attempts, waits, limits in time, and what is shared between requests.
@Suite struct AttemptTests {
    /// Gives the replies in order; the last one repeats.
    private static func script(_ replies: WebServer.Reply...) -> WebServer.Handler {
        let rest = Rest(replies)
        return { _ in rest.next() }
    }

    private final class Rest: Sendable {
        private let replies: Mutex<[WebServer.Reply]>

        init(_ replies: [WebServer.Reply]) { self.replies = Mutex(replies) }

        func next() -> WebServer.Reply { self.replies.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
    }

    private static let busy = WebServer.Reply.text("busy", status: 503)
    private static let fine = WebServer.Reply.text("fine")
    private static let hangUp = WebServer.Reply(behaviour: .hangsUp)

    @Test(arguments: [429, 502, 503, 504])
    func `answers that say not now are tried again`(status: Int) async throws {
        try await WebServer.with(Self.script(.text("", status: status), .text("", status: status), Self.fine)) {
            server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "retry_count": 2, "retry_delay": 3]
                let outputs = try await web.perform("HttpRequestNode", inputs)
                #expect(outputs["response_body"] == "fine")
                #expect(server.requests.count == 3)
                let waits = web.time.waits.map { $0 / .seconds(1) }
                #expect(waits.count == 2)
                #expect((2.4...3.6).contains(waits[0]) && (4.8...7.2).contains(waits[1]))
            }
        }
    }

    @Test(arguments: [400, 404, 500, 501])
    func `other errors are answers`(status: Int) async throws {
        try await WebServer.with(Self.script(.text("", status: status), Self.fine)) { server in
            try await withWeb { web async throws in
                let outputs = try await web.perform("HttpRequestNode", ["url": .string(server.url), "retry_count": 2])
                #expect(outputs["status_code"] == .int(status))
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `a connection that breaks off is tried again, and fails when it stays so`() async throws {
        try await WebServer.with(Self.script(Self.hangUp, WebServer.Reply(bytes: [1], behaviour: .cutsOff), Self.fine))
        {
            server in
            try await withWeb { fixture async throws in
                let web = fixture.repeatingInDoubt
                let inputs: Object = ["url": .string(server.url), "retry_count": 1, "method": "POST"]
                let failure = try await web.failure("HttpRequestNode", inputs)
                #expect(failure.type == "NetworkError")
                #expect(failure.message.hasPrefix("The answer of \(server.url)/ was cut off"), "\(failure.message)")
                #expect(failure.outputs["status_code"] == 0)
                let keys = server.requests.compactMap { $0.header("Idempotency-Key") }
                #expect(keys.count == 2 && keys[0] == keys[1])
                #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == "fine")
            }
        }
    }

    @Test func `the last answer is the result when the attempts are spent`() async throws {
        try await WebServer.with(Self.script(Self.busy)) { server in
            try await withWeb { web async throws in
                let outputs = try await web.perform("HttpRequestNode", ["url": .string(server.url), "retry_count": 1])
                #expect(outputs["error"] == "HTTP 503")
                #expect(outputs["response_body"] == "busy")
                #expect(server.requests.count == 2)
            }
        }
    }

    @Test func `Retry-After is kept to, as far as it is bearable`() async throws {
        let soon = WebServer.Reply(status: 429, headers: [("Retry-After", "7")])
        let late = WebServer.Reply(status: 429, headers: [("Retry-After", "61")])
        try await WebServer.with(Self.script(soon, Self.fine, late, Self.fine)) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "retry_count": 1]
                #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == "fine")
                #expect(web.time.waits == [.seconds(7)])
                #expect(try await web.perform("HttpRequestNode", inputs)["error"] == "HTTP 429")
                #expect(web.time.waits == [.seconds(7)])
            }
        }
    }

    private static let asked: [(status: Int, headers: [(String, String)], seconds: Value)] = [
        (429, [("Retry-After", "120")], 120), (503, [("Retry-After", "0")], 0), (429, [], nil),
        (503, [("Retry-After", "soon")], nil), (500, [("Retry-After", "120")], nil),
        (200, [("Retry-After", "120")], nil), (429, [("Retry-After", "4294967295")], .double(30 * 86_400)),
        (429, [("Retry-After", "Thu, 01 Jan 1970 00:00:00 GMT")], 0),
    ]

    @Test(arguments: Self.asked.indices)
    func `a node tells for how long the server wants to be left alone`(index: Int) async throws {
        let (status, headers, seconds) = Self.asked[index]
        try await WebServer.with(Self.script(WebServer.Reply(status: status, headers: headers))) { server in
            try await withWeb { web async throws in
                let answer = try await web.perform("HttpRequestNode", ["url": .string(server.url)])
                #expect(answer["retry_after_seconds"] == seconds)
                guard status != 200 else { return }
                let inputs: Object = ["url": .string(server.url), "save_path": "f"]
                let failure = try await web.failure("HttpDownloadFileNode", inputs)
                #expect(failure.message == "HTTP \(status)" && failure.outputs["retry_after_seconds"] == seconds)
            }
        }
    }

    /// Whether the node itself fails, or the workflow says that it is no use.
    @Test(arguments: [true, false])
    func `a run that fails asks to be tried again no sooner than its server does`(byItself: Bool) async throws {
        let late = WebServer.Reply(status: 429, headers: [("Retry-After", "120")])
        try await WebServer.with(Self.script(late, Self.fine)) { server in
            try await withWeb { web async throws in
                let node: Value = [
                    "node_type": byItself ? "HttpDownloadFileNode" : "HttpRequestNode",
                    "config": ["url": .string(server.url), "save_path": "f"],
                ]
                let nodes: Value = ["a": node, "b": ["node_type": "ThrowErrorNode"]]
                #expect(try await web.failure(of: nodes, ["a", "b"])?.retryAfterSeconds == 120)
                // An answer that asks for nothing takes it back.
                let plain: Value = [
                    "a": ["node_type": "HttpRequestNode", "config": ["url": .string(server.url)]],
                    "b": ["node_type": "ThrowErrorNode"],
                ]
                let failure = try #require(try await web.failure(of: plain, ["a", "b"]))
                #expect(failure.type == "CustomError" && failure.retryAfterSeconds == nil)
            }
        }
    }

    @Test func `who gives no answer asks for nothing`() async throws {
        try await WebServer.with(Self.script(Self.hangUp)) { server in
            try await withWeb { web async throws in
                let failure = try await web.failure("HttpRequestNode", ["url": .string(server.url)])
                #expect(failure.outputs["retry_after_seconds"] == .some(.null))
            }
        }
    }

    @Test func `five failures open the circuit for a minute`() async throws {
        try await WebServer.with(Self.script(Self.busy, Self.busy, Self.hangUp, Self.busy, Self.hangUp, Self.fine)) {
            server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string("\(server.url)/x?key=s3cret"), "retry_count": 4]
                #expect(try await web.failure("HttpRequestNode", inputs).type == "NetworkError")
                #expect(server.requests.count == 5)
                let open = try await web.failure("HttpRequestNode", inputs)
                #expect(open.type == "NetworkError")
                #expect(open.message.hasPrefix("Circuit breaker open for \(server.url)/x?…: "))
                #expect(server.requests.count == 5)
                web.time.pass(.seconds(60))
                #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == "fine")
                #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == "fine")
            }
        }
    }

    @Test func `more than ten requests a second wait their turn`() async throws {
        try await WebServer.with(Self.script(Self.fine)) { server in
            try await withWeb { web async throws in
                for _ in 1...10 { _ = try await web.perform("HttpRequestNode", ["url": .string(server.url)]) }
                #expect(web.time.waits.isEmpty)
                _ = try await web.perform("HttpRequestNode", ["url": .string(server.url)])
                #expect(web.time.waits == [.seconds(1)])
            }
        }
    }

    @Test func `an attempt that takes too long ends`() async throws {
        try await WebServer.with(Self.script(WebServer.Reply(behaviour: .staysSilent))) { server in
            try await withWeb { web async throws in
                let failure = try await web.failure("HttpRequestNode", ["url": .string(server.url), "timeout": 0.1])
                #expect(failure.type == "TimeoutError")
                #expect(failure.message == "\(server.url)/ did not answer within 0.1 s")
                #expect(failure.outputs["error"] == .string(failure.message))
                await server.waitForClosedConnections()
            }
        }
    }

    @Test func `cancelling ends the request and its connection`() async throws {
        try await WebServer.with(Self.script(WebServer.Reply(behaviour: .staysSilent))) { server in
            try await withWeb { web async throws in
                let task = Task { try await web.perform("HttpRequestNode", ["url": .string(server.url)]) }
                await server.waitForRequests(1)
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                await server.waitForClosedConnections()
            }
        }
    }

    @Test func `a server that is not there is told of by its address`() async throws {
        let port = ClosedPort.number
        try await withWeb(names: ["gone.test": ["127.0.0.1"]]) { web async throws in
            let inputs: Object = ["url": .string("http://u:s3cret@gone.test:\(port)/?t=s3cret")]
            let failure = try await web.failure("HttpRequestNode", inputs)
            #expect(failure.message == "Cannot reach http://gone.test:\(port)/?…: 127.0.0.1 refused the connection")
        }
    }

    @Test func `the next address is tried when one takes no connection`() async throws {
        try await WebServer.with(Self.script(Self.fine)) { server in
            // Only the second is listened on.
            try await withWeb(names: ["two.test": ["127.0.0.2", "127.0.0.1"]]) { web async throws in
                let inputs: Object = ["url": .string("http://two.test:\(server.port)/")]
                #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == "fine")
                #expect(server.requests.count == 1)
                #expect(server.requests.first?.header("Host") == "two.test:\(server.port)")
            }
        }
    }
}
