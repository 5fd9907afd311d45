package import CasareDomain
import CasarePostgres
package import CasareStore
import FoundationEssentials

/// The values of secrets that providers keep, for jobs and for people.
///
/// It is the same in an orchestrator and in a robot on SQL: who has the file of providers asks them itself. What cannot
/// be had is an error; there is no other place to look.
package struct ExternalSecrets: Sendable {
    package let providers: SecretProviders
    private let database: Database

    package init(_ providers: SecretProviders, database: Database) {
        self.providers = providers
        self.database = database
    }

    /// Whether a tenant's secret may be said to be there; nobody is asked.
    ///
    /// - Throws: `ProviderError`, and what the database throws.
    package func check(provider: String, path: String, in tenant: Tenant.ID) async throws {
        _ = try self.providers.place(provider, path: path, tenant: try await self.name(of: tenant))
    }

    /// The providers that a tenant may use, by name.
    ///
    /// - Throws: what the database throws.
    package func providers(for tenant: Tenant.ID) async throws -> [any SecretProvider] {
        self.providers.all(for: try await self.name(of: tenant))
    }

    /// The paths that a provider has, as a tenant's secrets name them, sorted; a folder among them ends with a slash.
    ///
    /// - Parameters:
    ///   - name: the provider's.
    ///   - prefix: how they begin, up to the end of one name: what is in folders below is listed by itself.
    ///   - after: the path that the page before ended with; `nil`: from the first one on.
    /// - Throws: `ProviderError`, and what the database throws.
    package func paths(
        of name: String, prefix: String, after: String?, limit: Int, in tenant: Tenant.ID
    ) async throws -> [String] {
        let (provider, folder, listing) = try self.providers.listing(
            name, prefix: prefix, after: after, limit: limit, tenant: try await self.name(of: tenant))
        return try await provider.names(listing).map { folder + $0 }
    }

    /// - Parameters:
    ///   - secret: one that has a provider.
    ///   - version: the provider's; `nil`: the newest one.
    ///   - lease: the attempt that needs it; `nil`: a person does, who is given no credentials that are made anew.
    /// - Throws: `ProviderError`, and what the database throws.
    package func fields(
        of secret: Secret, version: Int?, in tenant: Tenant.ID, under lease: Lease?
    ) async throws -> ProvidedFields {
        guard let name = secret.provider, let path = secret.path else {
            preconditionFailure("Secret \(secret.name) is kept here, and asked for elsewhere")
        }
        let (provider, place) = try self.providers.place(name, path: path, tenant: try await self.name(of: tenant))
        guard provider.isDynamic(place) else {
            let provided = try await provider.fields(at: place, version: version)
            let fields = try Self.fields(provided.fields, as: secret.kind, of: name, path)
            return ProvidedFields(fields: fields, version: provided.version)
        }
        guard let lease else { throw ProviderError.onlyForJobs(provider: name, path: path) }
        guard version == nil else {
            throw ProviderError.unsupported(
                provider: name, "what it makes anew has no versions; leave @VERSION out")
        }
        let made = try await provider.make(at: place)
        do {
            let fields = try Self.fields(made.fields, as: secret.kind, of: name, path)
            try await self.note(made, of: secret, provider: name, path: place, in: tenant, under: lease)
            return ProvidedFields(fields: fields, version: nil)
        } catch {
            // Nobody would give them back otherwise, before they end by themselves. Not a child of this task: it must
            // be done also when that is cancelled. It is waited for.
            _ = await Task { try? await provider.revoke(made.lease, madeAt: place) }.value
            throw error
        }
    }

    private func note(
        _ made: MadeCredentials, of secret: Secret, provider: String, path: String, in tenant: Tenant.ID,
        under lease: Lease
    ) async throws {
        let isHeld = try await self.database.asTenant(tenant) { connection in
            try SecretLeaseStore.insert(
                NewSecretLease(
                    id: .new(at: Date()), secret: secret.name.rawValue, provider: provider, path: path,
                    providerLease: made.lease.id, accessor: made.lease.accessor, attempt: lease,
                    life: made.life.credentials, tokenLife: made.life.token, isRenewable: made.isRenewable),
                on: connection)
        }
        guard isHeld else { throw ProviderError.leaseLost(lease) }
    }

    /// One text alone stands for the field that is secret. What a secret of the kind does not have is left where it is.
    private static func fields(
        _ given: SecretFields, as kind: Secret.Kind, of provider: String, _ path: String
    ) throws(ProviderError) -> SecretFields {
        var fields = try self.named(given, of: provider, path)
        if let main = kind.mainField, fields.names == [soleField] {
            fields[main] = fields[soleField]
            fields[soleField] = nil
        }
        let known = Set(kind.fields.map(\.name))
        if !known.isEmpty {
            for field in fields.names where !known.contains(field) { fields[field] = nil }
        }
        do throws(SecretFieldsError) {
            try kind.check(fields)
        } catch {
            throw .unreadable(provider: provider, path: path, why: error.description)
        }
        return fields
    }

    /// Elsewhere fields may have any names. Here they have small letters, and `_` for all that is neither letter nor
    /// digit.
    private static func named(
        _ given: SecretFields, of provider: String, _ path: String
    ) throws(ProviderError) -> SecretFields {
        var fields = SecretFields()
        for name in given.names {
            let own = String(
                decoding: name.utf8.map { byte in
                    switch byte {
                    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
                    default: UInt8(ascii: "_")
                    }
                }, as: UTF8.self)
            guard fields[own] == nil else {
                throw .unreadable(provider: provider, path: path, why: "two of its fields are called \(own) here")
            }
            fields[own] = given[name]
        }
        return fields
    }

    private func name(of tenant: Tenant.ID) async throws -> String {
        try await self.database.asTenant(tenant) { connection in
            try SecretLeaseStore.tenantName(on: connection)
        }
    }
}
