import CasareDomain
import CasareEngine
import CasareNodes
import Synchronization
import Testing

/// The server that a browser comes back to.
@Suite struct CallbackServerTests {
    /// Starts the server on a free port, makes requests to it, and gives what it received.
    private static func received(
        path: String = "/callback", _ browser: @escaping @Sendable (String, WebFixture) async throws -> Void
    ) async throws -> [String: String] {
        try await withWeb { web async throws in
            let (ports, port) = AsyncStream.makeStream(of: Int.self)
            async let received = CallbackServer.parameters(port: 0, path: path, onListening: { port.yield($0) })
            for await number in ports {
                try await browser("http://127.0.0.1:\(number)", web)
                break
            }
            return try await received
        }
    }

    @Test func `what the browser brings is received`() async throws {
        let received = try await Self.received { url, web async throws in
            let page = try await web.perform(
                "HttpRequestNode", ["url": .string("\(url)/callback?code=a%2Fb+c&state=x&error_description=%3Cb%3E")])
            #expect(page["status_code"] == 200)
            #expect(page["response_headers"]?["Cache-Control"] == "no-store")
            #expect(page["response_body"]?.string?.contains("Signed in") == true)
        }
        #expect(received == ["code": "a/b c", "state": "x", "error_description": "<b>"])
    }

    @Test func `nothing else ends the wait`() async throws {
        let received = try await Self.received(path: "/back") { url, web async throws in
            func status(_ path: String, _ method: Value = "GET") async throws -> Value? {
                let inputs: Object = ["url": .string(url + path), "method": method]
                let outputs = try await web.perform("HttpRequestNode", inputs)
                if path == "/back" && method == "GET" {
                    #expect(outputs["response_body"]?.string?.contains("location.hash") == true)
                }
                return outputs["status_code"]
            }
            #expect(try await status("/favicon.ico") == 404)
            #expect(try await status("/callback?code=1") == 404)
            #expect(try await status("/back?code=1", "POST") == 405)
            #expect(try await status("/back") == 200)
            #expect(try await status("/back?access_token=t&state=s") == 200)
        }
        #expect(received == ["access_token": "t", "state": "s"])
    }

    @Test func `cancelling stops listening`() async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let task = Task { try await CallbackServer.parameters(port: 0, path: "/", onListening: { port.yield($0) }) }
        var found = 0
        for await number in ports {
            found = number
            break
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await withWeb { web async throws in
            let failure = try await web.failure("HttpRequestNode", ["url": .string("http://127.0.0.1:\(found)/")])
            // Whoever may have got the port since.
            #expect(failure.message.hasPrefix("Cannot reach"))
        }
    }

    /// Runs the node and sends a browser there as soon as it listens.
    private static func node(_ query: String, _ more: Object = [:]) async throws -> (Object?, NodeFailure?) {
        while true {
            let (outputs, failure) = try await Self.visitedNode(query, more)
            // Somebody else was faster at the port: another one, then.
            if failure?.message.hasPrefix("Cannot listen") != true { return (outputs, failure) }
        }
    }

    private static func visitedNode(_ query: String, _ more: Object) async throws -> (Object?, NodeFailure?) {
        // A port that was free a moment ago.
        let port = try await WebServer.with({ _ in .text("") }) { $0.port }
        return try await withWeb { web async throws in
            let inputs: Object = ["port": .int(port), "timeout": 60]
            let hasEnded = Atomic(false)
            let waiting = Task {
                defer { hasEnded.store(true, ordering: .relaxed) }
                return try await web.perform("OAuth2CallbackServerNode", inputs.merging(more))
            }
            let url = "http://127.0.0.1:\(port)/callback?\(query)"
            // Not yet there: refused. Every refusal is a failure for the circuit breaker, so each has its own client.
            while !hasEnded.load(ordering: .relaxed) {
                let hasAnswered = try await withWeb { browser async throws in
                    try await browser.failure("HttpRequestNode", ["url": .string(url)]).type == "none"
                }
                if hasAnswered { break }
            }
            do {
                return (try await waiting.value, nil)
            } catch let failure as NodeFailure {
                return (nil, failure)
            }
        }
    }

    @Test func `the node gives the code when the state is the expected one`() async throws {
        let (outputs, failure) = try await Self.node("code=c&state=s", ["expected_state": "s"])
        #expect(outputs == ["code": "c", "state": "s", "access_token": "", "error": "", "error_description": ""])
        #expect(failure == nil)
    }

    @Test func `an error, or another sign-in's answer, fails`() async throws {
        let (_, refused) = try await Self.node("error=access_denied&error_description=no+way")
        #expect(refused?.message == "OAuth error: access_denied - no way")
        #expect(refused?.outputs["error"] == "access_denied")
        #expect(refused?.outputs["error_description"] == "no way")
        let (_, foreign) = try await Self.node("code=c&state=other", ["expected_state": "s"])
        #expect(foreign?.type == "SecurityError")
        #expect(foreign?.outputs["code"] == nil)
        let (_, stateless) = try await Self.node("code=c", ["expected_state": "s"])
        #expect(stateless?.type == "SecurityError")
    }

    @Test func `a port that is taken, and nobody who comes, fail clearly`() async throws {
        try await WebServer.with({ _ in .text("") }) { server in
            try await withWeb { web async throws in
                let taken: Object = ["port": .int(server.port), "timeout": 10]
                let failure = try await web.failure("OAuth2CallbackServerNode", taken)
                #expect(failure.type == "NetworkError")
                #expect(failure.message.hasPrefix("Cannot listen on 127.0.0.1:\(server.port): "))
            }
        }
        try await withWeb { web async throws in
            let failure = try await web.failure("OAuth2CallbackServerNode", ["port": 0, "timeout": 0])
            #expect(failure.type == "TimeoutError")
            #expect(failure.message == "Nobody came to http://127.0.0.1:0/callback within 0 s")
            #expect(failure.outputs["error"] == .string(failure.message))
            let early = try await web.run("OAuth2CallbackServerNode", ["port": 80])
            #expect(early.error?.contains("port must be between 1024 and 65535") == true)
        }
    }
}
