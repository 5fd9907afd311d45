import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import FoundationEssentials
import Testing

@Suite struct HttpRequestTests {
    /// Answers with what came, as JSON.
    private static let echo: WebServer.Handler = { request in
        let headers = Object(request.headers.map { ($0.name.lowercased(), .string($0.value)) })
        let answer: Value = [
            "method": .string(request.method), "uri": .string(request.uri), "headers": .object(headers),
            "body": .string(request.body),
        ]
        return .text(
            answer.jsonText(.compact), headers: [("Content-Type", "application/json"), ("X-Two", "a"), ("x-two", "b")])
    }

    private static func echoed(_ inputs: Object, _ node: String = "HttpRequestNode") async throws -> Value {
        try await WebServer.with(Self.echo) { server in
            try await withWeb { web async throws in
                let url = inputs["url"]?.string.map { $0.replacing("BASE", with: "127.0.0.1:\(server.port)") }
                let outputs = try await web.perform(node, inputs.merging(["url": .string(url ?? server.url)]))
                #expect(outputs["success"] == true)
                return outputs["response_json"] ?? .null
            }
        }
    }

    @Test func `an answer fills all outputs`() async throws {
        try await WebServer.with(Self.echo) { server in
            try await withWeb { web async throws in
                let outputs = try await web.perform("HttpRequestNode", ["url": .string("\(server.url)/a?b=c")])
                #expect(outputs["status_code"] == 200)
                #expect(outputs["success"] == true)
                #expect(outputs["error"] == "")
                #expect(outputs["response_headers"]?["Content-Type"] == "application/json")
                #expect(outputs["response_headers"]?["X-Two"] == "a, b")
                #expect(outputs["response_json"]?["uri"] == "/a?b=c")
                #expect(outputs["response_json"]?["method"] == "GET")
                #expect(outputs["response_json"]?["headers"]?["user-agent"] == "CasareRPA/1.0")
                #expect(outputs["response_json"]?["headers"]?["host"] == .string("127.0.0.1:\(server.port)"))
                #expect(outputs["response_body"]?.string?.hasPrefix("{\"method\":\"GET\"") == true)
            }
        }
    }

    @Test func `parameters are added to the query`() async throws {
        let inputs: Object = [
            "url": "http://BASE/?a=1", "params": ["q": "x y&z", "list": [1, true], "none": nil, "ä": 1.5],
        ]
        #expect(try await Self.echoed(inputs)["uri"] == "/?a=1&q=x+y%26z&list=1&list=true&%C3%A4=1.5")
    }

    @Test(
        arguments: [
            ("POST", ["a": 1] as Value, "{\"a\":1}", "application/json"),
            ("PUT", [1, "x"], "[1,\"x\"]", "application/json"),
            ("PATCH", "plain", "plain", "application/json"), ("POST", 12, "12", "application/json"),
            ("POST", "", "", nil), ("GET", "ignored", "", nil), ("DELETE", ["a": 1], "", nil),
        ] as [(String, Value, String, String?)])
    func `only POST, PUT and PATCH have a body`(method: String, body: Value, sent: String, type: String?) async throws {
        let got = try await Self.echoed(["method": .string(method), "body": body])
        #expect(got["method"] == .string(method))
        #expect(got["body"] == .string(sent))
        #expect(got["headers"]?["content-type"]?.string == type)
    }

    @Test func `the content type of a text is as said, unless a header says otherwise`() async throws {
        var inputs: Object = ["method": "POST", "body": "<a/>", "content_type": "application/xml"]
        #expect(try await Self.echoed(inputs)["headers"]?["content-type"] == "application/xml")
        inputs["headers"] = ["content-TYPE": "text/xml"]
        #expect(try await Self.echoed(inputs)["headers"]?["content-type"] == "text/xml")
        inputs["body"] = ["a": 1]
        inputs["headers"] = [:]
        #expect(try await Self.echoed(inputs)["headers"]?["content-type"] == "application/json")
    }

    @Test func `headers go out as given, credentials of the URL as Basic`() async throws {
        let inputs: Object = [
            "url": "http://al:p%40ss@BASE/x", "headers": ["X-A": ["1", 2], "Content-Length": "999"],
        ]
        let headers = try await Self.echoed(inputs)["headers"]
        #expect(headers?["authorization"] == "Basic YWw6cEBzcw==")
        #expect(headers?["x-a"] == "2")
        #expect(headers?["content-length"] == nil)
        #expect(headers?["idempotency-key"] == nil)
    }

