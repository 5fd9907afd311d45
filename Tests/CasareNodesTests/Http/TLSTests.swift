import CasareDomain
import CasareEngine
import CasareNodes
import NIOSSL
import Testing

/// HTTPS against a server with a certificate for `service.test` of an authority that was made for the test.
@Suite struct TLSTests {
    private static let names = ["service.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]]

    /// Makes the authority and the certificate in the folder, by openssl(1).
    private static func serverContext(in folder: RunFolder) async throws -> NIOSSLContext {
        let script = """
            exec 2>/dev/null
            key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            openssl req -x509 $key -days 2 -subj "/CN=Test authority" -keyout ca.key -out ca.pem
            openssl req $key -subj "/CN=service.test" -keyout server.key -out server.csr
            echo "subjectAltName=DNS:service.test" > names
            signed="-CA ca.pem -CAkey ca.key -CAcreateserial"
            openssl x509 -req -in server.csr $signed -days 2 -extfile names -out server.pem
            """
        let result = try await folder.perform("RunBatchScriptNode", ["script": .string(script)])
        #expect(result["return_code"] == 0)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile("\(folder.path)/server.pem").map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: "\(folder.path)/server.key", format: .pem))))
    }

    private static func withServer(_ body: (RunFolder, WebServer) async throws -> Void) async throws {
        try await withRunFolder { folder in
            let context = try await Self.serverContext(in: folder)
            try await WebServer.with(tls: context, { _ in .text("private") }) { server in
                try await body(folder, server)
            }
        }
    }

    @Test func `a trusted server is known by its name although the address was given`() async throws {
        try await Self.withServer { folder, server async throws in
            try await withWeb(authoritiesFile: "\(folder.path)/ca.pem", names: Self.names) { web async throws in
                let inputs: Object = ["url": .string("https://service.test:\(server.port)/")]
                #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == "private")
                #expect(server.requests.first?.header("Host") == "service.test:\(server.port)")
                for host in ["other.test", "127.0.0.1"] {
                    let wrong: Object = ["url": .string("https://\(host):\(server.port)/"), "retry_count": 3]
                    let failure = try await web.failure("HttpRequestNode", wrong)
                    #expect(failure.type == "SecurityError", "\(failure)")
                    #expect(failure.message.contains("no trusted TLS connection"))
                }
                #expect(server.requests.count == 1)
                #expect(web.time.waits.isEmpty)
            }
        }
    }

    @Test func `authorities that cannot be read are told of`() async throws {
        try await withWeb(authoritiesFile: "/nowhere.pem", names: Self.names) { web async throws in
            let failure = try await web.failure("HttpRequestNode", ["url": "https://service.test:9/"])
            #expect(failure.message == "Cannot read the authorities to trust: look at SSL_CERT_FILE")
        }
    }

    @Test func `an authority that nobody trusts is refused unless the check is off`() async throws {
        try await Self.withServer { _, server async throws in
            try await withWeb(names: Self.names) { web async throws in
                var inputs: Object = ["url": .string("https://service.test:\(server.port)/")]
                #expect(try await web.failure("HttpRequestNode", inputs).type == "SecurityError")
                inputs["verify_ssl"] = false
                #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == "private")
                inputs["url"] = .string("https://other.test:\(server.port)/")
                #expect(try await web.perform("HttpRequestNode", inputs)["response_body"] == "private")
                inputs["verify_ssl"] = true
                #expect(try await web.failure("HttpRequestNode", inputs).type == "SecurityError")
            }
        }
    }
}
