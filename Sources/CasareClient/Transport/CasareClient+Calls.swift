import CasareWire
import FoundationEssentials

/// The few shapes that all requests have.
extension CasareClient {
    static let apiPath = "/api/v1"

    func get<T: Decodable & Sendable>(
        _ path: String, _ query: [(name: String, value: String?)] = [], waiting: Duration = .zero
    ) async throws(ClientError) -> T {
        let call = Call(method: .get, path: path, query: query, mayRepeat: true, waiting: waiting)
        return try self.transport.decode(try await self.transport.send(call), of: call)
    }

    func post<T: Decodable & Sendable>(
        _ path: String, _ body: some Encodable & Sendable, mayRepeat: Bool = false, waiting: Duration = .zero,
        holdsSecrets: Bool = false
    ) async throws(ClientError) -> T {
        try await self.postWithStatus(
            path, body, mayRepeat: mayRepeat, waiting: waiting, holdsSecrets: holdsSecrets
        ).response
    }

    func postWithStatus<T: Decodable & Sendable>(
        _ path: String, _ body: some Encodable & Sendable, mayRepeat: Bool = false, waiting: Duration = .zero,
        holdsSecrets: Bool = false
    ) async throws(ClientError) -> (status: Int, response: T) {
        let call = Call(
            method: .post, path: path, body: try Self.bytes(of: body), mayRepeat: mayRepeat, waiting: waiting,
            holdsSecrets: holdsSecrets)
        let answer = try await self.transport.send(call)
        return (answer.status, try self.transport.decode(answer, of: call))
    }

    /// For what would be done twice if it were sent twice: each call has a key of its own, under which it may be.
    func postOnce<T: Decodable & Sendable>(
        _ path: String, _ body: some Encodable & Sendable
    ) async throws(ClientError) -> T {
        let call = Call(
            method: .post, path: path, body: try Self.bytes(of: body), mayRepeat: true,
            idempotencyKey: UUID().uuidString)
        return try self.transport.decode(try await self.transport.send(call), of: call)
    }

    /// For changes that say what shall be, so that sending them twice does no harm.
    func patch<T: Decodable & Sendable>(
        _ path: String, _ body: some Encodable & Sendable
    ) async throws(ClientError) -> T {
        let call = Call(method: .patch, path: path, body: try Self.bytes(of: body), mayRepeat: true)
        return try self.transport.decode(try await self.transport.send(call), of: call)
    }

    func put<T: Decodable & Sendable>(
        _ path: String, _ body: some Encodable & Sendable
    ) async throws(ClientError) -> T {
        let call = Call(method: .put, path: path, body: try Self.bytes(of: body), mayRepeat: true)
        return try self.transport.decode(try await self.transport.send(call), of: call)
    }

    private static func bytes(of body: some Encodable) throws(ClientError) -> [UInt8] {
        do {
            return try WireJSON.encode(body)
        } catch {
            throw .invalidRequest("\(error)")
        }
    }

    func delete<T: Decodable & Sendable>(
        _ path: String, _ query: [(name: String, value: String?)] = []
    ) async throws(ClientError) -> T {
        let call = Call(method: .delete, path: path, query: query, mayRepeat: true)
        return try self.transport.decode(try await self.transport.send(call), of: call)
    }
}

extension Duration {
    /// For the wire, in seconds with a fraction.
    var fractionalSeconds: Double {
        let (seconds, attoseconds) = self.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
