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
}
