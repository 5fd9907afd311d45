import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import Testing

/// Requests that were sent and whose answers did not come.
@Suite struct InDoubtRequestTests {
    private static func always(_ behaviour: WebServer.Reply.Behaviour) -> WebServer.Handler {
        { _ in WebServer.Reply(bytes: [1], behaviour: behaviour) }
    }

    private static let kinds: [(String, Object)] = [
        ("HttpRequestNode", ["method": "POST"]), ("HttpRequestNode", ["method": "PATCH", "body": "x"]),
        ("HttpSuperNode", ["action": "POST", "body": ["a": 1]]), ("HttpUploadFileNode", ["file_path": "up.txt"]),
        ("WebhookNotifyNode", [:]),
    ]

    @Test(arguments: Self.kinds)
    func `a request whose answer never comes is in doubt, and is not made again`(
        name: String, inputs: Object
    ) async throws {
        try await WebServer.with(Self.always(.staysSilent)) { server in
            try await withWeb { web async throws in
                try web.folder.write("x", "up.txt")
                var inputs = inputs.merging(["timeout": 10, "retry_count": 3])
                for key in ["url", "webhook_url"] { inputs[key] = .string("\(server.url)/pay?key=s3cret") }
                let method = inputs["method"]?.string ?? "POST"
                let url = server.url + (name == "WebhookNotifyNode" ? "" : "/pay?…")
                let reason = try await web.doubt(name, inputs).reason
                #expect(reason == "\(method) \(url) was sent: no answer came within 10 s")
                // A server under load may not have read it yet.
                #expect(server.requests.count <= 1)
                #expect(web.time.waits.isEmpty)
            }
        }
    }

    @Test(arguments: Self.kinds)
    func `a connection that is closed after the request leaves it in doubt`(name: String, inputs: Object) async throws {
        try await WebServer.with(Self.always(.hangsUp)) { server in
            try await withWeb { web async throws in
                try web.folder.write("x", "up.txt")
                var inputs = inputs.merging(["retry_count": 3])
                for key in ["url", "webhook_url"] { inputs[key] = .string(server.url) }
                let reason = try await web.doubt(name, inputs).reason
                #expect(reason.contains(" was sent: "), "\(reason)")
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `an answer that is cut off leaves its request in doubt`() async throws {
        try await WebServer.with(Self.always(.cutsOff)) { server in
            try await withWeb { web async throws in
                let inputs: Object = [
                    "url": .string(server.url.replacing("//", with: "//u:s3cret@")), "method": "POST",
                    "retry_count": 3,
                ]
                let reason = try await web.doubt("HttpRequestNode", inputs).reason
                #expect(reason == "POST \(server.url)/ was sent: the answer was cut off")
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `an answer that is too large to be read leaves its request in doubt`() async throws {
        let huge = [UInt8](repeating: 0x20, count: (16 << 20) + 1)
        try await WebServer.with({ _ in WebServer.Reply(bytes: huge) }) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "method": "POST"]
                #expect(try await web.doubt("HttpRequestNode", inputs).reason.contains("larger than 16 MiB"))
            }
        }
    }

    @Test func `an authorization code that may have been taken is in doubt`() async throws {
        try await WebServer.with(Self.always(.hangsUp)) { server in
            try await withWeb { web async throws in
                var inputs: Object = ["token_url": .string(server.url), "code": "s3cret"]
                let reason = try await web.doubt("OAuth2TokenExchangeNode", inputs).reason
                #expect(reason.hasPrefix("POST \(server.url)/ was sent: "))
                #expect(!reason.contains("s3cret"))
                // A second token for the same client does no harm.
                inputs = [
                    "token_url": .string(server.url), "grant_type": "client_credentials", "client_id": "a",
                    "client_secret": "b",
                ]
                #expect(try await web.failure("OAuth2TokenExchangeNode", inputs).type == "NetworkError")
            }
        }
    }

    @Test func `a request that was never sent has failed`() async throws {
        try await withWeb { web async throws in
            let refused: Object = ["url": .string("http://127.0.0.1:\(ClosedPort.number)/"), "method": "POST"]
            #expect(try await web.failure("HttpRequestNode", refused).message.hasSuffix("refused the connection"))
            let unknown: Object = ["url": "http://unknown.test/", "method": "POST", "body": "x"]
            #expect(try await web.failure("HttpRequestNode", unknown).message.hasPrefix("Cannot look up"))
        }
        try await withWeb(policy: .standard) { web async throws in
            let internalAddress: Object = ["url": "http://127.0.0.1/", "method": "POST"]
            #expect(try await web.failure("HttpRequestNode", internalAddress).type == "SecurityError")
        }
    }

    @Test(arguments: ["", "x"])
    func `time that went into connecting is no doubt`(body: String) async throws {
        // It takes the connection and has nothing to say about TLS.
        try await SilentServer.with { server in
            try await withWeb { web async throws in
                let inputs: Object = [
                    "url": .string("https://127.0.0.1:\(server.port)/"), "method": "POST", "body": .string(body),
                    "timeout": 0.2,
                ]
                #expect(try await web.failure("HttpRequestNode", inputs).type == "TimeoutError")
            }
        }
    }

    @Test(arguments: ["GET", "HEAD", "PUT", "DELETE"])
    func `a request that may be repeated has failed when no answer comes`(method: String) async throws {
        try await WebServer.with(Self.always(.staysSilent)) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "method": .string(method), "timeout": 0.1]
                #expect(try await web.failure("HttpRequestNode", inputs).type == "TimeoutError")
            }
        }
    }

