import CasareDomain
import CasareEngine
import CasareNodes
import Testing

/// The nodes that prepare requests and read answers.
@Suite struct PreparingNodeTests {
    @Test(
        arguments: [
            ("https://a.b", "", [:], "https://a.b"), ("https://a.b/", "/c/d", [:], "https://a.b/c/d"),
            ("https://a.b/x//", "c", ["q": "1 2"], "https://a.b/x/c?q=1+2"),
            ("https://a.b?x=1", "", ["y": 2], "https://a.b?x=1&y=2"),
            ("https://a.b/x?y=1#f", "z", ["q": [1, 2]], "https://a.b/x/z?y=1&q=1&q=2#f"),
            ("https://a.b/", "c?d=1", ["e": "ä&"], "https://a.b/c?d=1&e=%C3%A4%26"),
            ("a.b?", "", ["c": true], "a.b?c=true"),
            ("https://a.b?\u{301}x=1#\u{301}f", "/c", ["y": 2], "https://a.b/c?\u{301}x=1&y=2#\u{301}f"),
            ("https://a.b", "", "no JSON", "https://a.b"),
        ] as [(Value, Value, Value, String)])
    func `a URL is put together`(base: Value, path: Value, params: Value, url: String) throws {
        #expect(
            try PureCall("BuildUrlNode", ["base_url": base, "path": path, "params": params])["url"] == .string(url))
    }

    @Test func `a URL needs a beginning`() {
        #expect(PureCall.failure("BuildUrlNode", ["base_url": " "])?.message == "base_url is required")
    }

    @Test func `of header fields the last of a name counts, in any letter case`() throws {
        let inputs: Object = [
            "base_headers": ["Accept": "a", "X-A": "1"], "headers_json": ["accept": "b", "X-B": "2"],
            "header_name": "x-b", "header_value": "3",
        ]
        let headers = try PureCall("SetHttpHeadersNode", inputs)["headers"]
        #expect(headers == ["X-A": "1", "accept": "b", "x-b": "3"])
        #expect(try PureCall("SetHttpHeadersNode", ["header_name": "X", "headers_json": ""])["headers"] == [:])
        let failure = PureCall.failure("SetHttpHeadersNode", ["headers_json": "{"])
        #expect(failure?.message == "headers_json must be an object, not a string")
    }

    @Test(
        arguments: [
            ("{\"a\": {\"b\": [{\"c\": 5}]}}", "a.b[0].c", 5), ([1, 2, 3], "[-1]", 3), (["a": nil], "a", nil),
            ("[1]", "", [1]), (["x": 1], " ", ["x": 1]),
        ] as [(Value, String, Value)])
    func `a value is read inside JSON`(data: Value, path: String, value: Value) throws {
        let call = try PureCall("ParseJsonResponseNode", ["json_data": data, "path": .string(path)])
        #expect(call["value"] == value)
        #expect(call["success"] == true)
        #expect(call["error"] == "")
    }

    @Test func `what is missing is the default, or fails`() throws {
        let inputs: Object = ["json_data": ["a": 1], "path": "b.c"]
        let call = try PureCall("ParseJsonResponseNode", inputs.merging(["default": "none"]))
        #expect(call["value"] == "none")
        #expect(call["success"] == true)
        let failure = PureCall.failure("ParseJsonResponseNode", inputs)
        #expect(failure?.message == "JSON parse error: there is nothing at b.c")
        #expect(failure?.outputs["success"] == false)
        #expect(failure?.outputs["error"] == "JSON parse error: there is nothing at b.c")
        for bad: Object in [["json_data": "{"], ["json_data": nil], ["json_data": "{", "default": "x"]] {
            #expect(PureCall.failure("ParseJsonResponseNode", bad)?.message.hasPrefix("JSON parse error: ") == true)
        }
    }

    @Test(
        arguments: [
            (["token": "t0ken"], ["Authorization": "Bearer t0ken"]),
            (["auth_type": "Basic", "username": "al", "password": "pä"], ["Authorization": "Basic YWw6cMOk"]),
            (["auth_type": "ApiKey", "token": "k"], ["X-API-Key": "k"]),
            (["auth_type": "ApiKey", "token": "k", "api_key_name": "X-Key"], ["X-Key": "k"]),
            (
                ["token": "new", "base_headers": ["authorization": "old", "Accept": "a"]],
                ["Accept": "a", "Authorization": "Bearer new"]
            ),
        ] as [(Object, Object)])
    func `credentials become a header field`(inputs: Object, headers: Object) async throws {
        try await withWeb { web async throws in
            #expect(try await web.perform("HttpAuthNode", inputs)["headers"] == .object(headers))
        }
    }

    @Test func `credentials come from the environment when none are given`() async throws {
        try await withWeb { web async throws in
            for (name, value) in ["HTTP_TOKEN": "et", "HTTP_USERNAME": "eu", "HTTP_PASSWORD": "ep"] {
                let inputs: Object = ["var_name": .string(name), "value": .string(value)]
                try await web.folder.perform("SetEnvironmentVarNode", inputs.merging(["action": "set"]))
            }
            let bearer = try await web.perform("HttpAuthNode", ["credential_name": "unknown"])
            #expect(bearer["headers"] == ["Authorization": "Bearer et"])
            let basic = try await web.perform("HttpAuthNode", ["auth_type": "Basic"])
            #expect(basic["headers"] == ["Authorization": "Basic ZXU6ZXA="])
        }
    }

    @Test(
        arguments: [
            (["auth_type": "Bearer"], "token is missing: set it, or HTTP_TOKEN"),
            (["auth_type": "ApiKey"], "token is missing"),
            (["auth_type": "Basic", "username": "a"], "password is missing: set it, or HTTP_PASSWORD"),
            (["credential_name": "shop"], "the secret \"shop\" of credential_name has none of the fields api_key"),
            (["auth_type": "Basic", "username": "a:b", "password": "c"], "username must not contain a colon"),
            (["auth_type": "Basic", "username": "a:\u{301}b", "password": "c"], "username must not contain a colon"),
        ] as [(Object, String)])
    func `missing credentials fail`(inputs: Object, message: String) async throws {
        try await withWeb { web async throws in
            #expect(try await web.failure("HttpAuthNode", inputs).message.contains(message))
        }
    }

    @Test func `credentials are not journaled`() async throws {
        try await withWeb { web async throws in
            let journal = MemoryJournal()
            let result = try await web.run(
                "HttpAuthNode", ["token": "s3cret", "auth_type": "bearer"], journal: journal)
            #expect(result.nodeOutputs?["n"]?["headers"] == ["Authorization": "Bearer s3cret"])
            #expect(await journal.entries().isEmpty)
        }
    }
}
