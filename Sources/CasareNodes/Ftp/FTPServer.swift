import CasareDomain
import CasareEngine

/// Where and how an FTP or SFTP connection goes.
struct FTPServer: Sendable {
    enum Transport: String, Sendable {
        case ftp, sftp
        /// FTP under TLS from the first byte.
        case ftps

        var standardPort: Int {
            switch self {
            case .ftp: 21
            case .ftps: 990
            case .sftp: 22
            }
        }
    }

    var transport: Transport
    var host: HostName
    var port: Int
    var user: String
    var password: String
    /// Of `ftp` only: AUTH TLS and protected data connections, or no connection.
    var usesTLS: Bool
    var isPassive: Bool
    /// Seconds to wait for the server at each step.
    var timeout: Int
    var authority: String?
    /// SHA-256 of the host key of an SSH server, in base64.
    var hostKey: String?
    /// The file with the host keys that are trusted when `hostKey` is not given.
    var knownHosts: String
    var privateKey: String?

    var name: String { "\(self.host.inURL):\(self.port)" }

    init(_ inputs: Inputs, _ environment: NodeEnvironment) throws {
        var host = inputs.string("host")
        var named: Transport?
        if let mark = host.firstRange(of: "://") {
            guard let scheme = Transport(rawValue: host[..<mark.lowerBound].lowercased()) else {
                throw NodeFailure.value("host must begin with ftp://, ftps:// or sftp://, or be a bare name: \(host)")
            }
            named = scheme
            host = String(host[mark.upperBound...])
            if host.hasSuffix("/") { host.removeLast() }
        }
        var port = inputs.int("port")
        if let (name, number) = Self.splitPort(host) { (host, port) = (name, number) }
        let chosen = inputs.firstText("protocol").flatMap { Transport(rawValue: $0) }
        if let chosen, let named, chosen != named {
            throw NodeFailure.value("host says \(named.rawValue) and protocol says \(chosen.rawValue)")
        }
        self.transport = chosen ?? named ?? (port == 22 ? .sftp : port == 990 ? .ftps : .ftp)
        // The parameter's default stands for the standard port of whatever protocol it is.
        self.port = port == Transport.ftp.standardPort ? self.transport.standardPort : port
        self.host = try HostName(host)
        let user = inputs.string("username")
        let password = inputs.string("password")
        // libcurl puts both into its commands as they are.
        for (name, value) in [("username", user), ("password", password)] {
            try CommandText.check(value, of: name)
        }
        self.user = user.isEmpty ? "anonymous" : user
        self.password = user.isEmpty && password.isEmpty ? "anonymous@" : password
        self.usesTLS = inputs.bool("use_tls")
        self.isPassive = inputs["passive"].bool ?? true
        self.timeout = inputs.int("timeout")
        self.authority = try inputs.certificateAuthority(environment)
        self.hostKey = inputs.firstText("host_key").map { $0.hasPrefix("SHA256:") ? String($0.dropFirst(7)) : $0 }
        let policy = PathPolicy(environment)
        // The robot's own file is trusted material, which no workflow reads or writes through this. A HOME that the
        // workflow has set does not count: it would choose whom to trust.
        self.knownHosts =
            try inputs.firstText("known_hosts").map { text throws(NodeFailure) in try policy.resolve(text) }
            ?? "\(AccountHome.directories.first ?? "")/.ssh/known_hosts"
        self.privateKey = try inputs.firstText("private_key_path").map { text throws(NodeFailure) in
            try policy.resolve(text)
        }
    }

    /// `host:port` and `[address]:port`.
    private static func splitPort(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65535).contains(port)
        else { return nil }
        let host = text[..<colon]
        guard !host.contains(":") || host.hasSuffix("]") else { return nil }
        return (String(host), port)
    }

    /// The URL of a remote path; a relative one begins where the session does.
    func url(of path: RemotePath) -> String {
        let start = "\(self.transport.rawValue)://\(self.host.inURL):\(self.port)/"
        switch self.transport {
        case .ftp, .ftps:
            return start + path.percentEncoded(leadingSlash: "%2F")
        case .sftp:
            return path.isAbsolute
                ? start + path.percentEncoded(leadingSlash: "") : start + "~/" + path.percentEncoded()
        }
    }
}
