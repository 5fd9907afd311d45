import CasareDomain
import CasareWire
import NIOCore
import Testing

@testable import CasareOrchestrator

/// How much of a body is read, and for how long.
struct RawRequestTests {
    private static var parts: AsyncStream<ByteBuffer> {
        AsyncStream { stream in
            stream.yield(ByteBuffer(string: "12345"))
            stream.yield(ByteBuffer(string: "678"))
            stream.finish()
        }
    }

    @Test func `a body is read up to its bound`() async throws {
        let bytes = try await RawRequest.bytes(of: Self.parts, bytesMax: 8)
        #expect(bytes == Array("12345678".utf8))
        let problem = await #expect(throws: APIProblem.self) {
            try await RawRequest.bytes(of: Self.parts, bytesMax: 7)
        }
        #expect(problem?.code == .bodyTooLarge)
    }

    @Test func `a body that takes too long is given up`() async throws {
        let problem = await #expect(throws: APIProblem.self) {
            try await RawRequest.bytes(of: Self.parts, bytesMax: 8, timeMax: .zero)
        }
        #expect(problem?.code == .invalidInput)
    }

    @Test(.timeLimit(.minutes(1)))
    func `who ends the connection is answered, though the body is too large to be read`() async throws {
        try await OrchestratorFixture.with { server in
            let trigger = try await server.trigger(["auth": ["kind": "none"], "body_max_bytes": 10], secret: nil)
            let count = 32 * 1_048_576
            let head = """
                POST \(HookPath.of(trigger.id)) HTTP/1.1\r
                Host: h\r
                Connection: close\r
                Content-Length: \(count)\r
                \r

                """
            let answer = try await RawConnection.exchange(server.url, head, bytes: count)
            #expect(answer.hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["HTTP/1.0\r\n", "HTTP/1.1\r\nConnection: Close\r\n", "HTTP/1.1\r\nConnection: TE, close\r\n"])
    func `who wants no more than one answer sees the connection end behind it`(wish: String) async throws {
        try await OrchestratorFixture.with { server in
            let answer = try await RawConnection.exchange(
                server.url, "GET /health/live \(wish)Host: h\r\n\r\n", bytes: 0)
            #expect(answer.hasPrefix("HTTP/1.1 200") && answer.lowercased().contains("\r\nconnection: close\r\n"))
        }
    }
}
