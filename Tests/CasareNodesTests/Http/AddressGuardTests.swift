import CasareDomain
import CasareEngine
import CasareNodes
import Synchronization
import Testing

/// Where requests may go.
@Suite struct AddressGuardTests {
    private static let fine: WebServer.Handler = { _ in .text("fine") }

    /// The server's address counts as everybody's, all others as what they are.
    private static let serverIsPublic: @Sendable (IPAddress) -> Bool = {
        $0.isInternal && $0.description != "127.0.0.1"
    }

    @Test(arguments: [
        "http://127.0.0.1:PORT/", "http://localhost:PORT/", "http://127.1:PORT/", "http://2130706433:PORT/",
        "http://0x7f.0.0.1:PORT/", "http://0:PORT/", "http://[::1]:PORT/", "http://[::ffff:127.0.0.1]:PORT/",
        "http://[::ffff:7f00:1]:PORT/", "http://0.0.0.0:PORT/", "http://LOCALHOST.:PORT/", "https://127.0.0.1:PORT/",
        "http://user:pass@127.0.0.1:PORT/",
    ])
    func `this machine is out of bounds under every name`(url: String) async throws {
        try await WebServer.with(Self.fine) { server in
            try await withWeb(policy: .standard, resolver: nil) { web async throws in
                let inputs: Object = ["url": .string(url.replacing("PORT", with: String(server.port)))]
                let failure = try await web.failure("HttpRequestNode", inputs)
                #expect(failure.type == "SecurityError", "\(failure)")
                #expect(failure.message.hasPrefix("Refused to connect: "))
                #expect(failure.outputs["status_code"] == 0)
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test(
        arguments: [
            ("HttpDownloadFileNode", ["save_path": "x"]), ("HttpUploadFileNode", ["file_path": "up.txt"]),
            ("HttpSuperNode", ["action": "GET"]), ("WebhookNotifyNode", [:]),
            ("OAuth2TokenExchangeNode", ["grant_type": "client_credentials", "client_id": "a", "client_secret": "b"]),
            ("OAuth2TokenValidateNode", ["token": "t"]),
            ("OAuth2AuthorizeNode", ["response_type": "device_code", "client_id": "a"]),
        ] as [(String, Object)])
    func `every node that makes requests is bound`(name: String, inputs: Object) async throws {
        try await WebServer.with(Self.fine) { server in
            try await withWeb(policy: .standard) { web async throws in
                try web.folder.write("x", "up.txt")
                var inputs = inputs
                for name in ["url", "webhook_url", "token_url", "introspection_url", "auth_url"] {
                    inputs[name] = .string(server.url)
                }
                #expect(try await web.failure(name, inputs).type == "SecurityError")
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test func `a workflow may lift the rule where the robot lets it`() async throws {
        try await WebServer.with(Self.fine) { server in
            let inputs: Object = ["url": .string(server.url), "allow_internal_urls": true]
            try await withWeb(policy: .standard) { web async throws in
                #expect(try await web.failure("HttpRequestNode", inputs).type == "SecurityError")
            }
            try await withWeb(policy: NodePolicy(allowsDangerousOverrides: true)) { web async throws in
                #expect(try await web.perform("HttpRequestNode", inputs)["status_code"] == 200)
                let unasked: Object = ["url": .string(server.url)]
                #expect(try await web.failure("HttpRequestNode", unasked).type == "SecurityError")
            }
        }
    }

    @Test func `one internal address among a name's addresses is enough`() async throws {
        try await withWeb(policy: .standard, names: ["mixed.test": ["1.1.1.1", "10.0.0.1"]]) { web async throws in
            let failure = try await web.failure("HttpRequestNode", ["url": "http://mixed.test/"])
            #expect(failure.message.hasPrefix("Refused to connect: mixed.test is at the internal address 10.0.0.1."))
        }
    }

    @Test(arguments: [
        "http://169.254.169.254/latest/meta-data", "http://internal.test/", "//127.0.0.2/x", "http://[::1]/",
        "https://192.168.0.1/",
    ])
    func `a redirect to an internal address is refused`(location: String) async throws {
        try await WebServer.with({ _ in .redirect(302, location) }) { server in
            try await withWeb(
                policy: .standard, names: ["internal.test": ["10.1.2.3"]], isInternal: Self.serverIsPublic
            ) { web in
                let failure = try await web.failure("HttpRequestNode", ["url": .string(server.url), "retry_count": 3])
                #expect(failure.type == "SecurityError", "\(failure)")
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `the address that was checked is the one that is connected to`() async throws {
        // A name that leads to the server when it is looked at, and into the robot's network afterwards.
        let lookups = Mutex(0)
        try await WebServer.with(Self.fine) { server in
            try await withWeb(
                policy: .standard,
                resolver: { _ in
                    let count = lookups.withLock { count in
                        count += 1
                        return count
                    }
                    return [IPAddress(count == 1 ? "127.0.0.1" : "169.254.169.254")].compactMap(\.self)
                },
                isInternal: Self.serverIsPublic
            ) { web async throws in
                let inputs: Object = ["url": .string("http://rebinding.test:\(server.port)/")]
                #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == "fine")
                #expect(lookups.withLock { $0 } == 1)
                #expect(server.requests.first?.header("Host") == "rebinding.test:\(server.port)")
                #expect(try await web.failure("HttpRequestNode", inputs).type == "SecurityError")
            }
        }
    }

    @Test func `a proxy must be reachable for everybody, and so must what is behind it`() async throws {
        try await withWeb(policy: .standard, names: ["public.test": ["1.1.1.1"]]) { web async throws in
            for proxy: Value in ["http://10.0.0.1:8080", "socks5://127.0.0.1", "192.168.1.1:3128"] {
                let inputs: Object = ["url": "http://public.test/", "proxy": proxy]
                #expect(try await web.failure("HttpRequestNode", inputs).type == "SecurityError")
            }
            let inputs: Object = ["url": "http://10.0.0.1/", "proxy": "http://public.test:1"]
            #expect(try await web.failure("HttpRequestNode", inputs).type == "SecurityError")
        }
    }

    @Test func `a name that nobody knows is no address`() async throws {
        try await withWeb { web async throws in
            let failure = try await web.failure("HttpRequestNode", ["url": "http://unknown.test/"])
            #expect(failure.type == "NetworkError")
            #expect(failure.message == "Cannot look up unknown.test: the name has no address")
        }
    }
}
