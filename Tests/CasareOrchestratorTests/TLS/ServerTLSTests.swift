@testable import CasareOrchestrator
import CasareSettings
import Configuration
import Testing

/// The settings of TLS.
struct ServerTLSTests {
    private static func read(_ variables: [String: String]) throws(SettingError) -> ServerTLS? {
        try ServerTLS.read(
            ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    @Test func `without settings plain HTTP is spoken`() throws {
        #expect(try Self.read([:]) == nil)
        #expect(try Self.read(["CASARE_TLS_CLIENTS": "off"]) == nil)
    }

    @Test func `every variable reaches its place`() throws {
        let tls = try Self.read([
            "CASARE_TLS_CERTIFICATE": "/c", "CASARE_TLS_KEY": "/k", "CASARE_TLS_CLIENT_CA": "/a",
            "CASARE_TLS_CLIENTS": "Required",
        ])
        let whole = ServerTLS(certificateFile: "/c", keyFile: "/k", clientAuthorityFile: "/a", clients: .required)
        #expect(tls == whole)
        let least = try Self.read(["CASARE_TLS_CERTIFICATE": "/c", "CASARE_TLS_KEY": "/k"])
        #expect(least == ServerTLS(certificateFile: "/c", keyFile: "/k"))
    }

    @Test(arguments: [
        (["CASARE_TLS_CERTIFICATE": "/c"], "CASARE_TLS_CERTIFICATE is set, and CASARE_TLS_KEY is not"),
        (["CASARE_TLS_KEY": "/k"], "CASARE_TLS_KEY is set, and CASARE_TLS_CERTIFICATE is not"),
        (["CASARE_TLS_CLIENT_CA": "/a"], "CASARE_TLS_CLIENT_CA is set, and CASARE_TLS_CERTIFICATE is not"),
        (["CASARE_TLS_CLIENTS": "required"], "CASARE_TLS_CLIENTS is set, and CASARE_TLS_CERTIFICATE is not"),
        (["CASARE_TLS_CLIENTS": "maybe"], "CASARE_TLS_CLIENTS is \"maybe\"; expected one of off, optional, required"),
    ])
    func `a part without the rest is an error`(variables: [String: String], text: String) {
        let error = #expect(throws: SettingError.self) { try Self.read(variables) }
        #expect(error?.description.hasPrefix(text) == true)
    }
}
