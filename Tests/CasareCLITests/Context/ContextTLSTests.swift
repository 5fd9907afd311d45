import ArgumentParser
import CasareClient
import CasareDomain
import Testing

@testable import CasareCLI

/// What a context, the environment and options say of TLS.
struct ContextTLSTests {
    private static let stored = TLSSettings(
        authorityFile: "/stored/ca.pem", certificateFile: "/stored/me.pem", keyFile: "/stored/me.key",
        serverName: "stored.example")

    private static var contexts: Contexts {
        var contexts = Contexts()
        contexts.store(
            ServerContext(
                name: "live", url: ServerURL("https://casare.example")!, token: "t", isProduction: true,
                tls: Self.stored))  // The literal is a URL.
        contexts.current = "live"
        return contexts
    }

    private static func settings(_ arguments: [String], _ variables: [String: String] = [:]) throws -> TLSSettings {
        try ConnectionOptions.parse(arguments).server(Self.contexts, Environment(variables)).tls
    }

    @Test func `a context keeps what it is told of TLS, and writes no more than that`() throws {
        try withFolder { folder in
            let file = try ContextFile(in: Environment(["XDG_CONFIG_HOME": folder]))
            var contexts = Self.contexts
            contexts.store(
                ServerContext(
                    name: "plain", url: ServerURL("http://localhost")!, token: "t", isProduction: false,
                    tls: TLSSettings(isVerificationOff: true)))  // The literal is a URL.
            try file.save(contexts)
            #expect(try file.load() == contexts)
        }
        #expect(TLSSettings().members.isEmpty)
        #expect(TLSSettings(authorityFile: "/ca.pem").members == ["certificate_authority": "/ca.pem"])
    }

    @Test func `a context's settings count for its server, and for no other`() throws {
        #expect(try Self.settings([]) == Self.stored)
        #expect(try Self.settings(["--url", "https://casare.example"]) == Self.stored)
        #expect(try Self.settings(["--url", "https://elsewhere.example"]) == TLSSettings())
    }

    @Test func `options count for more than the environment, and that for more than the context`() throws {
        let variables = [
            "CASARE_CA_FILE": "/env/ca.pem", "CASARE_CLIENT_CERTIFICATE": "/env/me.pem",
            "CASARE_CLIENT_KEY": "/env/me.key", "CASARE_TLS_SERVER_NAME": "env.example",
            "CASARE_INSECURE_SKIP_VERIFY": "true",
        ]
        let byEnvironment = try Self.settings([], variables)
        #expect(
            byEnvironment
                == TLSSettings(
                    authorityFile: "/env/ca.pem", certificateFile: "/env/me.pem", keyFile: "/env/me.key",
                    serverName: "env.example", isVerificationOff: true))
        let byOptions = try Self.settings(
            [
                "--ca-file", "/o/ca.pem", "--client-certificate", "/o/me.pem", "--client-key", "/o/me.key",
                "--tls-server-name", "o.example",
            ], variables)
        #expect(
            byOptions
                == TLSSettings(
                    authorityFile: "/o/ca.pem", certificateFile: "/o/me.pem", keyFile: "/o/me.key",
                    serverName: "o.example", isVerificationOff: true))
    }

    @Test func `a certificate and a key of different places do not make a pair`() throws {
        let failure = #expect(throws: CommandFailure.self) {
            try Self.settings(["--client-certificate", "/o/me.pem"], ["CASARE_CLIENT_KEY": "/env/me.key"])
        }
        #expect(failure?.status == .usage && failure?.message.contains("needs its key") == true)
        let alone = #expect(throws: CommandFailure.self) { try Self.settings([], ["CASARE_CLIENT_KEY": "/k"]) }
        #expect(alone?.status == .usage)
    }

    @Test func `whether to verify is said with true or false`() throws {
        #expect(try !Self.settings([], ["CASARE_INSECURE_SKIP_VERIFY": "0"]).isVerificationOff)
        #expect(try Self.settings(["--insecure-skip-verify"]).isVerificationOff)
        let failure = #expect(throws: CommandFailure.self) {
            try Self.settings([], ["CASARE_INSECURE_SKIP_VERIFY": "perhaps"])
        }
        #expect(failure?.status == .usage)
    }

    @Test func `a stored path holds from any folder`() {
        let settings = TLSSettings(authorityFile: "ca.pem", certificateFile: "/a/me.pem", keyFile: "keys/me.key")
        let absolute = settings.absolute(in: "/home/ann")
        #expect(absolute.authorityFile == "/home/ann/ca.pem" && absolute.certificateFile == "/a/me.pem")
        #expect(absolute.keyFile == "/home/ann/keys/me.key")
    }
}
