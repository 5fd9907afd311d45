import AsyncHTTPClient
import CasareEngine
import NIOCore
import NIOHTTP1

/// One request as a node wants it made.
struct WebRequest: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case multipart(MultipartBody)
    }

    var method: HTTPMethod
    var url: WebURL
    var headers: HTTPHeaders
    var body = Body.none
    var options: Options

    /// What a node's parameters and the robot's policy say about how requests are made.
    struct Options: Sendable {
        static let connectTimeout = Duration.seconds(10)
        /// Answers beyond this are for a file, not for memory, variables and the journal.
        static let responseBytesMax = 16 << 20
        static let requestBytesMax = 16 << 20
        static let transferBytesMax = 4 << 30

        /// For one attempt, redirects and the whole answer included.
        var timeout: Duration
        var attempts = 1
        var backoff = Backoff(first: .seconds(1))
        var verifiesCertificates = true
        var proxy: WebProxy?
        /// 0: redirects are answers like others.
        var redirectsMax = 10
        var allowsInternalAddresses: Bool
        var responseBytesMax = Options.responseBytesMax
        /// Nothing but the origin of the URL may stand in messages: the rest is a secret.
        var hidesPath = false
        /// An attempt that may have been sent, and has no answer, leaves a doubt and is not repeated: a second one
        /// would do again what the first perhaps has done.
        var leavesDoubt = false
        var trace = WebTrace.none
    }

    /// The URL as messages name it.
    var displayURL: String { self.options.hidesPath ? self.url.origin : self.url.display }
}

/// An answer whose body is still to be read.
struct WebResponse: Sendable {
    let status: Int
    let headers: HTTPHeaders
    private let body: HTTPClientResponse.Body
    private let bytesMax: Int
    private let source: String

    init(_ response: HTTPClientResponse, to request: WebRequest) {
        self.status = Int(response.status.code)
        self.headers = response.headers
        self.body = response.body
        self.bytesMax = request.options.responseBytesMax
        self.source = request.displayURL
    }

    /// Hands over the body piece by piece.
    ///
    /// - Throws: `ValueError` when it is longer than the request allows.
    func forEachPiece(_ receive: (ByteBuffer) async throws -> Void) async throws {
        var count = 0
        do {
            for try await piece in self.body {
                count += piece.readableBytes
                guard count <= self.bytesMax else { throw self.tooLarge }
                try await receive(piece)
            }
        } catch {
            guard WebFailure.isEmptyCompressedBody(error), count == 0 else {
                throw WebFailure.isDecompressionLimit(error) ? self.tooLarge : error
            }
        }
        // A cancelled body may end like a complete one.
        try Task.checkCancellation()
    }

    /// The whole body.
    func bytes() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await self.forEachPiece { bytes += $0.readableBytesView }
        return bytes
    }

    private var tooLarge: NodeFailure {
        let advice =
            self.bytesMax == WebRequest.Options.responseBytesMax ? "; HttpDownloadFileNode takes more, to a file" : ""
        return .value(
            "The answer of \(self.source) is larger than \(self.bytesMax >> 20) MiB, the most that is read\(advice)")
    }
}

/// An answer with its body.
struct WebAnswer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let bytes: [UInt8]
}
