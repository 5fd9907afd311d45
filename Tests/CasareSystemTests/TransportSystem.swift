import CasareDomain
import CasareTestSupport
import FoundationEssentials

/// An orchestrator that speaks TLS, a process of its own, and those who come to it: casarectl, and robots over the API.
struct TransportSystem: Sendable {
    let installation: TestInstallation
    let certificates: TestCertificates
    /// The orchestrator as `TestInstallation` knows it, without TLS: robots on SQL are started by it.
    let system: TestSystem

    var folder: String { self.installation.folder }
    var url: String { "https://127.0.0.1:\(self.system.port)" }
    /// An administrator's.
    var token: String { self.installation.token }
    var server: RunningProgram { self.system.dev }
    /// Of the authority that has signed the server's certificate.
    var authority: String { "\(self.folder)/ca.pem" }
    /// Of another one.
    var otherAuthority: String { "\(self.folder)/other-ca.pem" }
    var certificateFile: String { "\(self.folder)/server.pem" }
    var keyFile: String { "\(self.folder)/server.key" }
    /// Where the certificate of a robot is.
    var robotFolder: String { "\(self.folder)/robot" }

    /// Gives `body` a running orchestrator, and stops it afterwards.
    ///
    /// - Parameter settings: further ones of the orchestrator, in whose folder `ca.pem` and `other-ca.pem` are.
    static func with<Result: Sendable>(
        settings: @escaping @Sendable (_ folder: String) -> [String: String] = { _ in [:] },
        _ body: @escaping @Sendable (TransportSystem) async throws -> Result
    ) async throws -> Result {
        let certificates = try TestCertificates()
        return try await TestInstallation.with { installation in
            let folder = installation.folder
            try TestIdentity.replace("\(folder)/ca.pem", with: certificates.authority.pem)
            try TestIdentity.replace("\(folder)/other-ca.pem", with: certificates.otherAuthority.pem)
            try Self.write(certificates.server, of: certificates.authority, to: folder)
            // For the key of the authority that signs for robots.
            let key = try installation.sealingKey(0x5A)
            let own = [
                "CASARE_TLS_CERTIFICATE": "\(folder)/server.pem", "CASARE_TLS_KEY": "\(folder)/server.key",
                "CASARE_SEALING_KEY_FILE": key,
            ]
            return try await installation.withOrchestrator(
                "orchestrator", variables: own.merging(settings(folder)) { $1 }
            ) { system in
                try await body(
                    TransportSystem(installation: installation, certificates: certificates, system: system))
            }
        }
    }

    // MARK: - casarectl

    /// Of somebody who has signed in nowhere.
    static let stranger = ["CASARE_URL": "", "CASARE_TOKEN": "", "CASARE_CA_FILE": ""]

    /// What an administrator's shell tells casarectl.
    var environment: [String: String] {
        [
            "HOME": self.folder, "CASARE_URL": self.url, "CASARE_TOKEN": self.token,
            "CASARE_CA_FILE": self.authority,
        ]
    }

    /// Runs casarectl as an administrator who knows the authority.
    func casarectl(
        _ arguments: [String], input: String = "", variables: [String: String] = [:]
    ) async throws -> TestProgram.Ended {
        try await self.system.casarectl(
            arguments, input: input, variables: self.environment.merging(variables) { $1 })
    }

    func casarectl(_ arguments: String...) async throws -> TestProgram.Ended {
        try await self.casarectl(arguments)
    }

    /// Runs casarectl, which must succeed, and reads the JSON that it prints.
    func json(_ arguments: [String], input: String = "", variables: [String: String] = [:]) async throws -> Value {
        let ended = try await self.casarectl(arguments + ["-o", "json"], input: input, variables: variables)
        guard ended.status == 0 else {
            throw NeverHappened(what: "\(arguments) ended with \(ended.status): \(ended.errors)")
        }
        return try Value(parsingJSON: ended.output)
    }

