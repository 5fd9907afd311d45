import CasareDomain
import CasareEngine
import Testing

@Suite struct RedirectTests {
    /// Redirects `/` with a status to a place, and answers everything else.
    private static func redirecting(_ status: Int, to location: String) -> WebServer.Handler {
        { $0.uri == "/" ? .redirect(status, location) : .text("there") }
    }

    @Test(arguments: [
        (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (303, "PUT", "GET"), (303, "DELETE", "GET"),
        (303, "HEAD", "HEAD"), (307, "POST", "POST"), (308, "POST", "POST"), (301, "PUT", "PUT"), (302, "GET", "GET"),
        (308, "PATCH", "PATCH"),
    ])
    func `the method after a redirect follows the status`(status: Int, method: String, after: String) async throws {
        try await WebServer.with(Self.redirecting(status, to: "/next?x=1")) { server in
            try await withWeb { web async throws in
                let hasBody = ["POST", "PUT", "PATCH"].contains(method)
                let inputs: Object = [
                    "url": .string(server.url), "method": .string(method), "body": hasBody ? "text" : "",
                ]
                let outputs = try await web.perform("HttpRequestNode", inputs)
                #expect(outputs["status_code"] == 200)
                #expect(server.requests.map(\.method) == [method, after])
                #expect(server.requests.last?.uri == "/next?x=1")
                #expect(server.requests.last?.body == (hasBody && method == after ? "text" : ""))
                let kept = server.requests.last?.header("Content-Type") != nil
                #expect(kept == (hasBody && method == after))
            }
        }
    }

    @Test func `credentials stay with the server they were meant for`() async throws {
        try await WebServer.with({ _ in .text("there") }) { other in
            try await WebServer.with({ request in
                request.uri == "/away" ? .redirect(302, "\(other.url)/x") : Self.redirecting(302, to: "/same")(request)
            }) { server in
                try await withWeb { web async throws in
                    let secrets = ["Authorization", "Cookie", "X-API-Key", "X-Auth-Token", "Proxy-Authorization"]
                    var headers = Object(secrets.map { ($0, "s3cret") })
                    headers["X-Plain"] = "kept"
                    func last(_ path: String, _ at: WebServer) async throws -> [String] {
                        let inputs: Object = ["url": .string(server.url + path), "headers": .object(headers)]
                        #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == "there")
                        return at.requests.last?.headerNames ?? []
                    }
                    #expect(Set(try await last("/", server)).isSuperset(of: secrets))
                    let abroad = try await last("/away", other)
                    #expect(Set(abroad).isDisjoint(with: secrets))
                    #expect(abroad.contains("X-Plain"))
                    #expect(other.requests.last?.header("Host") == "127.0.0.1:\(other.port)")
                }
            }
        }
    }

    @Test func `a redirect is an answer when it is not to be followed`() async throws {
        try await WebServer.with(Self.redirecting(302, to: "/next")) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "follow_redirects": false]
                let outputs = try await web.perform("HttpRequestNode", inputs)
                #expect(outputs["status_code"] == 302)
                #expect(outputs["error"] == "HTTP 302")
                #expect(outputs["response_headers"]?["Location"] == "/next")
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test func `redirects in a circle end`() async throws {
        try await WebServer.with({ _ in .redirect(302, "/again") }) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "max_redirects": 3, "retry_count": 2]
                let failure = try await web.failure("HttpRequestNode", inputs)
                #expect(failure.message == "\(server.url)/ redirects more than 3 times (max_redirects)")
                #expect(server.requests.count == 4)
            }
        }
    }

    @Test(arguments: ["ftp://a/b", "file:///etc/passwd", "http://"])
    func `a redirect to something else than HTTP fails`(location: String) async throws {
        try await WebServer.with({ _ in .redirect(302, location) }) { server in
            try await withWeb { web async throws in
                let failure = try await web.failure("HttpRequestNode", ["url": .string(server.url)])
                #expect(failure.type == "ValueError")
            }
        }
    }

    @Test func `a redirect without a place is an answer`() async throws {
        try await WebServer.with({ _ in .text("where?", status: 302) }) { server in
            try await withWeb { web async throws in
                let outputs = try await web.perform("HttpRequestNode", ["url": .string(server.url)])
                #expect(outputs["error"] == "HTTP 302")
                #expect(outputs["response_body"] == "where?")
            }
        }
    }
}
