import AsyncHTTPClient
import CasareEngine

/// A proxy that requests go through, also those to plain `http` servers: by `CONNECT`, or SOCKS 5.
struct WebProxy: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case http, socks }

    let kind: Kind
    let host: String
    let port: Int
    let userinfo: String?

    /// - Parameter text: `http://name:password@host:port`, `socks5://host:port`, or `host:port` for the first kind.
    init(_ text: String) throws(NodeFailure) {
        let text = text.trimmed
        let schemeEnd = text.firstRange(of: "://")
        let scheme = schemeEnd.map { text[..<$0.lowerBound].lowercased() } ?? "http"
        switch scheme {
        case "http": self.kind = .http
        case "socks5", "socks", "socks5h": self.kind = .socks
        default: throw .value("proxy must begin with http:// or socks5://, not \(scheme)://")
        }
        let rest = schemeEnd.map { text[$0.upperBound...] } ?? text[...]
        let place: WebURL.Authority
        do throws(NodeFailure) {
            place = try WebURL.Authority(rest.prefix(upToAnyOf: "/"), of: text)
        } catch {
            throw .value("proxy must be like http://host:port. \(error.message)")
        }
        self.host = place.host
        self.port = place.port ?? (self.kind == .http ? 8080 : 1080)
        self.userinfo = place.userinfo
        if self.kind == .socks, self.userinfo != nil {
            throw .value("A SOCKS proxy with a name and password is not supported")
        }
    }

    /// - Parameter address: Of the proxy, checked.
    func configuration(at address: IPAddress) -> HTTPClient.Configuration.Proxy {
        switch self.kind {
        case .socks:
            return .socksServer(host: address.description, port: self.port)
        case .http:
            let authorization = self.userinfo.map { userinfo in
                let name = userinfo[...].prefix(upToAnyOf: ":")
                return HTTPClient.Authorization.basic(
                    username: String(name),
                    password: String(userinfo[name.endIndex...].unicodeScalars.dropFirst()))
            }
            return .server(host: address.description, port: self.port, authorization: authorization)
        }
    }
}