    /// Of a workflow that does next to nothing.
    static let document = #"""
        {"metadata": {"name": "nothing"},
         "nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": 1}}}}
        """#

    /// - Returns: the job's ID.
    func submit(_ document: String = Self.document) async throws -> String {
        let submitted = try await self.casarectl(["submit", "-", "-o", "name"], input: document)
        guard submitted.status == 0 else { throw NeverHappened(what: "a submit: \(submitted.errors)") }
        return submitted.output.trimmingNewline
    }

    /// Waits for a job, which must complete.
    func completed(_ job: String) async throws -> Value {
        try await self.json(["job", "watch", job, "--timeout", "120s"])
    }

    // MARK: - The server's certificate

    /// Puts another certificate and its key into the place of those that are there, and its authority's behind it.
    func serve(_ identity: TestIdentity, of authority: TestAuthority) throws {
        try Self.write(identity, of: authority, to: self.folder)
    }

    private static func write(_ identity: TestIdentity, of authority: TestAuthority, to folder: String) throws {
        try TestIdentity.replace("\(folder)/server.key", with: identity.keyPEM)
        try TestIdentity.replace("\(folder)/server.pem", with: identity.certificatePEM + "\n" + authority.pem)
    }

    // MARK: - Robots

    /// casare-robot with what it is told.
    func robot(_ settings: [String: String]) throws -> TestProgram {
        let own = [
            "HOME": self.folder, "CASARE_WORKING_DIRECTORY": "\(self.folder)/runs", "CASARE_ROBOT_SLOTS": "1",
        ]
        return try TestProgram(.robot, variables: own.merging(settings) { $1 })
    }

    /// Gives `body` a running robot.
    ///
    /// - Parameter name: of its log, which is new.
    func withRobot<Result: Sendable>(
        _ name: String, _ settings: [String: String],
        _ body: @escaping @Sendable (RunningProgram) async throws -> Result
    ) async throws -> Result {
        try await self.robot(settings).withRunning(log: "\(self.folder)/\(name).log", body)
    }

    /// Lets a robot in as people do: an administrator makes an enrollment, and what that says is to be run on the
    /// robot's machine is run there, by somebody who is signed in nowhere.
    ///
    /// - Parameter options: further ones of `robot enroll`.
    /// - Returns: what casare-robot is told there.
    func enroll(_ robot: String, _ options: [String] = []) async throws -> [String: String] {
        let created = try await self.casarectl("robot", "enrollment", "create", "--name", robot)
        let told = created.errors.split(separator: "\n").first { $0.contains("--ca-fingerprint ") }
        guard created.status == 0, let told, let command = told.firstRange(of: "casarectl ") else {
            throw NeverHappened(what: "an enrollment is made: \(created.errors)")
        }
        let arguments = told[command.upperBound...].split(separator: " ").map(String.init)
        let enrolled = try await self.casarectl(
            arguments + ["--directory", self.robotFolder] + options, input: created.output,
            variables: Self.stranger)
        guard enrolled.status == 0 else { throw NeverHappened(what: "\(robot) is let in: \(enrolled.errors)") }
        // A server without an authority asks nobody for a certificate.
        try await eventually("the server has an authority of its own") {
            self.server.count(of: "The authorities of clients have changed") > 0 ? true : nil
        }
        return try self.robotSettings()
    }

    /// What `robot enroll` has written for casare-robot; nothing in it needs quotes here.
    private func robotSettings() throws -> [String: String] {
        let text = try String(contentsOf: URL(filePath: "\(self.robotFolder)/robot.env"), encoding: .utf8)
        var settings: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let mark = line.firstIndex(of: "=") else { continue }
            settings[String(line[..<mark])] = String(line[line.index(after: mark)...])
        }
        return settings
    }

    /// Puts a certificate into the robot's folder that nobody here has signed for it.
    ///
    /// - Returns: what casare-robot is told.
    func showing(_ identity: TestIdentity, as robot: String) throws -> [String: String] {
        try FileManager.default.createDirectory(
            atPath: self.robotFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let (certificate, key) = ("\(self.robotFolder)/certificate.pem", "\(self.robotFolder)/key.pem")
        try TestIdentity.replace(key, with: identity.keyPEM)
        try TestIdentity.replace(certificate, with: identity.certificatePEM)
        return [
            "CASARE_URL": self.url, "CASARE_ROBOT_ID": robot, "CASARE_CA_FILE": self.authority,
            "CASARE_CLIENT_CERTIFICATE": certificate, "CASARE_CLIENT_KEY": key,
        ]
    }
}

extension RunningProgram {
    /// How many lines of its log have the text.
    func count(of text: String) -> Int { self.log.split(separator: "\n").count { $0.contains(text) } }
}
