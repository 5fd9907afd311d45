package import CasareDomain
import CasarePostgres

/// Supabase Vault: an extension of PostgreSQL that keeps texts encrypted and shows them in the view
/// `vault.decrypted_secrets` (https://supabase.com/docs/guides/database/vault). Paths are the secrets' names.
///
/// The user of the connection needs `USAGE` on the schema `vault` and `SELECT` on that view, and nothing else.
package actor SupabaseVault: SecretProvider {
    package nonisolated let name: String
    package nonisolated var kind: ProviderHealth.Kind { .supabaseVault }
    package nonisolated var abilities: Set<ProviderAbility> { [.paths] }
    private let url: CredentialSource
    private let allowsPlaintext: Bool
    private let environment: ProcessEnvironment
    /// Opened when it is first needed: the credential is read then.
    private var opened: PostgresPool?
    private var isClosed = false

    package static let connectionsMax = 4

    /// - Parameters:
    ///   - url: where the connection string stands, as libpq reads it.
    ///   - allowsPlaintext: whether another machine may be asked without TLS.
    package init(
        name: String, url: CredentialSource, allowsPlaintext: Bool = false, environment: ProcessEnvironment
    ) {
        self.name = name
        self.url = url
        self.allowsPlaintext = allowsPlaintext
        self.environment = environment
    }

    package func close() async {
        self.isClosed = true
        let pool = self.opened
        self.opened = nil
        await pool?.close()
    }

    package func check() async throws(ProviderError) {
        _ = try await self.rows("the view") { connection in
            try connection.execute(SupabaseQueries.check)
        }
    }

    package func fields(at path: String, version: Int?) async throws(ProviderError) -> ProvidedFields {
        guard version == nil else {
            throw .unsupported(provider: self.name, "Supabase Vault has no versions; leave @VERSION out")
        }
        let rows = try await self.rows(path) { connection in
            try connection.execute(SupabaseQueries.secret, ["name": .text(path)])
        }
        guard let row = rows.first else { throw .notFound(provider: self.name, path: path, why: nil) }
        // Names are unique there by an index, which a copy of the schema may lack: neither of two is given out then.
        guard rows.count == 1 else {
            throw .unreadable(provider: self.name, path: path, why: "more than one secret has that name")
        }
        let text: String?
        do throws(PostgresError) {
            text = try row.optionalString("decrypted_secret")
        } catch {
            throw Self.problem(error, self.name, path)
        }
        guard let text else {
            throw .unreadable(
                provider: self.name, path: path, why: "it is there, and cannot be decrypted with the database's key")
        }
        return ProvidedFields(fields: [soleField: SecretText(text)], version: nil)
    }

    /// It knows no folders: what is below one is listed with all that stands behind it.
    package func names(_ listing: PathListing) async throws(ProviderError) -> [String] {
        let folder = listing.folder
        let rows = try await self.rows(folder) { connection in
            try connection.execute(
                SupabaseQueries.names,
                [
                    "folder": .text(folder), "begin": .text(folder + listing.beginning),
                    "after": .text(listing.after.map { folder + $0 }), "limit": .int(listing.limit),
                ])
        }
        do {
            return try rows.map { try $0.string("name") }
        } catch {
            throw .unreadable(provider: self.name, path: folder, why: "a name is no text")
        }
    }

    private func rows(
        _ path: String, _ body: @Sendable (isolated PostgresConnection) throws -> Rows
    ) async throws(ProviderError) -> Rows {
        let pool = try self.pool()
        do {
            return try await pool.withConnection(deadline: .now + ProviderLimits.callMax, body)
        } catch let error as PostgresError {
            throw Self.problem(error, self.name, path)
        } catch {
            throw .unavailable(provider: self.name, why: "its database cannot be asked")
        }
    }

    private func pool() throws(ProviderError) -> PostgresPool {
        if let opened = self.opened { return opened }
        guard !self.isClosed else { throw .unavailable(provider: self.name, why: "this process is stopping") }
        var configuration: PostgresConfiguration
        let url = try self.url.text(for: self.name, self.environment)
        do throws(PostgresError) {
            configuration = try PostgresConfiguration(url: url)
        } catch {
            // The text that libpq does not understand holds a password.
            throw .unavailable(provider: self.name, why: "\(self.url) holds no connection string")
        }
        guard self.allowsPlaintext || configuration.requireTLS() else {
            throw .unavailable(
                provider: self.name,
                why: "\(self.url) holds a connection string with sslmode=\(configuration.tlsMode ?? ""), by which who "
                    + "is on the way may read along; take require or verify-full, or say "
                    + "`\(ProviderFile.plaintextMember): true` where nobody else is on the way")
        }
        configuration.applicationName = "casare-secrets"
        // The process's own password is for its own database.
        configuration.usesProcessCredentials = false
        configuration.connectTimeout = ProviderLimits.connectMax
        configuration.statementTimeout = ProviderLimits.callMax
        let pool = PostgresPool(configuration: configuration, connectionsMax: Self.connectionsMax)
        self.opened = pool
        return pool
    }

    /// In words that name neither the connection string nor what a statement was given.
    private static func problem(_ error: PostgresError, _ provider: String, _ path: String) -> ProviderError {
        switch error {
        case .server(let server) where server.state == .insufficientPrivilege:
            .denied(
                provider: provider, path: path, why: "the user of the connection may not read vault.decrypted_secrets")
        case .server(let server) where server.state == .undefinedTable:
            .unavailable(
                provider: provider, why: "the database has no view vault.decrypted_secrets; install the extension there"
            )
        case .server(let server):
            .unavailable(provider: provider, why: "the database refuses: SQLSTATE \(server.state)")
        case .decoding:
            .unreadable(provider: provider, path: path, why: "the view's columns are not those of Supabase Vault")
        case .connection, .timedOut, .cancelled, .poolExhausted, .poolClosed:
            .unavailable(provider: provider, why: "its database cannot be reached")
        case .misuse: .unavailable(provider: provider, why: "its database cannot be asked")
        }
    }
}

enum SupabaseQueries {
    static let check = Query("SELECT name, decrypted_secret FROM vault.decrypted_secrets LIMIT 0")

    static let secret = Query(
        "SELECT decrypted_secret FROM vault.decrypted_secrets WHERE name = @name LIMIT 2")

    static let names = Query(
        """
        SELECT substr(name, length(@folder::text) + 1) AS name FROM vault.decrypted_secrets
        WHERE starts_with(name, @begin::text) AND (@after::text IS NULL OR name COLLATE "C" > @after::text)
        ORDER BY name COLLATE "C" LIMIT @limit
        """)
}
