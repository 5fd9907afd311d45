import CasareClient
import CasareDomain
import CasareProviders
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

/// What keeps secrets elsewhere, over HTTP: who is told of it, and where each tenant's paths are.
struct SecretProviderRouteTests {
    private typealias Fixture = OrchestratorFixture
    private static let path = "/api/v1/secret-providers"

    private static func write(_ path: String) throws {
        let url = URL(filePath: path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("hunter2".utf8).write(to: url)
    }

    /// Gives `body` a server that knows several providers.
    private static func with(
        _ body: @escaping @Sendable (OrchestratorFixture) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { folder in
            for path in ["own/apps/crm", "own/apps/cms", "own/apps/db/user", "own/key"] {
                try self.write("\(folder)/\(path)")
            }
            for path in ["shared/default/mine", "shared/acme/theirs"] { try self.write("\(folder)/\(path)") }
            let text = """
                providers:
                  own: { kind: files, folder: \(folder)/own }
                  gone: { kind: files, folder: \(folder)/gone }
                  shared: { kind: files, folder: \(folder)/shared, tenants: ["*"], tenant_folder: "{tenant}" }
                  variables: { kind: environment, prefix: APP_ }
                """
            let providers = SecretProviders(
                try ProviderFile(parsing: text), environment: ProcessEnvironment { _ in nil })
            try await Fixture.with(providers: providers, body)
            await providers.close()
        }
    }

    private static func acme(on server: OrchestratorFixture) async throws -> String {
        let made = try await server.call(.POST, "/api/v1/tenants", ["name": "acme"])
        return try #require(made.json["token"]?.string, "\(made.json)")
    }

    @Test func `providers are listed with what they are and can do, and how they were`() async throws {
        try await Self.with { server in
            let listed = try await eventually("the providers are asked") { () -> [SecretProviderInfo]? in
                let found = try await server.withClient(.developer) { try await $0.secretProviders().providers }
                return found.allSatisfy { $0.isHealthy != nil } ? found : nil
            }
            #expect(listed.map(\.name) == ["gone", "own", "shared", "variables"])
            #expect(listed.map(\.kind) == [.files, .files, .files, .environment])
            #expect(listed.map(\.isHealthy) == [false, true, true, true])
            #expect(listed.map(\.abilities) == [[.paths], [.paths], [.paths], []])
            // Folders and addresses are for those who may ask the doctor.
            let reply = try await server.call(.GET, Self.path, as: .developer)
            #expect(!reply.json.jsonText(.compact).contains("/gone"))
            #expect(try await server.call(.GET, Self.path, as: .operator).status == 403)
        }
    }

    @Test func `paths are listed folder by folder and page by page, without what stands there`() async throws {
        try await Self.with { server in
            try await server.withClient(.admin) { client in
                let root = try await client.secretPaths(of: "own")
                #expect(root.paths == [SecretPathInfo(path: "apps/"), SecretPathInfo(path: "key")])
                #expect(root.paths.map(\.isFolder) == [true, false] && root.nextCursor == nil)
                var found: [String] = []
                var cursor: String?
                repeat {
                    let page = try await client.secretPaths(of: "own", prefix: "apps/", limit: 1, cursor: cursor)
                    #expect(page.paths.count == 1)
                    found += page.paths.map(\.path)
                    cursor = page.nextCursor
                } while cursor != nil
                #expect(found == ["apps/cms", "apps/crm", "apps/db/"])
                #expect(try await client.secretPaths(of: "own", prefix: "apps/cr").paths.map(\.path) == ["apps/crm"])
            }
            let reply = try await server.call(.GET, "\(Self.path)/own/paths?prefix=apps/")
            #expect(reply.status == 200 && !reply.json.jsonText(.compact).contains("hunter2"))
        }
    }

    @Test(
        arguments: [
            ("own", "nothing/", 404, nil), ("own", "../", 422, "prefix"), ("own", "/", 422, "prefix"),
            ("variables", "", 422, nil), ("gone", "", 503, nil), ("nobody", "", 404, nil),
        ] as [(String, String, Int, String?)])
    func `what cannot be listed is an error that says why`(
        name: String, prefix: String, status: Int, field: String?
    ) async throws {
        try await Self.with { server in
            let reply = try await server.call(.GET, "\(Self.path)/\(name)/paths?prefix=\(prefix)")
            #expect(reply.status == status && reply.json["error"]?["field"]?.string == field, "\(reply.json)")
        }
    }

    @Test func `a cursor of another folder is refused`() async throws {
        try await Self.with { server in
            let reply = try await server.call(.GET, "\(Self.path)/own/paths?prefix=apps/&cursor=key")
            #expect(reply.status == 400 && reply.json["error"]?["field"] == "cursor", "\(reply.json)")
        }
    }

    @Test func `who may not say where a secret stands is told no paths`() async throws {
        try await Self.with { server in
            for role in [Role.viewer, .operator, .developer, .robot] {
                let reply = try await server.call(.GET, "\(Self.path)/own/paths", as: role)
                #expect(reply.status == 403, "\(role)")
            }
        }
    }

    @Test func `each tenant sees its own folder, and no provider of others`() async throws {
        try await Self.with { server in
            let token = try await Self.acme(on: server)
            let listed = try await server.send(.GET, Self.path, token: token).json["providers"]?.list ?? []
            #expect(listed.map { $0["name"] } == ["shared"])
            let theirs = try await server.send(.GET, "\(Self.path)/shared/paths", token: token)
            #expect(theirs.json["paths"]?.list?.map { $0["path"] } == ["theirs"], "\(theirs.json)")
            let ours = try await server.call(.GET, "\(Self.path)/shared/paths")
            #expect(ours.json["paths"]?.list?.map { $0["path"] } == ["mine"], "\(ours.json)")
            let hidden = try await server.send(.GET, "\(Self.path)/own/paths", token: token)
            let nobodys = try await server.send(.GET, "\(Self.path)/nobody/paths", token: token)
            #expect(hidden.status == 404 && nobodys.status == 404)
        }
    }
}
