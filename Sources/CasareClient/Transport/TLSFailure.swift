import CasareWire
import FoundationEssentials
import NIOSSL

/// Why TLS could not be set up, as far as the library tells.
enum TLSFailure: Hashable, Sendable {
    /// The server's certificate leads to no authority that counts, or does not count at this time.
    case untrusted
    /// It counts, and names others.
    case otherName
    /// What answers speaks no TLS.
    case noTLS
    /// The server wants the client's certificate.
    case certificateRequired
    /// The server refuses the client's certificate.
    case certificateRefused(isExpired: Bool)
    case other

    /// `nil` for what is no error of TLS, and for a connection that was closed: that is what a server does which is
    /// being restarted.
    init?(_ error: any Error) {
        switch error {
        case let error as NIOSSLExtraError:
            let isName = error == .failedToValidateHostname || error == .serverHostnameImpossibleToMatch
            self = isName ? .otherName : .other
        case let error as NIOSSLError:
            switch error {
            case .uncleanShutdown: return nil
            case .handshakeFailed(.sslError(let stack)) where stack == [.eofDuringHandshake]: return nil
            case .handshakeFailed(let cause): self = Self.of(cause)
            // It is not ours: whatever else there is, or will be.
            default: self = .other
            }
        case BoringSSLError.zeroReturn, BoringSSLError.syscallError:
            return nil
        case let error as BoringSSLError:
            self = Self.of(error)
        default:
            return nil
        }
    }

    private static func of(_ error: BoringSSLError) -> TLSFailure {
        // The library keeps the numbers of these errors to itself. These words are their names, which BoringSSL's
        // header has (ssl.h, SSL_R_…), and no text for people.
        let text = "\(error)"
        func isNamed(_ name: String) -> Bool { text.contains(":\(name)") }
        if isNamed("CERTIFICATE_VERIFY_FAILED") { return .untrusted }
        // What begins with no record of TLS.
        if isNamed("WRONG_VERSION_NUMBER") { return .noTLS }
        if isNamed("TLSV1_CERTIFICATE_REQUIRED") || isNamed("TLSV1_ALERT_CERTIFICATE_REQUIRED") {
            return .certificateRequired
        }
        if isNamed("SSLV3_ALERT_CERTIFICATE_EXPIRED") { return .certificateRefused(isExpired: true) }
        let refusals = [
            "TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
            "SSLV3_ALERT_CERTIFICATE_REVOKED", "SSLV3_ALERT_CERTIFICATE_UNKNOWN", "TLSV1_ALERT_ACCESS_DENIED",
        ]
        if refusals.contains(where: isNamed) { return .certificateRefused(isExpired: false) }
        return .other
    }

    /// In words for people.
    ///
    /// - Parameters:
    ///   - host: whom the server's certificate should name.
    ///   - shown: of the server, if it could be had.
    func reason(_ settings: TLSSettings, host: String, shown: ShownCertificate?, at now: Date = Date()) -> String {
        let authority = TLSSettings.Variable.authority.rawValue
        let certificate = TLSSettings.Variable.certificate.rawValue
        switch self {
        case .untrusted:
            if let shown {
                if shown.notAfter <= now {
                    return "its certificate ended at \(Timestamp.text(shown.notAfter)); its owner has to renew it"
                }
                if now < shown.notBefore {
                    return "its certificate begins at \(Timestamp.text(shown.notBefore)) only; look at this machine's "
                        + "clock"
                }
            }
            guard let file = settings.authorityFile else {
                return "its certificate is from an authority that this machine does not trust; set \(authority) to the "
                    + "PEM file of its authority"
            }
            return "its certificate is not from the authority in \(file), which \(authority) names; put that of the "
                + "server there"
        case .otherName:
            return "its certificate is not for \(host); use a name that it has in the URL, or set "
                + "\(TLSSettings.Variable.serverName.rawValue) to one"
        case .noTLS:
            return "TLS could not be set up: it is not spoken there; write http:// if that is what you want"
        case .certificateRequired:
            return "the server lets only clients with a certificate in; set \(certificate) and "
                + TLSSettings.Variable.key.rawValue
        case .certificateRefused(let isExpired):
            guard let file = settings.certificateFile else {
                return "the server lets only clients with a certificate in; set \(certificate) and "
                    + TLSSettings.Variable.key.rawValue
            }
            return "the server refuses the certificate in \(file), which \(certificate) names: "
                + (isExpired ? "it has ended; get a new one" : "it is from no authority that the server knows")
        case .other:
            return "TLS could not be set up: it is not spoken there, or not as this client does"
        }
    }
}
