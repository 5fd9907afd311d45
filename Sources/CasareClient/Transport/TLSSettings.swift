/// How a client knows the server of an `https://` URL, and with which certificate it shows who it is.
///
/// Files are in PEM form. They are looked at for each new request: what was put into their place counts from then on.
public struct TLSSettings: Hashable, Sendable {
    /// The certificate authorities that count, in the place of the system's.
    public var authorityFile: String?
    /// The client's certificate, and behind it those that lead to its authority. It needs `keyFile`.
    public var certificateFile: String?
    /// The key of the client's certificate, which nobody else may read. It needs `certificateFile`.
    public var keyFile: String?
    /// Whom the server's certificate must name; `nil`: the host of the URL.
    public var serverName: String?
    /// Whoever answers is taken for the server, and may read and change everything. For a first look only.
    public var isVerificationOff = false

    public init(
        authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
        serverName: String? = nil, isVerificationOff: Bool = false
    ) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.serverName = serverName
        self.isVerificationOff = isVerificationOff
    }
}

extension TLSSettings {
    /// The environment variables that tell a program of these settings: its errors name them.
    public enum Variable: String, Hashable, Sendable, CaseIterable {
        case authority = "CASARE_CA_FILE"
        case certificate = "CASARE_CLIENT_CERTIFICATE"
        case key = "CASARE_CLIENT_KEY"
        case serverName = "CASARE_TLS_SERVER_NAME"
        case verificationOff = "CASARE_INSECURE_SKIP_VERIFY"
    }
}
