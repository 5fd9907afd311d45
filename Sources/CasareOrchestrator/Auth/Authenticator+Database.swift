import CasareDomain
import CasarePostgres
import CasareStore
import Logging

extension Authenticator {
    private static let connectionWaitMax = Duration.seconds(5)

    /// Asks the database whose tokens are, and shares counts through it with all other servers.
    ///
    /// - Parameter metrics: counts the locks that begin here; `nil`: nobody does.
    convenience init(
        database: Database, settings: AuthenticationSettings, metrics: AuthMetrics? = nil, logger: Logger
    ) {
        let verifier = settings.openID.map { OpenIDVerifier($0, logger: logger) }
        self.init(
            lockouts: settings.lockout.map { Authenticator.lockouts($0, database, metrics) },
            rates: settings.rate.map { Authenticator.rates($0, database) }
        ) { credential, subject in
            let claims: OpenIDClaims?
            switch credential.kind {
            case .token, .certificate, .malformed: claims = nil
            case .signed(let text): claims = try await verifier?.claims(of: text)
            }
            return try await Authenticator.ask(database) { connection in
                if settings.lockout != nil,
                    let seconds = try LockoutStore.locked(subject.description, on: connection)
                {
                    return .lockedOut(seconds: seconds)
                }
                let bearer: Bearer? =
                    switch credential.kind {
                    case .token(let text): try Authenticator.bearer(of: text, on: connection)
                    case .signed: if let claims { try Authenticator.bearer(of: claims, on: connection) } else { nil }
                    case .certificate(let fingerprint):
                        try CertificateStore.bearer(fingerprint: fingerprint, on: connection)
                            .map { Bearer(principal: $0, token: nil) }
                    case .malformed: nil
                    }
                if let bearer { return .bearer(bearer) }
                guard settings.lockout?.networkFailuresMax != nil,
                    let seconds = try LockoutStore.locked(subject.network.description, on: connection)
                else { return .nobody }
                return .nobodyOfLocked(seconds: seconds)
            }
        }
    }

    private static func ask<R: Sendable>(
        _ database: Database, _ body: @Sendable (isolated PostgresConnection) throws -> R
    ) async throws -> R {
        try await database.asSystem(
            deadline: .now + Self.connectionWaitMax, statementMax: database.statementMax, body)
    }

    private static func bearer(of text: TokenText, on connection: isolated PostgresConnection) throws -> Bearer? {
        try TokenStore.bearer(of: text, on: connection).map { Bearer(principal: $0.principal, token: $0.token) }
    }

    /// The role of whoever has none here: there is no such role, so it allows nothing.
    private static let noRole = "none"

    /// - Returns: `nil` where there is no such tenant.
    private static func bearer(of claims: OpenIDClaims, on connection: isolated PostgresConnection) throws -> Bearer? {
        var tenant = Tenant.ID.default
        if let name = claims.tenant {
            do {
                tenant = try TenantStore.get(named: name, on: connection).id
            } catch StoreError.notFound {
                return nil
            }
        }
        let granted = try claims.role.map { try RoleStore.granted(by: $0, in: tenant, on: connection) } ?? []
        return Bearer(
            principal: Principal(
                tenant: tenant, name: "oidc:\(claims.subject)", kind: .oidc,
                role: claims.role?.rawValue ?? Self.noRole, granted: granted),
            token: nil)
    }

    private static func lockouts(
        _ rule: LockoutRule, _ database: Database, _ metrics: AuthMetrics?
    ) -> Lockouts {
        Lockouts(rule: rule) { subject, count in
            let lock = try await Self.ask(database) { connection in
                try LockoutStore.failed(
                    count, by: subject.description, rule: subject.isNetwork ? rule.ofNetworks ?? rule : rule,
                    on: connection)
            }
            if lock?.hasBegun == true { metrics?.lockedOut() }
            return lock?.seconds
        }
    }

    private static func rates(_ rate: RequestRate, _ database: Database) -> RateLimiter {
        RateLimiter(rate: rate) { principal in
            try await database.asTenant(principal.tenant, deadline: .now + Self.connectionWaitMax) { connection in
                try RateStore.take(rate, of: principal.name, on: connection)
            }
        }
    }
}
