import CasareClient
import CasareDomain

/// A server that casarectl knows, with the token to use there.
struct ServerContext: Hashable, Sendable {
    let name: String
    let url: ServerURL
    let token: String
    /// Commands that change more than one thing ask for the context's name here.
    var isProduction: Bool
    /// Of a context that was signed in at an identity provider: how to get another token.
    var signIn: StoredSignIn?
    /// Of a server of `https://`.
    var tls = TLSSettings()
}

/// Base URL of an orchestrator: http or https, without a path of ours and without a trailing slash.
struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    let text: String
    let host: String
    let isEncrypted: Bool

    var description: String { self.text }

    /// A bare `host:port` is taken for http when it is this machine, and for https otherwise.
    init?(_ argument: String) {
        var text = argument
        while text.hasSuffix("/"), !text.hasSuffix("://") { text.removeLast() }
        if text.hasSuffix("/api/v1") { text.removeLast("/api/v1".count) }
        if !text.contains("://") {
            text = (Self.isLoopback(Self.host(of: text[...])) ? "http://" : "https://") + text
        }
        guard let separator = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<separator.lowerBound].lowercased()
        let rest = text[separator.upperBound...]
        let host = Self.host(of: rest)
        guard scheme == "http" || scheme == "https", !host.isEmpty,
            rest.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 0x20 && $0.value != 0x7F }),
            // Credentials do not belong in a URL, and a query or fragment has no meaning here.
            !rest.contains(where: { $0 == "@" || $0 == "?" || $0 == "#" })
        else { return nil }
        self.text = scheme + "://" + rest
        self.host = host
        self.isEncrypted = scheme == "https"
    }

    var isLoopback: Bool { Self.isLoopback(self.host) }

    private static func host(of authority: Substring) -> String {
        let authority = authority.prefix { $0 != "/" }
        if authority.first == "[", let end = authority.firstIndex(of: "]") {
            return authority[authority.index(after: authority.startIndex)..<end].lowercased()
        }
        return authority.prefix { $0 != ":" }.lowercased()
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
