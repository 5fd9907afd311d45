import CasareProviders
import CasareSettings
import CasareWire
import Crypto
import FoundationEssentials
import NIOSSL

/// What the files of `ServerTLS` hold.
struct ServerCertificateFiles: Sendable {
    private let certificate: [UInt8]
    private let key: [UInt8]
    private let clientAuthorities: [UInt8]?

    /// - Throws: `SettingError` for a file that cannot be read, and for a key that others may read.
    init(_ settings: ServerTLS) throws(SettingError) {
        self.certificate = try Self.content(of: settings.certificateFile, Self.certificateVariable)
        self.key = try Self.content(of: settings.keyFile, Self.keyVariable, isPrivate: true)
        if let file = settings.clientAuthorityFile {
            self.clientAuthorities = try Self.content(of: file, Self.clientAuthorityVariable)
        } else {
            self.clientAuthorities = nil
        }
    }

    static let certificateVariable = ServerTLS.Settings.certificate.declaration.variable
    static let keyVariable = ServerTLS.Settings.key.declaration.variable
    static let clientAuthorityVariable = ServerTLS.Settings.clientAuthority.declaration.variable

    private static func content(
        of path: String, _ variable: String, isPrivate: Bool = false
    ) throws(SettingError) -> [UInt8] {
        do throws(FileProblem) {
            if isPrivate, try FileReader.isOpenToOthers(path) { throw .openToOthers }
            return try FileReader.content(of: path)
        } catch {
            throw SettingError(variable, "names \(path), which \(error)")
        }
    }

    /// By which files are known again. It holds for their contents, not for their times: tools that put files in their
    /// place, such as those of Kubernetes, keep or invent those.
    var digest: SHA256Digest {
        var hash = SHA256()
        for content in [self.certificate, self.key, self.clientAuthorities ?? []] {
            // With its length before it, what moves from one file to the next is a change.
            withUnsafeBytes(of: UInt64(content.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: content)
        }
        return hash.finalize()
    }

    /// Reads what is in them.
    ///
    /// - Parameter now: the certificate must count at this time.
    /// - Throws: `SettingError` for what cannot be read or used, and for a key of another certificate.
    func certificate(at now: Date) throws(SettingError) -> ServerCertificate {
        let chain = try Self.certificates(in: self.certificate, Self.certificateVariable)
        guard let leaf = chain.first, let key = try? NIOSSLPrivateKey(bytes: self.key, format: .pem) else {
            throw SettingError(
                Self.keyVariable,
                "names a file without a key that can be used; expected one in PEM, without a passphrase")
        }
        let begins = Date(timeIntervalSince1970: Double(leaf.notValidBefore))
        let ends = Date(timeIntervalSince1970: Double(leaf.notValidAfter))
        guard now < ends else {
            throw SettingError(
                Self.certificateVariable,
                "names a certificate that ended at \(Timestamp.text(ends)); put a new one there")
        }
        guard begins <= now else {
            throw SettingError(
                Self.certificateVariable,
                "names a certificate that begins at \(Timestamp.text(begins)) only; look at this machine's clock")
        }
        var authorities: [NIOSSLCertificate] = []
        if let clientAuthorities {
            authorities = try Self.certificates(in: clientAuthorities, Self.clientAuthorityVariable)
        }
        let certificate = ServerCertificate(
            chain: chain, key: key, clientAuthorities: authorities, expiresAt: ends)
        guard (try? certificate.context(clients: .off, roots: [])) != nil else {
            throw SettingError(
                Self.keyVariable,
                "names a key that does not belong to the certificate of \(Self.certificateVariable); put those there "
                    + "that belong together")
        }
        return certificate
    }

    private static func certificates(
        in content: [UInt8], _ variable: String
    ) throws(SettingError) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(content), !certificates.isEmpty else {
            throw SettingError(variable, "names a file without certificates; expected such in PEM")
        }
        return certificates
    }
}

/// A certificate with its key, and the authorities that its owner names for clients.
struct ServerCertificate: Sendable {
    /// Its own first.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    let clientAuthorities: [NIOSSLCertificate]
    let expiresAt: Date

    /// - Parameters:
    ///   - clients: `nil`: optional where there is an authority, else off.
    ///   - roots: further authorities of clients.
    /// - Throws: when BoringSSL takes one of them for unusable, such as a key of another certificate.
    func context(clients: ServerTLS.Clients?, roots: [NIOSSLCertificate]) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: self.chain.map { .certificate($0) }, privateKey: .privateKey(self.key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        let authorities = self.clientAuthorities + roots
        // Never nothing: those that the system trusts for servers would count for clients.
        configuration.trustRoots = .certificates(authorities)
        let asked: ServerTLS.Clients = authorities.isEmpty ? .off : .optional
        switch clients ?? asked {
        case .off:
            configuration.certificateVerification = .none
        case .optional:
            configuration.certificateVerification = .optionalVerification
            // By these a client with several certificates finds the one to show.
            configuration.sendCANameList = true
        case .required:
            configuration.certificateVerification = .noHostnameVerification
            configuration.sendCANameList = true
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
