import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import FoundationEssentials
import Synchronization
import Testing

/// Files that come and go.
@Suite struct TransferTests {
    private static let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    private static let file: WebServer.Handler = { request in
        switch request.uri {
        case "/missing": .text("not here", status: 404)
        case "/created": .text("made", status: 201)
        case "/cut": WebServer.Reply(bytes: Self.bytes, behaviour: .cutsOff)
        default: WebServer.Reply(bytes: Self.bytes)
        }
    }

    private static func content(_ name: String, in folder: RunFolder) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\(name)")))
    }

    @Test func `a download is saved whole, with the directories above it`() async throws {
        try await WebServer.with(Self.file) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "save_path": "a/b/c.bin", "chunk_size": 1000]
                let outputs = try await web.perform("HttpDownloadFileNode", inputs)
                #expect(outputs["file_path"]?.string?.hasSuffix("/a/b/c.bin") == true)
                #expect(outputs["file_size"] == 100_000)
                #expect(outputs["success"] == true)
                #expect(outputs["error"] == "")
                #expect(outputs.count == 5)
                #expect(try Self.content("a/b/c.bin", in: web.folder) == Self.bytes)
                #expect(try FileManager.default.contentsOfDirectory(atPath: web.folder.path + "/a/b") == ["c.bin"])
            }
        }
    }

    @Test func `a file that exists is replaced, or stays when it must`() async throws {
        try await WebServer.with(Self.file) { server in
            try await withWeb { web async throws in
                try web.folder.write("old", "x")
                var inputs: Object = ["url": .string(server.url), "save_path": "x", "overwrite": false]
                let failure = try await web.failure("HttpDownloadFileNode", inputs)
                #expect(failure.type == "FileExistsError")
                #expect(failure.outputs["success"] == false)
                #expect(server.requests.isEmpty)
                #expect(try web.folder.read("x") == "old")
                inputs["overwrite"] = nil
                #expect(try await web.perform("HttpDownloadFileNode", inputs)["success"] == true)
                #expect(try Self.content("x", in: web.folder) == Self.bytes)
            }
        }
    }

    @Test(arguments: ["/missing", "/created", "/cut"])
    func `a download that does not succeed leaves nothing behind`(path: String) async throws {
        try await WebServer.with(Self.file) { server in
            try await withWeb { web async throws in
                try web.folder.write("old", "x")
                let inputs: Object = ["url": .string(server.url + path), "save_path": "x"]
                let failure = try await web.failure("HttpDownloadFileNode", inputs)
                switch path {
                case "/missing": #expect(failure.message == "HTTP 404")
                case "/created": #expect(failure.message == "HTTP 201")
                default: #expect(failure.type == "NetworkError")
                }
                #expect(failure.outputs["error"] == .string(failure.message))
                #expect(try web.folder.read("x") == "old")
                #expect(try web.folder.names == ["x"])
            }
        }
    }

    @Test func `a download that is cut off is tried again from its beginning`() async throws {
        let isFirst = Mutex(true)
        try await WebServer.with({ _ in
            let cut = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            return WebServer.Reply(bytes: Self.bytes, behaviour: cut ? .cutsOff : .answers)
        }) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["url": .string(server.url), "save_path": "x", "retry_count": 1]
                #expect(try await web.perform("HttpDownloadFileNode", inputs)["file_size"] == 100_000)
                #expect(try Self.content("x", in: web.folder) == Self.bytes)
                #expect(try web.folder.names == ["x"])
            }
        }
    }

    @Test(arguments: ["/etc/shadow", "../x", "/proc/self/mem"])
    func `files have their rules`(path: String) async throws {
        try await WebServer.with(Self.file) { server in
            try await withWeb { web async throws in
                let download: Object = ["url": .string(server.url), "save_path": .string(path)]
                #expect(try await web.failure("HttpDownloadFileNode", download).type == "PathSecurityError")
                let upload: Object = ["url": .string(server.url), "file_path": .string(path)]
                #expect(try await web.failure("HttpUploadFileNode", upload).type == "PathSecurityError")
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test func `an upload is a form with the file`() async throws {
        try await WebServer.with({ _ in .text("{\"id\": 7}", status: 201) }) { server in
            try await withWeb { web async throws in
                try web.folder.write("a,b\r\n1,2\r\n", "quo\"te.csv")
                let inputs: Object = [
                    "url": .string(server.url), "file_path": "quo\"te.csv", "field_name": "doc",
                    "extra_fields": ["no\"\u{301}te": "hi", "tags": [1, 2], "none": nil], "headers": ["X-A": "1"],
                ]
                let outputs = try await web.perform("HttpUploadFileNode", inputs)
                #expect(outputs["status_code"] == 201)
                #expect(outputs["response_json"]?["id"] == 7)
                #expect(outputs["success"] == true)
                #expect(outputs["response_headers"] == nil)
                let request = try #require(server.requests.first)
                #expect(request.method == "POST")
                #expect(request.header("X-A") == "1")
                #expect(request.header("Idempotency-Key") != nil)
                #expect(request.header("Content-Length") == String(request.bytes.count))
                let type = try #require(request.header("Content-Type"))
                #expect(type.hasPrefix("multipart/form-data; boundary="))
                let boundary = type.dropFirst("multipart/form-data; boundary=".count)
                #expect(
                    request.body == """
                        --\(boundary)\r
                        Content-Disposition: form-data; name="no%22\u{301}te"\r
                        \r
                        hi\r
                        --\(boundary)\r
                        Content-Disposition: form-data; name="tags"\r
                        \r
                        [1,2]\r
                        --\(boundary)\r
                        Content-Disposition: form-data; name="doc"; filename="quo%22te.csv"\r
                        Content-Type: text/csv\r
                        \r
                        a,b\r
                        1,2\r
                        \r
                        --\(boundary)--\r\n
                        """)
            }
        }
    }

    @Test func `a large upload arrives byte for byte, also after a redirect`() async throws {
        try await WebServer.with({ $0.uri == "/" ? .redirect(307, "/next") : .text("ok", status: 400) }) { server in
            try await withWeb { web async throws in
                try Data(Self.bytes).write(to: URL(filePath: "\(web.folder.path)/x.bin"))
                let inputs: Object = ["url": .string(server.url), "file_path": "x.bin"]
                let outputs = try await web.perform("HttpUploadFileNode", inputs)
                #expect(outputs["error"] == "HTTP 400")
                #expect(outputs["success"] == false)
                #expect(server.requests.map(\.uri) == ["/", "/next"])
                #expect(server.requests[1].bytes == server.requests[0].bytes)
                #expect(server.requests[1].bytes.count > 100_000)
            }
        }
    }

    @Test func `a file that is not there is not sent`() async throws {
        try await withWeb { web async throws in
            let failure = try await web.failure(
                "HttpUploadFileNode",
                ["url": .string("http://127.0.0.1:\(ClosedPort.number)/"), "file_path": "nowhere"])
            #expect(failure.type == "FileNotFoundError")
            #expect(failure.outputs["status_code"] == 0)
            #expect(failure.outputs["error"] == .string(failure.message))
        }
    }
}
