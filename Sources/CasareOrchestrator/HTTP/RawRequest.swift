import CasareWire
import HTTPTypes
import HummingbirdCore
import NIOCore

/// A request as it came, for routes that read it themselves.
struct RawRequest: Sendable {
    private let request: Request
    /// The address of the other end of the connection.
    let source: String?

    init(_ request: Request, source: String?) {
        self.request = request
        self.source = source
    }

    var method: String { self.request.method.rawValue }

    /// By names in small letters; of one that came several times the values with commas between, as RFC 9110 §5.3 has
    /// it.
    var headers: [String: String] {
        var headers: [String: String] = [:]
        for field in self.request.headers {
            let name = field.name.canonicalName
            headers[name] = headers[name].map { "\($0), \(field.value)" } ?? field.value
        }
        return headers
    }

    /// A body comes within this time: whoever sends a byte now and then holds up nothing for longer.
    static let bodyTimeMax = Duration.seconds(60)

    /// Reads the body, once.
    ///
    /// - Throws: `.bodyTooLarge` for more than `bytesMax`, before all of it is read; `.invalidInput` for one that takes
    ///   longer than `bodyTimeMax`.
    func body(bytesMax: Int) async throws -> [UInt8] {
        if let announced = self.request.headers[.contentLength].flatMap(Int.init), announced > bytesMax {
            throw Self.tooLarge(bytesMax)
        }
        return try await Self.bytes(of: self.request.body, bytesMax: bytesMax)
    }

    /// - Parameter timeMax: one on which nothing comes at all is cut before by the server's own bound.
    /// - Throws: as `body(bytesMax:)`.
    static func bytes<Parts: AsyncSequence>(
        of parts: Parts, bytesMax: Int, timeMax: Duration = RawRequest.bodyTimeMax
    ) async throws -> [UInt8] where Parts.Element == ByteBuffer {
        let deadline = ContinuousClock.now + timeMax
        var bytes: [UInt8] = []
        for try await part in parts {
            guard bytes.count + part.readableBytes <= bytesMax else { throw Self.tooLarge(bytesMax) }
            guard ContinuousClock.now < deadline else { throw Self.tooSlow }
            bytes += part.readableBytesView
        }
        return bytes
    }

    private static func tooLarge(_ bytesMax: Int) -> APIProblem {
        APIProblem(.bodyTooLarge, "the body is larger than \(bytesMax) bytes, which this hook takes")
    }

    private static let tooSlow = APIProblem(
        .invalidInput, "the body took longer than \(bodyTimeMax.components.seconds) seconds; send it faster")
}
