import CasareClient
import CasareDomain

/// As a context's members have them, in the file of contexts.
extension TLSSettings {
    private enum Member {
        static let authority = "certificate_authority"
        static let certificate = "client_certificate"
        static let key = "client_key"
        static let serverName = "tls_server_name"
        static let verificationOff = "insecure_skip_verify"
    }

    /// Those that are set.
    var members: Object {
        var members: Object = [:]
        if let authorityFile { members[Member.authority] = .string(authorityFile) }
        if let certificateFile { members[Member.certificate] = .string(certificateFile) }
        if let keyFile { members[Member.key] = .string(keyFile) }
        if let serverName { members[Member.serverName] = .string(serverName) }
        if self.isVerificationOff { members[Member.verificationOff] = .bool(true) }
        return members
    }

    init(context: Value) {
        self.init(
            authorityFile: context[Member.authority]?.string, certificateFile: context[Member.certificate]?.string,
            keyFile: context[Member.key]?.string, serverName: context[Member.serverName]?.string,
            isVerificationOff: context[Member.verificationOff]?.bool ?? false)
    }
}
