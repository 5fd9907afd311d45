import ArgumentParser
import CasareCertificates
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

extension RobotCommand {
    struct Enroll: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enroll", abstract: "Get a certificate for the robot of this machine.",
            discussion: """
                Makes a key, which never leaves this machine, and has the server sign a certificate for it by the \
                token of an enrollment (casarectl robot enrollment create). Off a terminal the token is the first line \
                of stdin, or of --token-file; it is never an argument, which others on this machine could read.

                In the folder it writes key.pem, certificate.pem, ca.pem and robot.env, which casare-robot takes as \
                its environment. The robot renews its certificate itself. Run again, it says what is there.
                """)
        @Option(
            name: [.customLong("server"), .customLong("url")],
            help: ArgumentHelp("The server's URL, https://… (CASARE_URL).", valueName: "url"), transform: Text.notEmpty)
        var server: String?
        @Option(
            help: ArgumentHelp(
                "Know the server by the authority of its certificate, which has this SHA-256 fingerprint.",
                valueName: "sha256"), transform: FingerprintArgument.parse)
        var caFingerprint: FingerprintArgument?
        @Option(
            help: ArgumentHelp("Or by the authorities in this PEM file (CASARE_CA_FILE).", valueName: "file"),
            completion: .file(), transform: Text.notEmpty)
        var caFile: String?
        @Option(
            help: ArgumentHelp(
                "Whom the server's certificate must name, where that is not the URL's host (CASARE_TLS_SERVER_NAME).",
                valueName: "name"), transform: Text.notEmpty)
        var tlsServerName: String?
        @Option(
            help: ArgumentHelp("Read the token from this file; - is stdin.", valueName: "file"), completion: .file(),
            transform: Text.notEmpty)
        var tokenFile: String?
        @Option(
            help: ArgumentHelp("The robot's ID (default: the one that the enrollment is for).", valueName: "id"),
            transform: RobotArgument.parse)
        var name: RobotArgument?
        @Option(
            help: ArgumentHelp("Where the files are (default: \(EnrolledFolder.standard)).", valueName: "folder"),
            completion: .directory, transform: Text.notEmpty)
        var directory = EnrolledFolder.standard
        @Flag(help: "Renew the certificate that is there, for the same key.") var renew = false
        @Flag(help: "Put a new key and certificate in the place of those that are there.") var force = false
        @OptionGroup(title: "Output") var output: OutputOptions

        func validate() throws {
            if self.renew, self.force { throw ValidationError("--renew and --force: give one of them.") }
            if self.renew, self.tokenFile != nil { throw ValidationError("--renew takes no token.") }
            if self.caFingerprint != nil, self.caFile != nil {
                throw ValidationError("--ca-fingerprint and --ca-file are two ways: give one of them.")
            }
        }

        func run() async throws {
            try self.output.check(EnrolledRobot.columns.map(\.heading))
            let folder = EnrolledFolder(self.directory)
            // With --force it does not matter what is there.
            let known = self.force ? nil : try folder.knownCertificate()
            if self.renew {
                guard let known else {
                    throw CommandFailure(
                        .notFound, "there is no certificate in \(folder.path) to renew; run this without --renew")
                }
                return try self.print(try await CertificateRenewing(folder).renew(known), saying: "renewed")
            }
            if let known {
                try self.print(EnrolledRobot(known, in: folder), saying: "enrolled")
                StandardStreams.report(
                    "casarectl: nothing was changed; --renew renews the certificate, --force begins anew with a new key"
                )
                return
            }
            try self.print(try await self.enrolled(folder), saying: "enrolled")
        }

        private func print(_ robot: EnrolledRobot, saying verb: String) throws {
            try self.output.print(try robot.presentation(saying: verb))
        }

        // MARK: Enrolling

        private func enrolled(_ folder: EnrolledFolder) async throws -> EnrolledRobot {
            let url = try self.serverURL()
            try folder.make()
            let tls = try await self.tls(url, folder)
            // A key of an attempt that came to nothing is as good as a new one.
            let key = self.force ? RobotKey() : try folder.knownKey() ?? RobotKey()
            // Before the token is used up: the folder can be written to.
            if !self.force { try folder.write(try key.reveal(), to: folder.key) }
            let token = try TokenInput(file: self.tokenFile, isFromStandardInput: false).read(
                orElse: "an administrator makes one with casarectl robot enrollment create")
            let request = EnrolRequest(
                token: token, csr: try key.request(for: self.name?.id.rawValue ?? "robot"), name: self.name?.id)
            let answer: EnrolResponse
            do {
                answer = try await LoginCommand.withClient(of: url, token: nil, tls) { try await $0.enrol(request) }
            } catch let error as ClientError {
                throw ErrorReport.failure(forStranger: error)
            }
            let facts = try Self.facts(of: answer.certificate, for: key)
            try folder.write(try key.reveal(), to: folder.key)
            try folder.write(facts.pem, to: folder.certificate)
            let environment = RobotEnvironment(
                url: url, robot: answer.robot, folder: folder, hasAuthority: tls.authorityFile != nil,
                serverName: tls.serverName, environment: answer.environment, tags: answer.tags,
                capabilities: answer.capabilities)
            try folder.write(environment.text, to: folder.environment)
            return EnrolledRobot(facts, in: folder)
        }

        private func serverURL() throws(CommandFailure) -> ServerURL {
            guard let text = self.server ?? Environment.process.nonEmpty("CASARE_URL") else {
                throw CommandFailure(.usage, "which server? Add --server")
            }
            guard let url = ServerURL(text) else {
                throw CommandFailure(.usage, "'\(text)' is not the URL of a server; write https://host")
            }
            guard url.isEncrypted else {
                throw CommandFailure(
                    .usage, "\(url) is not encrypted, and a certificate is of use only over TLS; write https://…")
            }
            return url
        }

        /// How the server is known from here on: what vouches for it stands in the folder then.
        private func tls(_ url: ServerURL, _ folder: EnrolledFolder) async throws -> TLSSettings {
            var settings = TLSSettings(
                serverName: self.tlsServerName
                    ?? Environment.process.nonEmpty(TLSSettings.Variable.serverName.rawValue))
            let authority: String
            if let pin = self.caFingerprint {
                authority = try await ServerPin(fingerprint: pin.digits).certificate(of: url, settings)
            } else if let file = self.caFile
                ?? Environment.process.nonEmpty(TLSSettings.Variable.authority.rawValue)
            {
                authority = try Self.certificates(in: file)
            } else {
                return settings
            }
            try folder.write(authority, to: folder.authority)
            settings.authorityFile = folder.authority
            return settings
        }

        private static func certificates(in file: String) throws(CommandFailure) -> String {
            let text = try TextInput.file(file).read(bytesMax: CertificateFacts.bytesMax)
            do throws(UnusableCertificate) {
                return try CertificateFacts.chain(pem: text).map(\.pem).joined()
            } catch {
                throw CommandFailure(.failure, "\(file) \(error)")
            }
        }

        static func facts(of signed: SignedCertificate, for key: RobotKey) throws(CommandFailure) -> CertificateFacts {
            let facts: CertificateFacts
            do throws(UnusableCertificate) {
                facts = try CertificateFacts(pem: signed.certificate)
            } catch {
                throw CommandFailure(.versionSkew, "what the server has answered \(error)")
            }
            guard key.belongs(to: facts) else {
                throw CommandFailure(.failure, "the server has answered with a certificate for another key")
            }
            return facts
        }
    }
}

