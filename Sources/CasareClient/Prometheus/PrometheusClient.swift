import AsyncHTTPClient
public import CasareDomain
import CasareWire
import NIOCore
import NIOHTTP1

/// Asks a Prometheus. Close it with `shutdown()`.
public struct PrometheusClient: Sendable {
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// No answer, or one that is none of Prometheus.
        case unreachable(url: String, reason: String)
        /// It does not take the query.
        case refused(String)
        case cancelled

        public var description: String {
            switch self {
            case .unreachable(let url, let reason): "cannot ask the Prometheus at \(url): \(reason)"
            case .refused(let reason): "Prometheus refuses the query: \(reason)"
            case .cancelled: "cancelled"
            }
        }
    }

    /// The largest answer that is read.
    public static let answerBytesMax = 16 * 1024 * 1024
    private static let connectLimit = TimeAmount.seconds(5)
    private static let queryLimit = TimeAmount.seconds(30)

    private let url: String
    private let http: HTTPClient

    /// - Parameter url: `http://host:port` or `https://host`, with or without a path before `/api`, and without a slash at
    ///   its end.
    public init(url: String) {
        self.url = url
        let configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: Self.connectLimit))
        self.http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes its connections. The client is of no use afterwards.
    public func shutdown() async {
        // It fails only when it was shut down before.
        try? await self.http.shutdown()
    }

    /// What an expression comes to now.
    ///
    /// - Returns: the member `data` of Prometheus's answer.
    public func query(_ expression: String) async throws(Failure) -> Value {
        var request = HTTPClientRequest(url: "\(self.url)/api/v1/query")
        // Expressions may be longer than a URL.
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "User-Agent", value: "casarectl/\(CasareVersion.current)")
        request.body = .bytes(Array("query=\(percentEncoded(expression))".utf8))
        let status: Int
        let body: [UInt8]
        do {
            let response = try await self.http.execute(request, timeout: Self.queryLimit)
            status = Int(response.status.code)
            body = Array(try await response.body.collect(upTo: Self.answerBytesMax).readableBytesView)
        } catch {
            throw self.failure(error)
        }
        guard let answer = try? Value(parsingJSON: body), let state = answer["status"]?.string else {
            throw .unreachable(url: self.url, reason: "an answer of status \(status) is not one of Prometheus")
        }
        guard state == "success", let data = answer["data"] else {
            let reason = answer["error"]?.string ?? "status \(status)"
            // 503 stands for a query that took too long or was cut off.
            if status == 503 { throw .unreachable(url: self.url, reason: reason) }
            throw .refused(reason)
        }
        return data
    }

    private func failure(_ error: any Error) -> Failure {
        let call = Call(method: .post, path: "/api/v1/query", mayRepeat: false)
        let limit = Duration.nanoseconds(Self.queryLimit.nanoseconds)
        switch ClientError(error, call: call, url: self.url, limit: limit) {
        case .cancelled: return .cancelled
        case .unreachable(_, let reason), .tlsFailed(_, let reason), .notCasare(_, let reason):
            return .unreachable(url: self.url, reason: reason)
        case .timedOut: return .unreachable(url: self.url, reason: "no answer within \(limit)")
        case .responseTooLarge(_, let bytesMax):
            return .unreachable(url: self.url, reason: "its answer is larger than \(bytesMax / 1_048_576) MiB")
        case .api, .versionSkew, .invalidURL, .invalidTLS, .invalidRequest:
            return .unreachable(url: self.url, reason: "it is not the URL of a server")
        }
    }
}