    @Test func `what was done before a redirect to its result stays in doubt`() async throws {
        let handler: WebServer.Handler = {
            $0.uri == "/" ? .redirect(303, "/done") : WebServer.Reply(behaviour: .hangsUp)
        }
        try await WebServer.with(handler) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "method": "POST", "body": "x"]
                #expect(
                    try await web.doubt("HttpRequestNode", inputs).reason.hasPrefix("POST \(server.url)/ was sent: "))
                #expect(server.requests.map(\.method) == ["POST", "GET"])
            }
        }
    }

    @Test(arguments: [301, 302])
    func `a change that may have been made before a redirect stays in doubt, whichever method follows`(
        status: Int
    ) async throws {
        let elsewhere = "http://127.0.0.1:\(ClosedPort.number)/"
        try await WebServer.with({ _ in .redirect(status, elsewhere) }) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "method": "PATCH", "body": "x"]
                let reason = try await web.doubt("HttpRequestNode", inputs).reason
                #expect(reason.hasPrefix("PATCH \(server.url)/ was sent: "), "\(reason)")
            }
        }
    }

    @Test(arguments: [307, 308])
    func `what a server sends elsewhere it has not done`(status: Int) async throws {
        let elsewhere = "http://127.0.0.1:\(ClosedPort.number)/"
        try await WebServer.with({ _ in .redirect(status, elsewhere) }) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "method": "POST", "body": "x"]
                #expect(try await web.failure("HttpRequestNode", inputs).message.hasSuffix("refused the connection"))
            }
        }
    }

    @Test func `a run asks what became of the request`() async throws {
        try await WebServer.with(Self.always(.hangsUp)) { server in
            try await withWeb { web async throws in
                let config: Object = ["url": .string("\(server.url)/pay?key=s3cret"), "method": "POST", "body": "x"]
                guard case .inDoubt(let question, _, _) = try await web.conclusion("HttpRequestNode", config) else {
                    Issue.record("It was not asked about")
                    return
                }
                let text = "Did n (HttpRequestNode) happen? POST \(server.url)/pay?… was sent: "
                #expect(question.text.hasPrefix(text), "\(question.text)")
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `on_recovery retry makes it again with the same key`() async throws {
        try await WebServer.with(Self.always(.hangsUp)) { server in
            try await withWeb { web async throws in
                let config: Object = [
                    "url": .string(server.url), "method": "POST", "retry_count": 1, "on_recovery": "retry",
                ]
                let result = try await web.run("HttpRequestNode", config)
                #expect(result.error?.hasPrefix("Cannot reach \(server.url)/: ") == true, "\(result.error ?? "")")
                let keys = server.requests.map { $0.header("Idempotency-Key") }
                #expect(keys.count == 2 && keys[0] != nil && keys[0] == keys[1])
            }
        }
    }
}
