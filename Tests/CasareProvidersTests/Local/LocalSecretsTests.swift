import CasareDomain
import CasareProviders
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct LocalSecretsTests {
    private static func write(_ text: String, _ path: String) throws {
        let url = URL(filePath: path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    @Test func `variables are found by their prefix, and none of the others`() async throws {
        let environment = ProcessEnvironment { name in
            ["CASARE_SECRET_DB_PROD": "s3cret", "CASARE_SECRET_NONE": "", "DATABASE_URL": "postgres://"][name]
        }
        let provider = EnvironmentSecrets(name: "env", prefix: "CASARE_SECRET_", environment: environment)
        for path in ["db/prod", "db-prod", "DB.prod"] {
            let found = try await provider.fields(at: path, version: nil)
            #expect(found.fields.revealed == ["value": "s3cret"] && found.version == nil)
        }
        let none = await problem { try await provider.fields(at: "none", version: nil) }
        #expect(none?.meaning == .notFound)
        let bad = await problem { try await provider.fields(at: "db prod", version: nil) }
        guard case .badPath = bad else {
            Issue.record("\(String(describing: bad))")
            return
        }
        let version = await problem { try await provider.fields(at: "db/prod", version: 1) }
        #expect(version?.description.contains("variables have no versions") == true)
        let listed = await problem { try await provider.names(PathListing(folder: "", limit: 10)) }
        #expect(listed?.description.contains("variables are not listed") == true && provider.abilities.isEmpty)
    }

    @Test func `a file is one text, and a folder of files is a secret with fields`() async throws {
        try await withTemporaryDirectory { folder in
            try Self.write("k1\n", "\(folder)/api")
            try Self.write("ann", "\(folder)/db/username")
            try Self.write("line 1\nline 2\r\n", "\(folder)/db/password")
            try Self.write("x", "\(folder)/db/.hidden")
            let provider = FileSecrets(name: "mounted", folder: folder + "/")
            try await provider.check()
            let one = try await provider.fields(at: "api", version: nil)
            #expect(one.fields.revealed == ["value": "k1"])
            let both = try await provider.fields(at: "db", version: nil)
            #expect(both.fields.revealed == ["username": "ann", "password": "line 1\nline 2"])
            let names = try await provider.names(PathListing(folder: "", limit: 10))
            let below = try await provider.names(PathListing(folder: "db/", limit: 10))
            #expect(names == ["api", "db/"] && below == ["password", "username"])
            let second = try await provider.names(PathListing(folder: "db/", after: "password", limit: 1))
            #expect(second == ["username"] && provider.abilities == [.paths])
            let outside = await problem { try await provider.names(PathListing(folder: "../", limit: 10)) }
            guard case .badPath = outside else {
                Issue.record("\(String(describing: outside))")
                return
            }
            try Self.write("k2", "\(folder)/api")
            let changed = try await provider.fields(at: "api", version: nil)
            #expect(changed.fields.revealed == ["value": "k2"])
            let none = await problem { try await provider.fields(at: "none", version: nil) }
            #expect(none == .notFound(provider: "mounted", path: "none", why: nil))
        }
    }

    @Test(arguments: ["../secret", "db/../../secret", "/etc/passwd", "", "db//x", ".hidden", "db/.hidden"])
    func `no path leads out of the folder`(path: String) async throws {
        try await withTemporaryDirectory { folder in
            try Self.write("outside", "\(folder)/secret")
            try Self.write("x", "\(folder)/in/db/a")
            let provider = FileSecrets(name: "mounted", folder: "\(folder)/in")
            let error = await problem { try await provider.fields(at: path, version: nil) }
            guard case .badPath = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `a folder that is not there is a sick provider, not a missing secret`() async throws {
        try await withTemporaryDirectory { folder in
            let provider = FileSecrets(name: "mounted", folder: "\(folder)/none")
            let sick = await problem { try await provider.check() }
            let missing = await problem { try await provider.fields(at: "api", version: nil) }
            #expect(sick?.meaning == .unavailable && missing?.meaning == .unavailable)
        }
    }
}
