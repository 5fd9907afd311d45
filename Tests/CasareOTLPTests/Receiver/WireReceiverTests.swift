import CasareTestSupport
import Testing

/// How the receiver of the tests finds messages in what is sent.
struct WireReceiverTests {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0, UInt8(payload.count >> 8), UInt8(payload.count & 255), type, flags, 0, 0, 0, stream] + payload
    }

    private static func message(compressed: Bool, _ bytes: Int) -> [UInt8] {
        [compressed ? 1 : 0, 0, 0, UInt8(bytes >> 8), UInt8(bytes & 255)] + Array(repeating: 7, count: bytes)
    }

    /// Settings, headers; a message in three frames between those of another stream, one padded, and a second message
    /// behind it in the same frame.
    private static let conversation: [UInt8] = {
        let long = Self.message(compressed: true, 300)
        let padded: [UInt8] = [2] + long[100..<200] + [0, 0]
        return Self.preface
            + Self.frame(4, stream: 0, [])
            + Self.frame(1, flags: 4, stream: 1, [1, 2, 3])
            + Self.frame(0, stream: 1, Array(long[..<3]))
            + Self.frame(0, flags: 1, stream: 3, Self.message(compressed: false, 5))
            + Self.frame(0, stream: 1, Array(long[3..<100]))
            + Self.frame(0, flags: 8, stream: 1, padded)
            + Self.frame(0, flags: 1, stream: 1, Array(long[200...]) + Self.message(compressed: false, 0))
    }()

    private static let messages = [
        GRPCMessageCounter.Message(isCompressed: false, bytes: 5),
        GRPCMessageCounter.Message(isCompressed: true, bytes: 300),
        GRPCMessageCounter.Message(isCompressed: false, bytes: 0),
    ]

    @Test(arguments: [1, 2, 3, 9, 24, 25, 100, 10_000])
    func `messages are found however their bytes arrive`(together: Int) {
        var counter = GRPCMessageCounter()
        var rest = Self.conversation[...]
        var found: [GRPCMessageCounter.Message] = []
        while !rest.isEmpty {
            found += counter.read(rest.prefix(together))
            rest = rest.dropFirst(together)
        }
        #expect(found == Self.messages)
    }
}
