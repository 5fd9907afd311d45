import CasareWire
import FoundationEssentials
import NIOCore

/// Answers who speaks plain HTTP to a port of TLS, and lets everybody else through. BoringSSL would close the
/// connection without a word that an HTTP client understands.
final class PlainRequestGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var isAnswered = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What comes behind the beginning of such a request is thrown away.
        guard !self.isAnswered else { return }
        let bytes = Self.unwrapInboundIn(data)
        guard let first = bytes.readableBytesView.first else { return }
        guard Self.beginsRequest(first) else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            return
        }
        self.isAnswered = true
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: Self.answer)), promise: written)
    }

    /// A method begins with a capital letter. TLS begins with 22, the type of a handshake (RFC 8446 §5.1).
    private static func beginsRequest(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    private static var answer: [UInt8] {
        let envelope = ErrorEnvelope(
            error: ErrorEnvelope.Problem(
                code: ErrorCode.invalidInput.rawValue,
                message: "this port speaks TLS only; write https:// in the place of http://", field: nil, details: nil),
            meta: ErrorEnvelope.Meta(requestID: RequestIdentity.of(String?.none), timestamp: Date()))
        // The envelope holds nothing that cannot be encoded.
        let body = (try? WireJSON.encode(envelope)) ?? []
        let head = [
            "HTTP/1.1 \(ErrorCode.invalidInput.status) Bad Request", "Server: \(APIServer.name)",
            "Content-Type: application/json; charset=utf-8", "Content-Length: \(body.count)", "Connection: close", "",
            "",
        ].joined(separator: "\r\n")
        return Array(head.utf8) + body
    }
}

@available(*, unavailable)
extension PlainRequestGate: Sendable {}
