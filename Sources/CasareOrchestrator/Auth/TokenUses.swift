import CasareDomain
import CasareStore
import FoundationEssentials
import Synchronization

/// When tokens were shown last: kept in memory, and written by a loop, not by requests.
final class TokenUses: Sendable {
    private struct Key: Hashable {
        let tenant: Tenant.ID
        let token: Token.ID
    }

    /// Beyond that others are not noted until these are written.
    private static let tokensMax = 10_000

    private let state = Mutex<[Key: TokenUse]>([:])

    func note(_ token: Token.ID, of tenant: Tenant.ID, from source: NetworkAddress?, at now: Date = Date()) {
        let key = Key(tenant: tenant, token: token)
        self.state.withLock { uses in
            guard uses[key] != nil || uses.count < Self.tokensMax else { return }
            uses[key] = TokenUse(tenant: tenant, token: token, at: now, source: source?.description)
        }
    }

    /// Hands over what was noted: the last use of each token.
    func take() -> [TokenUse] {
        self.state.withLock { uses in
            defer { uses.removeAll() }
            return Array(uses.values)
        }
    }

    /// Takes back what could not be written.
    func putBack(_ given: [TokenUse]) {
        self.state.withLock { uses in
            for use in given {
                let key = Key(tenant: use.tenant, token: use.token)
                // A later one has come meanwhile.
                guard uses[key] == nil, uses.count < Self.tokensMax else { continue }
                uses[key] = use
            }
        }
    }
}
