import CasareClient
import CasareDomain
import CasareWire
import NIOHTTP1
import Testing

struct CasareClientTests {
    private static let casare = [("Server", "casare/9.9.9"), ("X-Request-ID", "req_1")]
    private static let me = CannedServer.Canned(
        headers: casare,
        body: #"{"name":"t","role":"viewer","robot":null,"permissions":["execution.read"],"tenant":1}"#)

    private static func problem(_ status: Int, _ code: String, details: String = "null") -> CannedServer.Canned {
        CannedServer.Canned(
            status: status, headers: self.casare + [("Retry-After", "0")],
            body: """
                {"success":false,"data":null,"error":{"code":"\(code)","message":"no","details":\(details)},\
                "meta":{"request_id":"req_1","timestamp":"2026-01-02T03:04:05.678Z"}}
                """)
    }

    private static func call<R: Sendable>(
        _ answers: [CannedServer.Canned?], _ body: @escaping @Sendable (CasareClient) async throws(ClientError) -> R
    ) async throws -> (result: Result<R, ClientError>, requests: [(head: HTTPRequestHead, body: String)]) {
        try await CannedServer.with(answers) { server in
            var configuration = CasareClient.Configuration(url: server.url + "/", token: "crpa_secret", program: "test")
            // A machine that runs all tests at once is no slow server.
            configuration.requestTimeout = .seconds(300)
            let result = try await withCasareClient(configuration) { client in
                do throws(ClientError) {
                    return Result<R, ClientError>.success(try await body(client))
                } catch {
                    return .failure(error)
                }
            }
            return (result, await server.requests.all)
        }
    }

    @Test func `a server that is not ready says why, and what stands before it is no answer`() async throws {
        let body = #"{"ready":false,"reason":"migrations are pending","loops":[],"providers":[]}"#
        let ready = CannedServer.Canned(status: 503, headers: Self.casare, body: body)
        let (said, _) = try await Self.call([ready]) { client throws(ClientError) in try await client.ready() }
        #expect(try said.get().reason == "migrations are pending")
        let away = CannedServer.Canned(status: 503, headers: [("Retry-After", "0")], body: "away")
        let (result, requests) = try await Self.call(Array(repeating: away, count: 9)) { client throws(ClientError) in
            try await client.ready()
        }
        guard case .failure(.unreachable) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(requests.count > 1)
    }

    @Test func `a request carries the token and says who sends it`() async throws {
        let (result, requests) = try await Self.call([Self.me]) { client throws(ClientError) in
            try await client.identity()
        }
        #expect(try result.get().name == "t")
        let request = try #require(requests.first)
        #expect(request.head.uri == "/api/v1/auth/me")
        #expect(request.head.headers["Authorization"] == ["Bearer crpa_secret"])
        #expect(request.head.headers["User-Agent"].first?.hasPrefix("test/") == true)
    }

    @Test func `every request belongs to the trace that the client is told, and to none otherwise`() async throws {
        let carrier = try #require(
            TraceCarrier(
                traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=1",
                baggage: "b=2"))
        for trace in [carrier, TraceCarrier(.makeRoot()), nil] {
            try await CannedServer.with([Self.me]) { server in
                var configuration = CasareClient.Configuration(url: server.url, token: nil)
                configuration.trace = trace
                configuration.requestTimeout = .seconds(300)
                try await withCasareClient(configuration) { client in
                    for _ in 1...2 { _ = try await client.identity() }
                }
                let requests = await server.requests.all
                #expect(requests.count == 2)
                for (head, _) in requests {
                    #expect(head.headers["traceparent"] == [trace?.context.traceparent].compactMap(\.self))
                    #expect(head.headers["tracestate"] == (trace == carrier ? ["a=1"] : []))
                    #expect(head.headers["baggage"] == (trace == carrier ? ["b=2"] : []))
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `as many requests are under way at once as the client is told`() async throws {
        let count = 20
        try await CannedServer.with([CannedServer.Canned(isSilent: true)]) { server in
            var configuration = CasareClient.Configuration(url: server.url, token: nil)
            configuration.requestTimeout = .seconds(3600)
            configuration.retriesMax = 0
            configuration.connectionsMax = count
            try await withCasareClient(configuration) { client in
                await withTaskGroup(of: Void.self) { tasks in
                    for _ in 0..<count { tasks.addTask { _ = try? await client.identity() } }
                    while await server.requests.all.count < count { await Task.yield() }
                    tasks.cancelAll()
                }
            }
            #expect(await server.requests.all.count == count)
        }
    }

    @Test func `names in paths and queries are encoded`() async throws {
        let (_, requests) = try await Self.call([CannedServer.Canned(headers: Self.casare)]) {
            client throws(ClientError) in
            _ = try? await client.workflow("a/b ü?")
            _ = try? await client.jobs(JobQuery(status: .failed, workflow: "x&y", limit: 2))
        }
        #expect(
            requests.map(\.head.uri) == [
                "/api/v1/workflows/a%2Fb%20%C3%BC%3F", "/api/v1/jobs?status=failed&workflow=x%26y&limit=2",
            ])
    }

    @Test func `an error answer becomes a typed error`() async throws {
        let (result, requests) = try await Self.call([Self.problem(404, "RESOURCE_NOT_FOUND")]) {
            client throws(ClientError) in try await client.workflow("x")
        }
        guard case .failure(.api(let problem)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(problem.status == 404)
        #expect(problem.code == .notFound)
        #expect(problem.requestID == "req_1")
        #expect(requests.count == 1)
    }

    @Test func `a request that may be repeated is while the server is unavailable`() async throws {
        let (result, requests) = try await Self.call([Self.problem(503, "SERVICE_UNAVAILABLE"), nil, Self.me]) {
            client throws(ClientError) in try await client.identity()
        }
        #expect(try result.get().name == "t")
        #expect(requests.count == 3)
    }

    @Test func `it gives up after a few tries`() async throws {
        let (result, requests) = try await Self.call([Self.problem(503, "SERVICE_UNAVAILABLE")]) {
            client throws(ClientError) in try await client.identity()
        }
        guard case .failure(.api(let problem)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(problem.code == .serviceUnavailable)
        #expect(requests.count == 3)
    }

    @Test func `what the database took too long for is not asked again at once`() async throws {
        let (result, requests) = try await Self.call([Self.problem(503, "DATABASE_TIMEOUT")]) {
            client throws(ClientError) in try await client.jobs()
        }
        #expect(throws: ClientError.self) { try result.get() }
        #expect(requests.count == 1)
    }

    @Test(arguments: [(nil, 1), ("k", 3)])
    func `a submit is repeated only with an idempotency key`(key: String?, tries: Int) async throws {
        let (result, requests) = try await Self.call([Self.problem(503, "SERVICE_UNAVAILABLE")]) {
            client throws(ClientError) in
            try await client.submit(SubmitJobRequest(workflow: "w", idempotencyKey: key))
        }
        #expect(throws: ClientError.self) { try result.get() }
        #expect(requests.count == tries)
    }

    @Test func `a fork and a retry are repeated under keys of their own`() async throws {
        let id = try #require(Job.ID("01890000-0000-7000-8000-000000000001"))
        let (_, requests) = try await Self.call([Self.problem(503, "SERVICE_UNAVAILABLE")]) { client in
            for _ in 0..<2 { _ = try? await client.forkJob(id, ForkJobRequest(fromStep: 0)) }
            _ = try? await client.retryJob(id)
            _ = try? await client.retryDeadLetter(id)
        }
        let keys = requests.map { $0.head.headers["Idempotency-Key"] }
        #expect(keys.count == 12 && keys.allSatisfy { $0.count == 1 })
        // Three tries of each call.
        #expect(Set(keys).count == 4 && Set(keys[0..<3]).count == 1)
    }

    @Test(arguments: [
        ("METHOD_NOT_ALLOWED", 405, "null"), ("RESOURCE_NOT_FOUND", 404, #"{"unknown_route":true}"#),
    ])
    func `a server without the route is of another version`(code: String, status: Int, details: String) async throws {
        let (result, _) = try await Self.call([Self.problem(status, code, details: details)]) {
            client throws(ClientError) in try await client.status()
        }
        guard case .failure(.versionSkew(_, "9.9.9", _)) = result else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func `an answer of another shape means another version`() async throws {
        let (result, _) = try await Self.call([CannedServer.Canned(headers: Self.casare, body: #"{"name":1}"#)]) {
            client throws(ClientError) in try await client.identity()
        }
        guard case .failure(.versionSkew(_, "9.9.9", let reason)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains("name: expected a string, got 1"))
    }

    @Test(arguments: [200, 404])
    func `what is not Casare is recognised`(status: Int) async throws {
        let (result, _) = try await Self.call([CannedServer.Canned(status: status, body: "<html>")]) {
            client throws(ClientError) in try await client.identity()
        }
        guard case .failure(.notCasare) = result else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func `an answer that is too large is not read`() async throws {
        let large = CannedServer.Canned(
            headers: Self.casare, body: String(repeating: " ", count: CasareClient.responseBytesMax + 1))
        let (result, _) = try await Self.call([large]) { client throws(ClientError) in try await client.identity() }
        #expect(
            throws: ClientError.responseTooLarge(
                operation: "GET /api/v1/auth/me", bytesMax: CasareClient.responseBytesMax)
        ) { try result.get() }
    }

    @Test func `a server that is not there is unreachable, and no error shows the token`() async throws {
        let url = try await CannedServer.with([]) { server in server.url }
        let configuration = CasareClient.Configuration(url: url, token: "crpa_secret")
        try await withCasareClient(configuration) { client in
            let error = await #expect(throws: ClientError.self) { try await client.live() }
            guard case .unreachable(let where_, let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(where_ == url)
            #expect(reason == "connection refused")
            #expect(!"\(String(describing: error))".contains("crpa_"))
        }
    }

    @Test func `no answer in time names the operation`() async throws {
        try await CannedServer.with([CannedServer.Canned(isSilent: true)]) { server in
            var configuration = CasareClient.Configuration(url: server.url, token: nil)
            configuration.requestTimeout = .milliseconds(100)
            try await withCasareClient(configuration) { client in
                await #expect(
                    throws: ClientError.timedOut(operation: "GET /health/live", after: .milliseconds(100))
                ) { try await client.live() }
            }
        }
    }

    @Test func `cancelling the task ends the request`() async throws {
        try await CannedServer.with([CannedServer.Canned(isSilent: true)]) { server in
            try await withCasareClient(CasareClient.Configuration(url: server.url, token: nil)) { client in
                let task = Task { () async -> ClientError? in
                    do throws(ClientError) {
                        _ = try await client.live()
                        return nil
                    } catch {
                        return error
                    }
                }
                while await server.requests.all.isEmpty {
                    await Task.yield()
                }
                task.cancel()
                #expect(await task.value == .cancelled)
            }
        }
    }

    @Test(arguments: [
        "", "localhost:8000", "ftp://x", "http://", "http://a b", "http://x?y", "https://:80", "http://x:99999",
        "http://x:0", "http://x:", "http://x:y", "http://user:secret@x", "http://[::1]:70000", "http://ü",
    ])
    func `a URL that cannot be called is refused at once`(url: String) {
        #expect(throws: ClientError.invalidURL(url)) {
            _ = try CasareClient(CasareClient.Configuration(url: url, token: nil))
        }
    }

    @Test(arguments: [
        "http://localhost", "https://h.example:8443/", "http://[::1]:8000", "http://[::1]", "http://h/sub",
    ])
    func `a URL that can be called is taken`(url: String) async throws {
        try await withCasareClient(CasareClient.Configuration(url: url, token: nil)) { _ in }
    }

    @Test func `what breaks on the way is said in words for people`() async throws {
        let answers: [(RawAnswer, String, String)] = [
            (.reset, "http", "the connection was broken off"),
            (.text(""), "http", "the connection was closed before the answer came"),
            (.text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), "http", "closed in the middle of the answer"),
            (.text("SSH-2.0-OpenSSH\r\n"), "http", "it does not speak HTTP"),
            (.text("SSH-2.0-OpenSSH\r\n"), "https", "TLS could not be set up"),
        ]
        for (answer, scheme, words) in answers {
            try await RawServer.with(answer) { port in
                var configuration = CasareClient.Configuration(url: "\(scheme)://127.0.0.1:\(port)", token: nil)
                configuration.retriesMax = 0
                try await withCasareClient(configuration) { client in
                    let error = await #expect(throws: ClientError.self) { try await client.live() }
                    let text = error?.description ?? ""
                    #expect(text.contains(words), "\(answer): \(text)")
                    #expect(!text.contains("errno") && !text.contains("descriptor") && !text.contains("NIO"), "\(text)")
                }
            }
        }
    }
}