    @Test func `POST and PATCH carry the step's idempotency key`() async throws {
        for method: Value in ["POST", "PATCH"] {
            let key = try await Self.echoed(["method": method])["headers"]?["idempotency-key"]?.string
            #expect(key?.hasSuffix("/1") == true)
            let own: Object = ["method": method, "headers": ["idempotency-key": "mine"]]
            #expect(try await Self.echoed(own)["headers"]?["idempotency-key"] == "mine")
            let none: Object = ["method": method, "send_idempotency_key": false]
            #expect(try await Self.echoed(none)["headers"]?["idempotency-key"] == nil)
        }
        #expect(try await Self.echoed(["method": "PUT"])["headers"]?["idempotency-key"] == nil)
    }

    @Test(arguments: [201, 204, 299, 300, 404, 500])
    func `an error status is no failure`(status: Int) async throws {
        try await WebServer.with({ _ in .text("nope", status: status) }) { server in
            try await withWeb { web async throws in
                let outputs = try await web.perform("HttpRequestNode", ["url": .string(server.url)])
                #expect(outputs["status_code"] == .int(status))
                #expect(outputs["success"] == .bool(status < 300))
                #expect(outputs["error"] == .string(status < 300 ? "" : "HTTP \(status)"))
                #expect(outputs["response_json"] == .null)
            }
        }
    }

