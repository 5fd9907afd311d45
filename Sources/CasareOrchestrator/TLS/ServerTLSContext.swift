import CasareSettings
import CasareTelemetry
import CasareWire
import Crypto
import FoundationEssentials
import Logging
import NIOSSL
import SwiftASN1
import Synchronization

/// What new connections are encrypted with. It is exchanged when a file or an authority changes; connections that are
/// open keep what they began with.
///
/// What is in the files is checked first. Files that cannot be used change nothing, and are spoken of once.
final class ServerTLSContext: Sendable {
    private struct State {
        /// `nil` until the start.
        var context: NIOSSLContext?
        var certificate: ServerCertificate?
        /// Of the files that `certificate` was read from.
        var digest: SHA256Digest?
        /// The installation's authorities in DER form; `nil` as long as nobody could tell which those are.
        var roots: [[UInt8]]?
        /// What was last said of files that cannot be used.
        var problem: SettingError?
        /// When it was last said that the certificate ends soon, or has ended.
        var warnedAt: Date?
    }

    /// What became of a look at the files.
    enum Change: Equatable { case none, exchanged, refused }

    /// From then on the log warns, each day.
    static let warningTime = Duration.seconds(14 * 24 * 3600)
    private static let warningInterval = Duration.seconds(24 * 3600)

    private let settings: ServerTLS
    private let roots: ClientRoots
    private let expiry: Gauge<Double>
    let logger: Logger
    private let state = Mutex(State())

    init(_ settings: ServerTLS, roots: ClientRoots, metrics: OrchestratorMetrics, logger: Logger) {
        self.settings = settings
        self.roots = roots
        self.expiry = metrics.registry.gauge(.tlsCertificateExpiry, of: Double.self)
        self.logger = logger
    }

    /// For a new connection; `nil` before the start.
    var context: NIOSSLContext? { self.state.withLock { $0.context } }

    /// In PEM form what new connections are shown: the server's certificate, and those that lead to its authority.
    var servedChain: [String] {
        let chain = self.state.withLock { $0.certificate }?.chain ?? []
        // BoringSSL has read them from this form.
        return chain.compactMap { try? PEMDocument(type: "CERTIFICATE", derBytes: $0.toDERBytes()).pemString }
    }

    /// Reads the files for the first time. The installation's authorities are known with the first look that reaches
    /// the database. Until then a client that shows a certificate of theirs is not let in, and tries again: without
    /// being asked for it, it would be told that it is nobody.
    ///
    /// - Throws: `SettingError` for what cannot be used.
    func start(at now: Date = Date()) throws(SettingError) {
        let files = try ServerCertificateFiles(self.settings)
        let certificate = try files.certificate(at: now)
        let context = try self.context(of: certificate, roots: nil)
        let digest = files.digest
        self.state.withLock { state in
            state.context = context
            state.certificate = certificate
            state.digest = digest
        }
        self.tell(of: certificate, at: now)
    }

    /// Looks whether a file or an authority has changed. One task does so at a time.
    @discardableResult
    func look(at now: Date = Date()) async -> Change {
        let known = self.state.withLock { $0.roots }
        let roots: [[UInt8]]?
        do {
            // In an order of their own: the same ones in another order are no change.
            roots = try await self.roots.load().sorted { $0.lexicographicallyPrecedes($1) }
        } catch {
            self.logger.debug("The authorities of clients cannot be read", metadata: ["error": "\(error)"])
            roots = known
        }
        do throws(SettingError) {
            let isExchanged = try self.exchange(roots, at: now)
            self.state.withLock { $0.problem = nil }
            self.warn(at: now)
            return isExchanged ? .exchanged : .none
        } catch {
            let isNew = self.state.withLock { state -> Bool in
                defer { state.problem = error }
                return state.problem != error
            }
            if isNew {
                self.logger.error(
                    "The TLS files cannot be used, so the certificate from before stays",
                    metadata: ["error": "\(error)"])
            }
            self.warn(at: now)
            // The files say nothing against authorities that have changed.
            let isExchanged = roots != known && (try? self.exchangeRoots(roots, known)) != nil
            return isExchanged ? .exchanged : .refused
        }
    }

    /// - Returns: whether there was something to exchange.
    private func exchange(_ roots: [[UInt8]]?, at now: Date) throws(SettingError) -> Bool {
        let files = try ServerCertificateFiles(self.settings)
        let digest = files.digest
        let (knownDigest, knownRoots) = self.state.withLock { ($0.digest, $0.roots) }
        guard digest != knownDigest else {
            guard roots != knownRoots else { return false }
            try self.exchangeRoots(roots, knownRoots)
            return true
        }
        let certificate = try files.certificate(at: now)
        let context = try self.context(of: certificate, roots: roots)
        self.state.withLock { state in
            state.context = context
            state.certificate = certificate
            state.digest = digest
            state.roots = roots
            state.warnedAt = nil
        }
        self.logger.notice(
            "The TLS certificate was exchanged",
            metadata: ["expires_at": .string(Timestamp.text(certificate.expiresAt))])
        self.tell(of: certificate, at: now)
        return true
    }

    private func exchangeRoots(_ roots: [[UInt8]]?, _ known: [[UInt8]]?) throws(SettingError) {
        guard let certificate = self.state.withLock({ $0.certificate }) else { return }
        let context = try self.context(of: certificate, roots: roots)
        self.state.withLock { state in
            state.context = context
            state.roots = roots
        }
        let count = roots?.count ?? 0
        // That there are none, as in most installations, is no news at the start.
        if known != nil || count > 0 {
            self.logger.notice("The authorities of clients have changed", metadata: ["count": "\(count)"])
        }
    }

    private func context(of certificate: ServerCertificate, roots: [[UInt8]]?) throws(SettingError) -> NIOSSLContext {
        do {
            return try certificate.context(
                clients: self.settings.clients ?? (roots == nil ? .optional : nil),
                roots: (roots ?? []).map { try NIOSSLCertificate(bytes: $0, format: .der) })
        } catch {
            // The pair was tried by itself before: it is one of the authorities.
            throw SettingError(
                ServerCertificateFiles.clientAuthorityVariable,
                "or the installation's own authority has a certificate that cannot be used: \(error)")
        }
    }

    // MARK: Its end

    private func tell(of certificate: ServerCertificate, at now: Date) {
        self.expiry.set(certificate.expiresAt.timeIntervalSince1970)
        self.warn(at: now)
    }

    private func warn(at now: Date) {
        let expiresAt: Date? = self.state.withLock { state in
            guard let certificate = state.certificate,
                certificate.expiresAt.timeIntervalSince(now) < Self.warningTime / .seconds(1)
            else { return nil }
            if let warnedAt = state.warnedAt {
                // That it has ended is said at once, however short before a warning came.
                let hasEndedSince = warnedAt < certificate.expiresAt && certificate.expiresAt <= now
                guard hasEndedSince || now.timeIntervalSince(warnedAt) >= Self.warningInterval / .seconds(1) else {
                    return nil
                }
            }
            state.warnedAt = now
            return certificate.expiresAt
        }
        guard let expiresAt else { return }
        let metadata: Logger.Metadata = ["expires_at": .string(Timestamp.text(expiresAt))]
        if expiresAt <= now {
            self.logger.error("The TLS certificate has ended: clients refuse it; renew it", metadata: metadata)
        } else {
            self.logger.warning("The TLS certificate ends soon; renew it", metadata: metadata)
        }
    }
}
