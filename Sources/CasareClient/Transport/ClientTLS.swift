import FoundationEssentials
import NIOSSL
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The TLS configuration of a client: made anew when one of its files has changed.
final class ClientTLS: Sendable {
    /// By which a change of a file is seen without reading it.
    private struct Stamp: Hashable {
        let inode: UInt64
        let bytes: Int64
        let seconds: Int64
        let nanoseconds: Int64

        /// `nil` where there is no such file.
        init?(of path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            self.inode = UInt64(status.st_ino)
            self.bytes = Int64(status.st_size)
            #if canImport(Glibc)
                self.seconds = Int64(status.st_mtim.tv_sec)
                self.nanoseconds = Int64(status.st_mtim.tv_nsec)
            #else
                self.seconds = Int64(status.st_mtimespec.tv_sec)
                self.nanoseconds = Int64(status.st_mtimespec.tv_nsec)
            #endif
        }
    }

    private struct Loaded {
        let stamps: [Stamp?]
        let configuration: TLSConfiguration
    }

    /// More than any chain of certificates has.
    private static let fileBytesMax = 1 << 20

    let settings: TLSSettings
    private let loaded = Mutex<Loaded?>(nil)

    init(_ settings: TLSSettings) { self.settings = settings }

    /// What connections are to be set up with now. When the files have changed and cannot be used, as in the middle of
    /// an exchange of certificate and key, that is what it was before.
    ///
    /// - Throws: `ClientError.invalidTLS` for files that cannot be used and never could.
    func configuration() throws(ClientError) -> TLSConfiguration {
        let files = [self.settings.authorityFile, self.settings.certificateFile, self.settings.keyFile]
        let stamps = files.map { $0.flatMap { Stamp(of: $0) } }
        let known = self.loaded.withLock { $0 }
        if let known, known.stamps == stamps { return known.configuration }
        do throws(ClientError) {
            let configuration = try self.read()
            self.loaded.withLock { $0 = Loaded(stamps: stamps, configuration: configuration) }
            return configuration
        } catch {
            guard let known else { throw error }
            return known.configuration
        }
    }

    private func read() throws(ClientError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let file = self.settings.authorityFile {
            configuration.trustRoots = .certificates(try Self.certificates(in: file, .authority))
        }
        if self.settings.isVerificationOff { configuration.certificateVerification = .none }
        switch (self.settings.certificateFile, self.settings.keyFile) {
        case (nil, nil):
            break
        case (.some, nil):
            throw Self.half(.certificate, without: .key)
        case (nil, .some):
            throw Self.half(.key, without: .certificate)
        case (let certificateFile?, let keyFile?):
            configuration.certificateChain = try Self.certificates(in: certificateFile, .certificate)
                .map { .certificate($0) }
            let content = try Self.content(of: keyFile, .key, isPrivate: true)
            guard let key = try? NIOSSLPrivateKey(bytes: content, format: .pem) else {
                throw Self.problem(.key, "names \(keyFile), which has no key in PEM form without a passphrase")
            }
            configuration.privateKey = .privateKey(key)
        }
        // BoringSSL compares the key with the certificate.
        guard (try? NIOSSLContext(configuration: configuration)) != nil else {
            throw Self.problem(
                .key,
                "names a key that does not belong to the certificate of \(TLSSettings.Variable.certificate.rawValue)")
        }
        return configuration
    }

    private static func certificates(
        in file: String, _ variable: TLSSettings.Variable
    ) throws(ClientError) -> [NIOSSLCertificate] {
        let content = try Self.content(of: file, variable)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(content), !certificates.isEmpty else {
            throw Self.problem(variable, "names \(file), which has no certificates in PEM form")
        }
        return certificates
    }

    private static func content(
        of path: String, _ variable: TLSSettings.Variable, isPrivate: Bool = false
    ) throws(ClientError) -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw Self.problem(
                variable, "names \(path), which cannot be read: \(String(cString: strerror(errno)).lowercased())")
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.fileBytesMax else {
            throw Self.problem(variable, "names \(path), which is no file of at most \(Self.fileBytesMax) bytes")
        }
        guard !isPrivate || status.st_mode & 0o077 == 0 else {
            throw Self.problem(
                variable, "names \(path), which others than its owner may read; take that right away with chmod 600")
        }
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw Self.problem(variable, "names \(path), which cannot be read by this user")
        }
    }

    private static func half(_ one: TLSSettings.Variable, without other: TLSSettings.Variable) -> ClientError {
        Self.problem(one, "is set, and \(other.rawValue) is not; a client's certificate needs both")
    }

    private static func problem(_ variable: TLSSettings.Variable, _ text: String) -> ClientError {
        .invalidTLS("\(variable.rawValue) \(text)")
    }
}
