import NIOCore

/// Reads along what a client sends over a connection without TLS, and hands it on as it is.
final class OTLPWireReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let record: OTLPRecord
    private var messages = GRPCMessageCounter()

    init(_ record: OTLPRecord) { self.record = record }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let found = self.messages.read(Self.unwrapInboundIn(data).readableBytesView)
        if !found.isEmpty {
            self.record.change { state in
                for message in found {
                    state.wire.compressedMessages += message.isCompressed ? 1 : 0
                    state.wire.plainMessages += message.isCompressed ? 0 : 1
                    state.wire.messageBytes += message.bytes
                }
            }
        }
        context.fireChannelRead(data)
    }
}

/// Finds the beginnings of gRPC's messages in what a client sends over one connection: gRPC's own server does not say
/// whether they were compressed.
package struct GRPCMessageCounter: Sendable {
    package struct Message: Hashable, Sendable {
        package let isCompressed: Bool
        package let bytes: Int

        package init(isCompressed: Bool, bytes: Int) {
            self.isCompressed = isCompressed
            self.bytes = bytes
        }
    }

    /// `PRI * HTTP/2.0`, two empty lines and more (RFC 9113 §3.4).
    private static let prefaceBytes = 24
    /// Length 3, type 1, flags 1, stream 4 (§4.1).
    private static let frameHeadBytes = 9
    private static let dataType: UInt8 = 0
    private static let endFlag: UInt8 = 0x1
    private static let paddedFlag: UInt8 = 0x8
    /// Whether it is compressed 1, length 4.
    private static let messageHeadBytes = 5

    /// What is left of the message that a stream is in, and the part of a message's head that has come.
    private struct Stream {
        var left = 0
        var head: [UInt8] = []
    }

    private var prefaceLeft = Self.prefaceBytes
    private var bytes: [UInt8] = []
    private var streams: [Int: Stream] = [:]

    package init() {}

    /// - Returns: the messages whose heads are whole with these bytes.
    package mutating func read(_ more: some Sequence<UInt8>) -> [Message] {
        self.bytes += more
        let preface = min(self.prefaceLeft, self.bytes.count)
        self.bytes.removeFirst(preface)
        self.prefaceLeft -= preface
        var found: [Message] = []
        while self.bytes.count >= Self.frameHeadBytes {
            let length = Self.number(self.bytes[..<3])
            guard self.bytes.count >= Self.frameHeadBytes + length else { break }
            let (type, flags) = (self.bytes[3], self.bytes[4])
            let stream = Self.number(self.bytes[5..<9]) & 0x7FFF_FFFF
            var payload = self.bytes[Self.frameHeadBytes..<Self.frameHeadBytes + length]
            if type == Self.dataType {
                if flags & Self.paddedFlag != 0, let padding = payload.popFirst() {
                    payload = payload.dropLast(Int(padding))
                }
                self.readMessages(payload, of: stream, into: &found)
                if flags & Self.endFlag != 0 { self.streams[stream] = nil }
            }
            self.bytes.removeFirst(Self.frameHeadBytes + length)
        }
        return found
    }

    private mutating func readMessages(_ payload: ArraySlice<UInt8>, of id: Int, into found: inout [Message]) {
        var stream = self.streams[id] ?? Stream()
        var payload = payload
        while !payload.isEmpty {
            if stream.left > 0 {
                let used = min(stream.left, payload.count)
                stream.left -= used
                payload = payload.dropFirst(used)
                continue
            }
            let part = payload.prefix(Self.messageHeadBytes - stream.head.count)
            stream.head += part
            payload = payload.dropFirst(part.count)
            guard stream.head.count == Self.messageHeadBytes else { continue }
            stream.left = Self.number(stream.head[1...])
            found.append(Message(isCompressed: stream.head[0] != 0, bytes: stream.left))
            stream.head = []
        }
        self.streams[id] = stream
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
