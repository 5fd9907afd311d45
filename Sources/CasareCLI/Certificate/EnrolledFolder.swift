import CasareCertificates
import CasareClient
import CasareDomain
import FoundationEssentials

/// The folder in which a robot's key and certificate stand, and what its process is told.
struct EnrolledFolder: Sendable {
    static let standard = "/etc/casare/robot"

    /// From the root.
    let path: String

    init(_ path: String) {
        self.path = path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    var key: String { "\(self.path)/key.pem" }
    var certificate: String { "\(self.path)/certificate.pem" }
    var authority: String { "\(self.path)/ca.pem" }
    var environment: String { "\(self.path)/robot.env" }

    /// Keys and certificates are far smaller.
    private static let bytesMax = 1_048_576

    /// Makes the folder, which nobody else may read, where there is none.
    ///
    /// - Throws: `.failure` where that cannot be done.
    func make() throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: self.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure(
                .failure, "cannot make the folder \(self.path): choose another with --directory, or run this as root")
        }
    }

    /// What a file holds; `nil` where there is none.
    func text(of file: String) throws(CommandFailure) -> String? {
        do throws(CommandFailure) {
            return try TextInput.file(file).read(bytesMax: Self.bytesMax)
        } catch {
            guard error.status == .notFound else { throw error }
            return nil
        }
    }

    /// The certificate that is there; `nil` where there is none.
    ///
    /// - Throws: `.failure` for a file that holds something else.
    func knownCertificate() throws(CommandFailure) -> CertificateFacts? {
        guard let text = try self.text(of: self.certificate) else { return nil }
        do throws(UnusableCertificate) {
            return try CertificateFacts(pem: text)
        } catch {
            throw CommandFailure(.failure, "\(self.certificate) \(error); --force puts another one in its place")
        }
    }

    /// The key that is there; `nil` where there is none.
    ///
    /// - Throws: `.failure` for a file that holds something else.
    func knownKey() throws(CommandFailure) -> RobotKey? {
        guard let text = try self.text(of: self.key) else { return nil }
        do throws(UnusableCertificate) {
            return try RobotKey(pem: text)
        } catch {
            throw CommandFailure(.failure, "\(self.key) \(error); --force puts another one in its place")
        }
    }

    /// Each file in one rename: who reads it meanwhile sees the old one or the new one.
    func write(_ text: String, to file: String) throws(CommandFailure) {
        try PrivateFile(path: file, mayReplace: true).write(text)
    }
}

/// What casare-robot is told by its environment, in a file that systemd, Docker and shells read.
struct RobotEnvironment: Sendable {
    private var variables: [(name: String, value: String)] = []

    init(
        url: ServerURL, robot: Robot.ID, folder: EnrolledFolder, hasAuthority: Bool, serverName: String?,
        environment: String?, tags: [String], capabilities: [String]
    ) {
        self.variables = [
            ("CASARE_URL", url.text), ("CASARE_ROBOT_ID", robot.rawValue),
            (TLSSettings.Variable.certificate.rawValue, folder.certificate),
            (TLSSettings.Variable.key.rawValue, folder.key),
        ]
        if hasAuthority { self.variables.append((TLSSettings.Variable.authority.rawValue, folder.authority)) }
        if let serverName { self.variables.append((TLSSettings.Variable.serverName.rawValue, serverName)) }
        if let environment { self.variables.append(("CASARE_ENVIRONMENT", environment)) }
        if !tags.isEmpty { self.variables.append(("CASARE_ROBOT_TAGS", tags.joined(separator: ","))) }
        if !capabilities.isEmpty {
            self.variables.append(("CASARE_ROBOT_CAPABILITIES", capabilities.joined(separator: ",")))
        }
    }

    /// - Parameter text: as `text` has it; lines of other forms are skipped.
    init(reading text: String) {
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            self.variables.append((String(line[..<equals]), Self.unquoted(line[line.index(after: equals)...])))
        }
    }

    subscript(name: String) -> String? { self.variables.last { $0.name == name }?.value }

    var text: String {
        "# Written by casarectl robot enroll, for casare-robot.\n"
            + self.variables.map { "\($0.name)=\(Self.quoted($0.value))\n" }.joined()
    }

    /// What has no meaning to a shell stays as it is.
    private static func quoted(_ value: String) -> String {
        let plain = value.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "._/:,-@[]".utf8.contains(byte)
        }
        guard !plain else { return value }
        var text = "\""
        for character in value {
            if "\\\"$`".contains(character) { text.append("\\") }
            text.append(character)
        }
        return text + "\""
    }

    private static func unquoted(_ text: Substring) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return String(text) }
        var value = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if !isEscaped, character == "\\" {
                isEscaped = true
                continue
            }
            value.append(character)
            isEscaped = false
        }
        return value
    }
}
