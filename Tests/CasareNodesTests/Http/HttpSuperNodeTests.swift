import CasareDomain
import CasareEngine
import CasareNodes
import Testing

@Suite struct HttpSuperNodeTests {
    private static let handler: WebServer.Handler = { request in
        request.uri == "/bad"
            ? .text("no", status: 500)
            : .text("{\"method\": \"\(request.method)\", \"length\": \(request.bytes.count)}")
    }

    @Test(arguments: [
        ("GET Request", "GET"), ("post", "POST"), ("put_request", "PUT"), ("PatchRequest", "PATCH"),
        ("DELETE", "DELETE"),
        ("", "GET"),
    ])
    func `every request has its names`(action: String, method: String) async throws {
        try await WebServer.with(Self.handler) { server in
            try await withWeb { web async throws in
                let inputs: Object = [
                    "action": .string(action), "url": .string(server.url), "params": ["q": 1], "body": "[1]",
                ]
                let outputs = try await web.perform("HttpSuperNode", inputs)
                #expect(outputs["response_json"]?["method"] == .string(method))
                #expect(outputs["response_json"]?["length"] == (["GET", "DELETE"].contains(method) ? 0 : 3))
                #expect(outputs["success"] == true)
                #expect(server.requests.first?.uri == "/?q=1")
            }
        }
    }

    @Test func `the document's names work too`() async throws {
        try await WebServer.with(Self.handler) { server in
            try await withWeb { web async throws in
                let config: Object = ["method": "POST", "url": .string(server.url), "body": ["a": 1]]
                let result = try await web.run("HTTPSuperNode", config, reading: ["json", "status", "body", "headers"])
                #expect(result.error == nil)
                #expect(result.variables["json"] == ["method": "POST", "length": 7])
                #expect(result.variables["status"] == 200)
                #expect(result.variables["headers"]?["Content-Length"] != nil)
            }
        }
    }

    @Test func `files go both ways`() async throws {
        try await WebServer.with(Self.handler) { server in
            try await withWeb { web async throws in
                var inputs: Object = ["action": "Download File", "url": .string(server.url), "save_path": "d/x.json"]
                let download = try await web.perform("HttpSuperNode", inputs)
                #expect(download["file_size"] == 30)
                #expect(download["status_code"] == 200)
                #expect(try web.folder.read("d/x.json") == "{\"method\": \"GET\", \"length\": 0}")
                #expect(try await web.failure("HttpSuperNode", inputs).type == "FileExistsError")
                inputs["create_dirs"] = false
                inputs["save_path"] = "e/x.json"
                #expect(try await web.failure("HttpSuperNode", inputs).type == "FileNotFoundError")
                inputs["url"] = .string(server.url + "/bad")
                inputs["save_path"] = "f.json"
                let bad = try await web.failure("HttpSuperNode", inputs)
                #expect(bad.message == "HTTP 500")
                #expect(bad.outputs["status_code"] == 500)
                let upload: Object = ["action": "Upload", "url": .string(server.url), "file_path": "d/x.json"]
                let uploaded = try await web.perform("HttpSuperNode", upload)
                #expect(uploaded["response_json"]?["method"] == "POST")
                #expect(uploaded["response_headers"]?["Content-Length"] != nil)
            }
        }
    }

    @Test func `credentials are configured`() async throws {
        try await withWeb { web async throws in
            let bearer = try await web.perform("HttpSuperNode", ["action": "Configure Auth", "token": "t"])
            #expect(bearer == ["auth_headers": ["Authorization": "Bearer t"], "success": true])
            let key: Object = ["action": "auth", "auth_type": "api_key", "token": "t", "header_name": "X-K"]
            #expect(try await web.perform("HttpSuperNode", key)["auth_headers"] == ["X-K": "t"])
        }
    }

    @Test(
        arguments: [
            (["action": "Brew"], "Unknown action: Brew"), ([:], "url is required"),
            (["action": "Upload", "url": "http://a/"], "file_path is required"),
            (["action": "Download", "url": "http://a/"], "save_path is required"),
        ] as [(Object, String)])
    func `bad input fails clearly`(inputs: Object, message: String) async throws {
        try await withWeb { web async throws in
            let failure = try await web.failure("HttpSuperNode", inputs)
            #expect(failure.message == message)
            #expect(failure.outputs["success"] == false)
            #expect(failure.outputs["error"] == .string(message))
            #expect(failure.outputs["status_code"] == 0)
        }
    }
}