    @Test(
        arguments: [
            ("", "", [0xEF, 0xBB, 0xBF, 0xC3, 0xA4], "ä"), ("text/plain; charset=ISO-8859-1", "", [0xE4], "ä"),
            ("text/plain; x=y; Charset=\"windows-1252\"", "", [0x80], "€"),
            ("text/plain; charset=klingon", "", [0x61], "a"),
            ("text/plain; charset=utf-8", "latin-1", [0xE4], "ä"), ("", "", [0xFF], "\u{FFFD}"),
        ] as [(String, String, [UInt8], String)])
    func `an answer's text is decoded as its type says`(
        type: String, encoding: String, bytes: [UInt8], text: String
    ) async throws {
        let reply = WebServer.Reply(headers: [("Content-Type", type)], bytes: bytes)
        try await WebServer.with({ _ in reply }) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "response_encoding": .string(encoding)]
                #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == .string(text))
            }
        }
    }

    /// `printf hello | gzip`
    private static let compressed: [UInt8] = [
        0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0, 0x86, 0xA6, 0x10, 0x36, 0x05,
        0,
        0, 0,
    ]

    @Test func `compressed answers are unpacked, also when there is nothing in them`() async throws {
        let reply = WebServer.Reply(headers: [("Content-Encoding", "gzip")], bytes: Self.compressed)
        let empty = WebServer.Reply(headers: [("Content-Encoding", "gzip")])
        try await WebServer.with({ $0.uri == "/empty" ? empty : reply }) { server in
            try await withWeb { web async throws in
                func body(_ method: String, _ path: String) async throws -> Value? {
                    let inputs: Object = ["url": .string(server.url + path), "method": .string(method)]
                    let outputs = try await web.perform("HttpRequestNode", inputs)
                    #expect(outputs["status_code"] == 200)
                    return outputs["response_body"]
                }
                #expect(try await body("GET", "/") == "hello")
                #expect(try await body("HEAD", "/") == "")
                #expect(try await body("GET", "/empty") == "")
            }
        }
    }

    @Test func `an answer that is too large fails and says which limit`() async throws {
        let reply = WebServer.Reply(bytes: [UInt8](repeating: 0x20, count: (16 << 20) + 1))
        try await WebServer.with({ _ in reply }) { server in
            try await withWeb { web async throws in
                let failure = try await web.failure("HttpRequestNode", ["url": .string(server.url)])
                #expect(failure.type == "ValueError")
                #expect(failure.message.contains("larger than 16 MiB"))
                #expect(failure.message.contains("HttpDownloadFileNode"))
            }
        }
    }

    @Test func `a body that is too large is not sent`() async throws {
        try await withWeb { web async throws in
            let body = String(repeating: "x", count: (16 << 20) + 1)
            let inputs: Object = [
                "url": .string("http://127.0.0.1:\(ClosedPort.number)/"), "method": "POST", "body": .string(body),
            ]
            #expect(try await web.failure("HttpRequestNode", inputs).message.contains("body is larger than 16 MiB"))
        }
    }

    @Test(
        arguments: [
            (["url": "nowhere"], "The URL must begin with http:// or https://: nowhere"),
            (["url": "http://a/", "headers": ["a b": "1"]], "headers: \"a b\" is no name of a header field"),
            (
                ["url": "http://a/", "headers": ["a": "1\r\nb: 2"]],
                "headers: the value of a contains a control character"
            ),
            (["url": "http://a/", "proxy": "ftp://a"], "proxy must begin with http:// or socks5://, not ftp://"),
            (["url": ""], "url is required"),
        ] as [(Object, String)])
    func `bad input fails before anything is sent`(inputs: Object, message: String) async throws {
        try await withWeb { web async throws in
            let failure = try await web.failure("HttpRequestNode", inputs)
            #expect(failure.type == "ValueError")
            #expect(failure.message == message)
            #expect(failure.outputs["status_code"] == 0)
            #expect(failure.outputs["success"] == false)
            #expect(failure.outputs["error"] == .string(message))
            #expect(failure.outputs["response_body"] == "")
        }
    }

    @Test func `parameters and outputs have their other names`() async throws {
        try await WebServer.with(Self.echo) { server in
            try await withWeb { web async throws in
                let config: Object = [
                    "url": .string(server.url), "action": "put", "headers": "{\"X-A\": \"1\"}", "params": "not JSON",
                    "body": "x", "timeout": "20",
                ]
                let aliases = ["json", "body", "status", "headers"]
                let result = try await web.run("HttpRequestNode", config, reading: aliases)
                #expect(result.error == nil)
                let outputs = result.nodeOutputs?["n"]
                #expect(result.variables["json"]?["method"] == "PUT")
                #expect(result.variables["json"]?["uri"] == "/")
                #expect(result.variables["json"]?["headers"]?["x-a"] == "1")
                #expect(result.variables["status"] == 200)
                #expect(result.variables["body"] == outputs?["response_body"])
                #expect(result.variables["headers"] == outputs?["response_headers"])
                let wrong = try await web.run("HttpRequestNode", ["url": .string(server.url), "method": "BREW"])
                #expect(wrong.error?.contains("method must be one of: GET, POST") == true)
                let missing = try await web.run("HttpRequestNode", [:])
                #expect(missing.error?.contains("Required input port 'url' has no value") == true)
                let impatient = try await web.run("HttpRequestNode", ["url": .string(server.url), "timeout": 0])
                #expect(impatient.error?.contains("timeout must be at least 0.1") == true)
            }
        }
    }

    @Test(
        arguments: [
            ("HttpRequestNode", [:], .captured), ("HttpRequestNode", ["method": "head"], .captured),
            ("HttpRequestNode", ["action": "OPTIONS"], .captured), ("HttpRequestNode", ["method": "PUT"], .idempotent),
            ("HttpRequestNode", ["method": "DELETE"], .idempotent), ("HttpRequestNode", ["method": "POST"], .effect),
            ("HttpRequestNode", ["method": "PATCH"], .effect), ("HttpRequestNode", ["method": "{{m}}"], .effect),
            ("HttpDownloadFileNode", [:], .idempotent), ("HttpDownloadFileNode", ["overwrite": false], .effect),
            ("HttpDownloadFileNode", ["overwrite": "{{o}}"], .effect), ("HttpUploadFileNode", [:], .effect),
            ("WebhookNotifyNode", [:], .effect), ("HttpAuthNode", [:], .pure),
            ("OAuth2AuthorizeNode", [:], .idempotent),
            ("OAuth2CallbackServerNode", [:], .idempotent), ("OAuth2TokenExchangeNode", [:], .effect),
            ("OAuth2TokenExchangeNode", ["grant_type": "client_credentials"], .idempotent),
            ("OAuth2TokenExchangeNode", ["grant_type": "{{g}}"], .effect), ("OAuth2TokenValidateNode", [:], .captured),
            ("HttpSuperNode", [:], .captured), ("HttpSuperNode", ["action": "post"], .effect),
            ("HttpSuperNode", ["method": "PUT"], .idempotent), ("HttpSuperNode", ["action": "Download File"], .effect),
            ("HttpSuperNode", ["action": "Download", "overwrite": true], .idempotent),
            ("HttpSuperNode", ["action": "Upload"], .effect), ("HttpSuperNode", ["action": "Configure Auth"], .pure),
            ("HttpSuperNode", ["action": "{{a}}"], .effect),
        ] as [(String, Object, NodeType.Effect)])
    func `how often a step may happen follows its parameters`(
        name: String, config: Object, effect: NodeType.Effect
    ) throws {
        let type = try #require(NodeCatalogue(HttpNodes.types).type(named: name))
        #expect((type.effectFor?(config) ?? type.effect) == effect)
    }

    @Test func `a recorded answer is not asked for again`() async throws {
        try await WebServer.with(Self.echo) { server in
            try await withWeb { web async throws in
                let entry = JournalEntry(
                    step: 0, node: "n", nodeType: "HttpRequestNode", effect: .captured,
                    result: .succeeded(NodeResult(["status_code": 418])), startedAt: .now, finishedAt: .now)
                let result = try await web.run(
                    "HttpRequestNode", ["url": .string(server.url)], journal: MemoryJournal([entry]))
                #expect(result.nodeOutputs?["n"]?["status_code"] == 418)
                #expect(server.requests.isEmpty)
            }
        }
    }
}
