import CasareCertificates
import CasareClient
import CasareDomain
package import CasareSettings
import CasareWire
package import FoundationEssentials
package import Logging
import ServiceLifecycle

/// Renews the certificate that a robot shows the orchestrator, in its place: one rename, after which new connections
/// show the new one. While the orchestrator cannot be reached the robot goes on with the one that it has.
///
/// The key stays: a key and a certificate in two files cannot change together in one rename.
package struct CertificateRenewal: Service {
    private let url: String
    private let tls: TLSSettings
    private let certificateFile: String
    private let keyFile: String
    private let robot: Robot.ID
    private let logger: Logger
    private let jitter: Double
    private let now: @Sendable () -> Date

    /// Where a file cannot be read for a moment.
    private static let pauseAfterFailure = Duration.seconds(60)
    /// However wrong a clock is, a robot does not renew without end.
    private static let pauseAfterRenewal = Duration.seconds(60)
    private static let bytesMax = CertificateFacts.bytesMax

    /// - Parameters:
    ///   - jitter: from 0 up to 1; see `RenewalPlan`.
    ///   - now: the clock that decides.
    /// - Returns: `nil` for a robot that shows none, or one of an authority of others, which renews it in ways of its
    ///   own.
    /// - Throws: `SettingError` where the certificate cannot be used, or is another robot's.
    package init?(
        _ settings: RobotSettings, logger: Logger, jitter: Double = .random(in: 0..<1),
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(SettingError) {
        guard case .api(let url, _, let tls) = settings.connection, let file = tls.certificateFile,
            let key = tls.keyFile
        else { return nil }
        let variable = RobotSettings.Settings.certificate.declaration.variable
        let facts: CertificateFacts
        do {
            facts = try Self.certificate(in: file)
        } catch {
            throw SettingError(variable, "is \"\(file)\", which \(error)")
        }
        guard facts.uri?.hasPrefix("casare://") == true, let robot = Robot.ID(rawValue: facts.subject) else {
            return nil
        }
        let own = settings.robot.description.id
        guard robot == own else {
            throw SettingError(
                RobotSettings.Settings.id.declaration.variable,
                "says \(own), and the certificate is for robot \(robot); set it to \(robot)")
        }
        self.url = url
        // What may renew a certificate is that certificate.
        var identified = tls
        identified.certificateFile = file
        identified.keyFile = key
        self.tls = identified
        self.certificateFile = file
        self.keyFile = key
        self.robot = robot
        self.logger = logger
        self.jitter = jitter
        self.now = now
    }

    /// Returns when it was stopped.
    package func run() async {
        await cancelWhenGracefulShutdown {
            var plan = RenewalPlan(jitter: self.jitter)
            while !Task.isCancelled {
                let pause = await self.round(&plan)
                // Cancelled: the loop ends.
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Looks at the certificate that is there, and renews it where it is time to.
    ///
    /// - Returns: how long to wait.
    private func round(_ plan: inout RenewalPlan) async -> Duration {
        let facts: CertificateFacts
        do {
            facts = try Self.certificate(in: self.certificateFile)
        } catch {
            self.logger.warning(
                "The robot's certificate cannot be read",
                metadata: ["file": .string(self.certificateFile), "error": "\(error)"])
            return Self.pauseAfterFailure
        }
        switch plan.looked(at: facts.serial, from: facts.notBefore, until: facts.notAfter, now: self.now()) {
        case .wait(let pause): return pause
        case .ended(let pause):
            self.logger.error(
                """
                The robot's certificate has ended: an administrator makes an enrollment for it, and casarectl robot \
                enroll --force puts another one in its place
                """, metadata: ["certificate.serial": .string(facts.serial)])
            return pause
        case .renew:
            do {
                let renewed = try await self.renew()
                self.logger.notice(
                    "Renewed the robot's certificate",
                    metadata: [
                        "certificate.serial": .string(renewed.serial), "certificate.not_after": "\(renewed.notAfter)",
                    ])
                return Self.pauseAfterRenewal
            } catch {
                let pause = plan.renewalFailed(now: self.now(), until: facts.notAfter)
                if !Task.isCancelled {
                    self.logger.warning(
                        "Could not renew the robot's certificate; it goes on with the one that it has",
                        metadata: ["certificate.not_after": "\(facts.notAfter)", "error": "\(error)"])
                }
                return pause
            }
        }
    }

    private func renew() async throws -> CertificateFacts {
        let key = try RobotKey(pem: try Self.text(of: self.keyFile))
        var configuration = CasareClient.Configuration(url: self.url, token: nil, program: "casare-robot")
        configuration.tls = self.tls
        let request = RenewCertificateRequest(csr: try key.request(for: self.robot.rawValue))
        let signed = try await withCasareClient(configuration) { client in
            try await client.renewCertificate(of: self.robot, request)
        }
        let facts = try CertificateFacts(pem: signed.certificate)
        guard key.belongs(to: facts) else { throw Unusable(description: "the answer is a certificate for another key") }
        // In one rename.
        try Data(facts.pem.utf8).write(to: URL(filePath: self.certificateFile), options: .atomic)
        return facts
    }

    private struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    private static func certificate(in file: String) throws -> CertificateFacts {
        // Behind it there may be those that lead to its authority.
        let chain = try CertificateFacts.chain(pem: try self.text(of: file))
        return chain[0]  // A chain has one at least.
    }

    private static func text(of file: String) throws -> String {
        guard let data = try? Data(contentsOf: URL(filePath: file)) else {  // Whatever the cause is.
            throw Unusable(description: "cannot be read")
        }
        guard data.count <= self.bytesMax else { throw Unusable(description: "is too large") }
        return String(decoding: data, as: UTF8.self)
    }
}
