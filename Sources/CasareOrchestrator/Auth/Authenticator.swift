import CasareDomain
import CasareStore
import CasareWire
import Crypto
import HTTPTypes
import HummingbirdCore
import Synchronization

/// Finds out who sends a request, and whether they may.
final class Authenticator: Sendable {
    /// How long an answer counts. A revoked token works on for this long at most.
    static let cachedFor = Duration.seconds(3)
    private static let cachedMax = 1000
    private static let connectionWaitMax = Duration.seconds(5)

    private struct Entry {
        let principal: Principal?
        let until: ContinuousClock.Instant
    }

    /// Who shows a token; `nil` for nobody.
    private let find: @Sendable (TokenText) async throws -> Principal?
    /// By the token's SHA-256: what is in memory does not show any token.
    private let cache = Mutex<[SHA256Digest: Entry]>([:])

    init(find: @escaping @Sendable (TokenText) async throws -> Principal?) { self.find = find }

    convenience init(database: Database) {
        self.init { text in
            try await database.asSystem(
                deadline: .now + Self.connectionWaitMax, statementMax: database.statementMax
            ) { connection in
                try TokenStore.find(text, on: connection)
            }
        }
    }

    /// - Returns: `nil` on routes that are open to everyone.
    func caller(of request: Request, for access: Route.Access) async throws -> Principal? {
        let permissions: [Permission]
        switch access {
        case .everyone: return nil
        case .anyOf(let needed): permissions = needed
        }
        guard let header = request.headers[.authorization] else {
            throw APIProblem(.tokenMissing, "send a token: Authorization: Bearer crpa_…")
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer", let text = TokenText(String(parts[1])),
            let principal = try await self.principal(text)
        else { throw APIProblem(.tokenInvalid, "the token is unknown, expired or revoked") }
        let role = principal.token.role
        guard permissions.contains(where: role.allows) else {
            let names = permissions.map(\.rawValue).joined(separator: " or ")
            throw APIProblem(
                .insufficientPermissions,
                "this needs the permission to \(names); the token \(principal.token.name) has the role \(role.rawValue)"
            )
        }
        return principal
    }

    private func principal(_ text: TokenText) async throws -> Principal? {
        let digest = SHA256.hash(data: Array(text.reveal().utf8))
        let now = ContinuousClock.now
        if let entry = self.cache.withLock({ $0[digest] }), now < entry.until { return entry.principal }
        let principal = try await self.find(text)
        self.cache.withLock { cache in
            if cache.count >= Self.cachedMax {
                cache = cache.filter { now < $0.value.until }
                if cache.count >= Self.cachedMax { cache.removeAll() }
            }
            // Counted from before the question, so that the answer is never older than the limit says.
            cache[digest] = Entry(principal: principal, until: now + Self.cachedFor)
        }
        return principal
    }
}
