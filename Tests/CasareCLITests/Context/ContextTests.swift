import ArgumentParser
import CasareDomain
import FoundationEssentials
import Glibc
import Testing

@testable import CasareCLI

struct ContextTests {
    private static let local = ServerContext(
        name: "local", url: ServerURL("http://127.0.0.1:8080")!, token: "crpa_local", isProduction: false)
    private static let live = ServerContext(
        name: "live", url: ServerURL("https://casare.example")!, token: "crpa_live", isProduction: true)

    private static var both: Contexts {
        var contexts = Contexts()
        contexts.store(Self.local)
        contexts.store(Self.live)
        contexts.current = "local"
        return contexts
    }

    private static func mode(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func `contexts survive the file, which only its owner may read`() throws {
        try withFolder { folder in
            let file = try ContextFile(in: Environment(["XDG_CONFIG_HOME": folder]))
            #expect(file.path == folder + "/casare/config.json")
            #expect(try file.load() == Contexts())
            try file.save(Self.both)
            #expect(try file.load() == Self.both)
            #expect(try Self.mode(of: file.path) == 0o600)
            #expect(try Self.mode(of: folder + "/casare") == 0o700)
            #expect(!file.isExposed)
            chmod(file.path, 0o644)
            #expect(file.isExposed)
            // Saving replaces the file and with it the mode; nothing else is left behind.
            try file.save(Contexts())
            #expect(!file.isExposed)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/casare") == ["config.json"])
        }
    }

    @Test func `the home folder is used when no XDG folder is set`() throws {
        #expect(try ContextFile(in: Environment(["HOME": "/h"])).path == "/h/.config/casare/config.json")
        #expect(
            try ContextFile(in: Environment(["HOME": "/h", "XDG_CONFIG_HOME": "relative"])).path
                == "/h/.config/casare/config.json")
        #expect(try UserFolders.data(Environment(["HOME": "/h"])) == "/h/.local/share/casare")
        #expect(throws: CommandFailure.self) { try ContextFile(in: Environment([:])) }
    }

    @Test(arguments: ["{", "[]", "{\"version\": 1, \"contexts\": [{\"name\": \"x\"}]}"])
    func `a damaged file is named in the error`(text: String) throws {
        try withFolder { folder in
            let path = folder + "/config.json"
            try write(text, to: path)
            let failure = #expect(throws: CommandFailure.self) { try ContextFile(path: path).load() }
            #expect(failure?.message.hasPrefix(path) == true)
        }
    }

    @Test func `a file from a newer version is a version skew`() throws {
        try withFolder { folder in
            try write("{\"version\": 2, \"contexts\": []}", to: folder + "/config.json")
            let failure = #expect(throws: CommandFailure.self) { try ContextFile(path: folder + "/config.json").load() }
            #expect(failure?.status == .versionSkew)
        }
    }

    @Test func `removing the context in use leaves none in use`() {
        var contexts = Self.both
        let wasThere = contexts.remove("local")
        #expect(wasThere)
        #expect(contexts.current == nil)
        let isStillThere = contexts.remove("local")
        #expect(!isStillThere)
    }

    @Test(arguments: [
        ("http://localhost:8080/", "http://localhost:8080"), ("localhost:8080", "http://localhost:8080"),
        ("[::1]:80", "http://[::1]:80"), ("casare.example", "https://casare.example"),
        ("HTTPS://Casare.example/api/v1", "https://Casare.example"), ("https://h/base/", "https://h/base"),
    ])
    func `a server's URL is brought into one form`(argument: String, text: String) {
        #expect(ServerURL(argument)?.text == text)
    }

    @Test(arguments: ["", "ftp://h", "http://", "http://user@h", "http://h?x=1", "http://h#f", "http://a b", "://h"])
    func `what is no server's URL is refused`(argument: String) {
        #expect(ServerURL(argument) == nil)
    }

    @Test(
        arguments: [
            ([], [:], "local", "crpa_local"),
            ([], ["CASARE_CONTEXT": "live"], "live", "crpa_live"),
            (["--context", "live"], ["CASARE_CONTEXT": "local", "CASARE_URL": "http://x"], "live", "crpa_live"),
            ([], ["CASARE_TOKEN": "t"], "local", "t"),
            (["--url", "https://casare.example/"], ["CASARE_CONTEXT": "local"], "live", "crpa_live"),
            ([], ["CASARE_URL": "http://127.0.0.1:8080", "CASARE_TOKEN": "t"], "local", "t"),
        ] as [([String], [String: String], String, String)])
    func `options count for more than the environment, and that for more than the current context`(
        arguments: [String], variables: [String: String], context: String, token: String
    ) throws {
        let server = try ConnectionOptions.parse(arguments).server(Self.both, Environment(variables))
        #expect(server.contextName == context)
        #expect(server.token == token)
        #expect(server.isProduction == (context == "live"))
    }

    @Test func `a context's token is never sent to another server`() throws {
        let server = try ConnectionOptions.parse(["--url", "https://elsewhere.example"]).server(
            Self.both, Environment([:]))
        #expect(server.token == nil)
        #expect(server.contextName == nil)
    }

    @Test func `each missing server has its own exit status`() {
        func status(_ arguments: [String], _ contexts: Contexts) -> ExitReason? {
            let failure = #expect(throws: CommandFailure.self) {
                try ConnectionOptions.parse(arguments).server(contexts, Environment([:]))
            }
            return failure?.status
        }
        var unused = Self.both
        unused.current = nil
        #expect(status([], Contexts()) == .notSignedIn)
        #expect(status([], unused) == .notSignedIn)
        #expect(status(["--context", "gone"], Self.both) == .notFound)
        #expect(status(["--url", "ftp://x"], Self.both) == .usage)
    }
}