/// Renews the certificate of a folder by itself.
struct CertificateRenewing: Sendable {
    private let folder: EnrolledFolder

    init(_ folder: EnrolledFolder) { self.folder = folder }

    /// - Parameter known: the certificate that is there.
    func renew(_ known: CertificateFacts) async throws -> EnrolledRobot {
        guard let key = try self.folder.knownKey(), key.belongs(to: known) else {
            throw CommandFailure(
                .failure, "\(self.folder.key) is not the key of \(self.folder.certificate); begin anew with --force")
        }
        guard let robot = Robot.ID(rawValue: known.subject) else {
            throw CommandFailure(.failure, "\(self.folder.certificate) is for \(known.subject), which is no robot")
        }
        guard let text = try self.folder.text(of: self.folder.environment),
            let url = RobotEnvironment(reading: text)["CASARE_URL"].flatMap(ServerURL.init)
        else {
            throw CommandFailure(
                .failure, "\(self.folder.environment) does not say which server it is; begin anew with --force")
        }
        let environment = RobotEnvironment(reading: text)
        let tls = TLSSettings(
            authorityFile: environment[TLSSettings.Variable.authority.rawValue],
            certificateFile: self.folder.certificate, keyFile: self.folder.key,
            serverName: environment[TLSSettings.Variable.serverName.rawValue])
        let request = RenewCertificateRequest(csr: try key.request(for: robot.rawValue))
        let signed: SignedCertificate
        do {
            signed = try await LoginCommand.withClient(of: url, token: nil, tls) {
                try await $0.renewCertificate(of: robot, request)
            }
        } catch let error as ClientError {
            throw Self.failure(for: error, at: url)
        }
        let facts = try RobotCommand.Enroll.facts(of: signed, for: key)
        try self.folder.write(facts.pem, to: self.folder.certificate)
        return EnrolledRobot(facts, in: self.folder)
    }

    static func failure(for error: ClientError, at url: ServerURL) -> CommandFailure {
        // Of a token, which the server asks for where it is shown nothing, the robot's machine knows nothing.
        if case .api(let problem) = error, problem.code == .tokenMissing {
            return CommandFailure(
                .notSignedIn,
                "\(url) was shown no certificate: it has asked for none, or TLS ends before it; see CASARE_TLS_CLIENTS "
                    + "there, or try again in a moment where its authority is new")
        }
        return ErrorReport.failure(forStranger: error)
    }
}

/// What stands in the folder of a robot.
struct EnrolledRobot: Encodable, Hashable, Sendable {
    let robot: String
    let serial: String
    let fingerprint: String
    let expiresAt: Date
    let directory: String

    init(_ facts: CertificateFacts, in folder: EnrolledFolder) {
        self.robot = facts.subject
        self.serial = facts.serial
        self.fingerprint = facts.fingerprint
        self.expiresAt = facts.notAfter
        self.directory = folder.path
    }

    static let columns: [Column<EnrolledRobot>] = [
        Column("robot") { .text($0.robot) },
        Column("expires_at") { .time($0.expiresAt) },
        Column("serial") { .text($0.serial) },
        Column("directory", shrinks: true) { .text($0.directory) },
        Column("fingerprint", wide: true) { .text($0.fingerprint) },
    ]

    func presentation(saying verb: String) throws -> Presentation {
        var sheet = Sheet("\(verb) robot \(self.robot)")
        sheet.add("serial", .text(self.serial))
        sheet.add("expires", .time(self.expiresAt))
        sheet.add("folder", .text(self.directory))
        sheet.add("start it with", .text("set -a; . \(self.directory)/robot.env; casare-robot"))
        return try Presentation(single: self, columns: Self.columns, name: self.robot, sheet: sheet)
    }
}
