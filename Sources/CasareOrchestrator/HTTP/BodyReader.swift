import CasareWire
import HTTPTypes
import HummingbirdCore
import NIOCore

/// Reads bodies of requests, never more than `bodyBytesMax` of one.
enum BodyReader {
    static let bodyBytesMax = 16 * 1024 * 1024

    private static let tooLarge = APIProblem(
        .bodyTooLarge, "the body is larger than \(bodyBytesMax / 1_048_576) MiB; send less at a time")

    static func read(_ request: Request) async throws -> [UInt8] {
        if let announced = request.headers[.contentLength].flatMap(Int.init), announced > Self.bodyBytesMax {
            throw Self.tooLarge
        }
        var bytes: [UInt8] = []
        for try await part in request.body {
            guard bytes.count + part.readableBytes <= Self.bodyBytesMax else { throw Self.tooLarge }
            bytes += part.readableBytesView
        }
        if !bytes.isEmpty { try Self.checkType(request.headers[.contentType]) }
        return bytes
    }

    /// JSON in UTF-8, which is the only encoding it has between systems (RFC 8259 §8.1).
    private static func checkType(_ header: String?) throws(APIProblem) {
        let parts = (header ?? "").lowercased().split(separator: ";").map { $0.filter { !$0.isWhitespace } }
        let isJSON = parts.first.map { $0 == "application/json" || $0.hasSuffix("+json") } ?? false
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }?.dropFirst("charset=".count)
            .filter { $0 != "\"" }
        guard isJSON, charset == nil || charset == "utf-8" else {
            throw APIProblem(.unsupportedMediaType, "send the body as application/json in UTF-8")
        }
    }
}
