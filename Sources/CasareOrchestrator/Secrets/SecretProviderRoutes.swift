import CasareDomain
import CasareProviders
import CasareStore
import CasareWire

/// What keeps secrets elsewhere, for those who say that a secret stands there. No value is read for that.
enum SecretProviderRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/secret-providers", .needs(.credentialRead),
            "What keeps secrets elsewhere for the tenant: by name, with how it was when it was last asked.", Self.list),
        // Which paths there are is the provider's to tell those who may have any of them given out by a secret.
        .get(
            "/api/v1/secret-providers/{name}/paths", .needs(.credentialCreate),
            "The paths that a provider has in one folder, without what stands there.",
            query: [
                .text("prefix", "How they begin, such as apps/ or apps/c; none: those in no folder."), .limit, .cursor,
            ], Self.paths),
    ]

    private static func list(_ request: APIRequest) async throws -> SecretProviderList {
        let providers = try await request.services.externalSecrets.providers(for: request.principal.tenant)
        let health = Dictionary(request.services.providerBoard.health.map { ($0.name, $0) }) { first, _ in first }
        return SecretProviderList(
            providers: providers.map { provider in
                SecretProviderInfo(
                    name: provider.name, kind: provider.kind, isHealthy: health[provider.name]?.isHealthy,
                    checkedAt: health[provider.name]?.checkedAt,
                    abilities: ProviderAbility.allCases.filter(provider.abilities.contains))
            })
    }

    private static func paths(_ request: APIRequest) async throws -> SecretPathPage {
        let name = request.parameter("name")
        let limit = try request.limit()
        let prefix = request.query["prefix"] ?? ""
        let folder = PathListing.folder(of: prefix)
        let after: String? = try request.cursor { $0.hasPrefix(folder) ? $0 : nil }
        let found: [String]
        do {
            found = try await request.services.externalSecrets.paths(
                of: name, prefix: prefix, after: after, limit: limit + 1, in: request.principal.tenant)
        } catch ProviderError.notConfigured, ProviderError.unknown, ProviderError.notForTenant {
            // Nobody learns of providers that are other tenants'.
            throw APIProblem.notFound("provider of secrets", String(name.prefix(64)))
        } catch let error as ProviderError {
            guard case .badPath = error else { throw error }
            throw APIProblem(.validation, error.description, field: "prefix")
        }
        let page = found.page(of: limit) { $0 }
        return SecretPathPage(paths: page.items.map { SecretPathInfo(path: $0) }, nextCursor: page.nextCursor)
    }
}
