@testable import CasareOrchestrator
import CasareSettings
import CasareTelemetry
import CasareTestSupport
import FoundationEssentials
import Logging
import NIOSSL
import SwiftASN1
import Synchronization
import Testing

/// What is exchanged, and what is not.
struct ServerTLSContextTests {
    /// Lines of the log.
    private final class Lines: Sendable {
        private let all = Mutex<[String]>([])

        var texts: [String] { self.all.withLock { $0 } }

        func add(_ text: String) { self.all.withLock { $0.append(text) } }

        var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            self.lines.add("\(event.level): \(event.message) \(event.metadata?.description ?? "")")
        }
    }

    /// What the installation's own authority is.
    private final class Roots: Sendable {
        let current = Mutex<Result<[[UInt8]], any Error>>(.success([]))

        var source: ClientRoots { ClientRoots { try self.current.withLock { try $0.get() } } }
    }

    private struct Unreachable: Error {}

    private struct Parts {
        let tls: ServerTLSContext
        let certificates: TestCertificates
        let folder: String
        let files: TestIdentity.Files
        let lines: Lines
        let roots: Roots
        let metrics: OrchestratorMetrics

        /// The start, and the first look.
        func begin() async throws {
            try self.tls.start()
            #expect(await self.tls.look() == .exchanged)
        }

        func expiry() async -> Double? {
            let metric = await self.metrics.registry.snapshot()[Instrument.tlsCertificateExpiry.name]
            guard case .numbers(let points)? = metric?.points, case .double(let value)? = points.first?.value else {
                return nil
            }
            return value
        }
    }

    private static func with<R>(
        until end: Date? = nil, clients: ServerTLS.Clients? = nil, _ body: (Parts) async throws -> R
    ) async throws -> R {
        let certificates = try TestCertificates()
        return try await withTemporaryDirectory { folder in
            let identity = try end.map { try certificates.authority.server(until: $0) } ?? certificates.server
            let files = try identity.write(to: folder, as: "server")
            let lines = Lines()
            let roots = Roots()
            let metrics = OrchestratorMetrics(MetricRegistry(logger: lines.logger))
            let tls = ServerTLSContext(
                ServerTLS(certificateFile: files.certificate, keyFile: files.key, clients: clients),
                roots: roots.source, metrics: metrics, logger: lines.logger)
            return try await body(
                Parts(
                    tls: tls, certificates: certificates, folder: folder, files: files, lines: lines, roots: roots,
                    metrics: metrics))
        }
    }

    // MARK: At the start

    @Test func `before the start there is nothing to serve with`() async throws {
        try await Self.with { parts in
            #expect(parts.tls.context == nil && parts.tls.servedChain.isEmpty)
            try parts.tls.start()
            #expect(parts.tls.context != nil)
            #expect(parts.tls.servedChain.count == 1)
            #expect(parts.tls.servedChain.first?.hasPrefix("-----BEGIN CERTIFICATE-----") == true)
        }
    }

    @Test func `files that cannot be used end the start, with the name of the setting and advice`() async throws {
        try await Self.with { parts in
            func problem(_ certificate: String, _ key: String, ca: String? = nil) -> String {
                let tls = ServerTLSContext(
                    ServerTLS(certificateFile: certificate, keyFile: key, clientAuthorityFile: ca), roots: .none,
                    metrics: parts.metrics, logger: parts.lines.logger)
                let error = #expect(throws: SettingError.self) { try tls.start() }
                return error?.description.replacing(parts.folder, with: "") ?? ""
            }
            let (certificate, key) = (parts.files.certificate, parts.files.key)
            let other = try parts.certificates.otherServer.write(to: parts.folder, as: "other")
            let expired = try parts.certificates.expiredServer.write(to: parts.folder, as: "expired")
            let later = try parts.certificates.authority.server(from: Date(timeIntervalSinceNow: 3600))
                .write(to: parts.folder, as: "later")
            #expect(problem("\(parts.folder)/no", key) == "CASARE_TLS_CERTIFICATE names /no, which is not there")
            #expect(problem(certificate, "\(parts.folder)/no") == "CASARE_TLS_KEY names /no, which is not there")
            #expect(problem(key, key).hasPrefix("CASARE_TLS_CERTIFICATE names a file without certificates"))
            #expect(problem(certificate, certificate).hasPrefix("CASARE_TLS_KEY names a file without a key"))
            #expect(
                problem(certificate, other.key)
                    .hasPrefix("CASARE_TLS_KEY names a key that does not belong to the certificate"))
            #expect(
                problem(expired.certificate, expired.key)
                    .hasPrefix("CASARE_TLS_CERTIFICATE names a certificate that ended at"))
            #expect(
                problem(later.certificate, later.key)
                    .hasPrefix("CASARE_TLS_CERTIFICATE names a certificate that begins at"))
            #expect(problem(certificate, key, ca: key).hasPrefix("CASARE_TLS_CLIENT_CA names a file without"))
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
            let readable = problem(certificate, key)
            #expect(readable.hasPrefix("CASARE_TLS_KEY") && readable.contains("chmod 600"))
        }
    }

    // MARK: Exchange

    @Test func `until the authorities are known certificates are asked for, and then only where there is one`()
        async throws
    {
        try await Self.with { parts in
            parts.roots.current.withLock { $0 = .failure(Unreachable()) }
            try parts.tls.start()
            let first = parts.tls.context
            #expect(first?.configuration.certificateVerification == .optionalVerification)
            #expect(await parts.tls.look() == .none)
            #expect(parts.tls.context === first)
            parts.roots.current.withLock { $0 = .success([]) }
            #expect(await parts.tls.look() == .exchanged)
            #expect(parts.tls.context?.configuration.certificateVerification == CertificateVerification.none)
            let der = try parts.certificates.authority.certificate.serializeAsPEM().derBytes
            parts.roots.current.withLock { $0 = .success([der]) }
            #expect(await parts.tls.look() == .exchanged)
            let asking = parts.tls.context?.configuration
            #expect(asking?.certificateVerification == .optionalVerification && asking?.sendCANameList == true)
        }
    }

    @Test func `a pair that was put into its place is taken, once`() async throws {
        try await Self.with { parts in
            try await parts.begin()
            let first = parts.tls.context
            #expect(await parts.tls.look() == .none)
            #expect(parts.tls.context === first)
            let fresh = try parts.certificates.authority.server(until: Date(timeIntervalSince1970: 4_000_000_000))
            try fresh.write(to: parts.folder, as: "server")
            #expect(await parts.tls.look() == .exchanged)
            #expect(parts.tls.context !== first)
            #expect(await parts.expiry() == 4_000_000_000)
            #expect(await parts.tls.look() == .none)
        }
    }

    @Test func `a pair that cannot be used leaves the old one, and is spoken of once`() async throws {
        try await Self.with { parts in
            try await parts.begin()
            let first = parts.tls.context
            let before = await parts.expiry()
            // The key of another certificate, as in the middle of an exchange.
            try TestIdentity.replace(parts.files.key, with: parts.certificates.otherServer.keyPEM)
            #expect(await parts.tls.look() == .refused)
            #expect(await parts.tls.look() == .refused)
            #expect(parts.tls.context === first)
            #expect(await parts.expiry() == before)
            let errors = parts.lines.texts.filter { $0.hasPrefix("error") }
            #expect(errors.count == 1 && errors.first?.contains("does not belong to the certificate") == true)
            // Another problem is said too.
            try FileManager.default.removeItem(atPath: parts.files.certificate)
            #expect(await parts.tls.look() == .refused)
            #expect(parts.lines.texts.count { $0.hasPrefix("error") } == 2)
            // The other half comes, and both count.
            try TestIdentity.replace(parts.files.certificate, with: parts.certificates.otherServer.certificatePEM)
            #expect(await parts.tls.look() == .exchanged)
            #expect(parts.tls.context !== first)
        }
    }

    @Test func `a pair that has ended does not take the place of one that counts`() async throws {
        try await Self.with { parts in
            try await parts.begin()
            let first = parts.tls.context
            try parts.certificates.expiredServer.write(to: parts.folder, as: "server")
            #expect(await parts.tls.look() == .refused)
            #expect(parts.tls.context === first)
        }
    }

    @Test func `authorities of clients are exchanged, also while the files cannot be used`() async throws {
        try await Self.with { parts in
            try await parts.begin()
            let first = parts.tls.context
            let authority = parts.certificates.authority.certificate
            let der = try authority.serializeAsPEM().derBytes
            parts.roots.current.withLock { $0 = .success([der]) }
            #expect(await parts.tls.look() == .exchanged)
            let second = parts.tls.context
            #expect(second !== first)
            #expect(await parts.tls.look() == .none)
            // Nobody can tell just now: those from before go on counting.
            parts.roots.current.withLock { $0 = .failure(Unreachable()) }
            #expect(await parts.tls.look() == .none)
            #expect(parts.tls.context === second)
            try FileManager.default.removeItem(atPath: parts.files.key)
            parts.roots.current.withLock { $0 = .success([]) }
            #expect(await parts.tls.look() == .exchanged)
            #expect(parts.tls.context !== second)
        }
    }

    // MARK: Its end

    @Test func `two weeks before its end the log warns, each day`() async throws {
        let now = Date()
        let end = now.addingTimeInterval(40 * 86_400)
        try await Self.with(until: end) { parts in
            func warnings() -> Int { parts.lines.texts.count { $0.contains("ends soon") } }
            try parts.tls.start(at: now)
            await parts.tls.look(at: end.addingTimeInterval(-14 * 86_400 - 2))
            #expect(warnings() == 0)
            let soon = end.addingTimeInterval(-14 * 86_400 + 2)
            await parts.tls.look(at: soon)
            await parts.tls.look(at: soon.addingTimeInterval(86_390))
            #expect(warnings() == 1)
            await parts.tls.look(at: soon.addingTimeInterval(86_400))
            #expect(warnings() == 2)
        }
    }

    @Test func `that it has ended is said at once, and then each day`() async throws {
        let now = Date()
        let end = now.addingTimeInterval(3600)
        try await Self.with(until: end) { parts in
            func errors() -> Int { parts.lines.texts.count { $0.hasPrefix("error") && $0.contains("has ended") } }
            try parts.tls.start(at: now)
            await parts.tls.look(at: end.addingTimeInterval(-2))
            #expect(errors() == 0)
            #expect(parts.lines.texts.count { $0.contains("ends soon") } == 1)
            let over = end.addingTimeInterval(1)
            await parts.tls.look(at: over)
            await parts.tls.look(at: over.addingTimeInterval(86_390))
            #expect(errors() == 1)
            await parts.tls.look(at: over.addingTimeInterval(86_400))
            #expect(errors() == 2)
        }
    }

    // MARK: Versions

    @Test(arguments: [nil, .off, .optional, .required] as [ServerTLS.Clients?])
    func `nothing below TLS 1.2 is spoken`(clients: ServerTLS.Clients?) async throws {
        try await Self.with(clients: clients) { parts in
            try parts.tls.start()
            #expect(parts.tls.context?.configuration.minimumTLSVersion == .tlsv12)
        }
    }
}
