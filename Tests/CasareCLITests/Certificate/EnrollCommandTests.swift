import CasareCertificates
import CasareDomain
import CasareOrchestrator
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Glibc
import Testing

/// A robot is let in from a shell, over real TLS.
struct EnrollCommandTests {
    private struct Shell: Sendable {
        let url: String
        let admin: String
        let folder: String
        let authority: String

        /// - Parameter isSignedIn: as an administrator; else as whoever stands at the robot's machine.
        func casarectl(
            _ line: String, isSignedIn: Bool = true, input: String = ""
        ) async throws -> TestProgram.Ended {
            var variables = ["HOME": self.folder]
            if isSignedIn {
                variables["CASARE_URL"] = self.url
                variables["CASARE_TOKEN"] = self.admin
                variables["CASARE_CA_FILE"] = "\(self.folder)/ca.pem"
            }
            return try await TestProgram(.casarectl, variables: variables).run(
                line.split(separator: " ").map(String.init), input: input, in: self.folder)
        }

        func text(_ file: String) throws -> String {
            try String(contentsOfFile: "\(self.folder)/robot/\(file)", encoding: .utf8)
        }
    }

    private static func with(_ body: @escaping @Sendable (Shell) async throws -> Void) async throws {
        let certificates = try TestCertificates()
        try await withTestDatabase { database in
            let admin = try await database.asTenant(.default) { connection in
                try TokenStore.create(name: "ann", role: .admin, on: connection).text.reveal()
            }
            try await withTemporaryDirectory { folder in
                let server = try certificates.server.write(to: folder, as: "server")
                try TestIdentity.replace("\(folder)/ca.pem", with: certificates.authority.pem)
                // The authority goes with it, as in a file of a whole chain.
                try TestIdentity.replace(
                    server.certificate, with: certificates.server.certificatePEM + "\n" + certificates.authority.pem)
                let tls = ServerTLS(certificateFile: server.certificate, keyFile: server.key)
                try await BulkFixture.serving(database, tls: tls) { url in
                    try await body(
                        Shell(url: url, admin: admin, folder: folder, authority: certificates.authority.pem))
                }
            }
        }
    }

    @Test func `a robot is let in by a token and a fingerprint, and nothing is changed the second time`() async throws {
        try await Self.with { shell in
            let created = try await shell.casarectl("robot enrollment create --name mill-1 --tag fast")
            #expect(created.status == 0 && created.output.hasPrefix("cren_"), "\(created.errors)")
            let fingerprint = try CertificateFacts(pem: shell.authority).fingerprint
            #expect(created.errors.contains("--ca-fingerprint \(fingerprint)"), "\(created.errors)")
            let line = "robot enroll --server \(shell.url) --ca-fingerprint \(fingerprint) --directory robot"

            let other = String(repeating: "a", count: 64)
            let wrong = try await shell.casarectl(
                "robot enroll --server \(shell.url) --ca-fingerprint \(other) --directory robot",
                isSignedIn: false, input: created.output)
            #expect(wrong.status == 1 && wrong.errors.contains("nothing was sent"), "\(wrong.errors)")

            let enrolled = try await shell.casarectl(line, isSignedIn: false, input: created.output)
            #expect(enrolled.status == 0 && enrolled.output.contains("mill-1"), "\(enrolled.errors)")
            let facts = try CertificateFacts(pem: try shell.text("certificate.pem"))
            #expect(try RobotKey(pem: try shell.text("key.pem")).belongs(to: facts))
            #expect(try shell.text("ca.pem") == CertificateFacts(pem: shell.authority).pem)
            let environment = try shell.text("robot.env")
            #expect(environment.contains("CASARE_ROBOT_ID=mill-1") && environment.contains("CASARE_ROBOT_TAGS=fast"))
            for file in ["key.pem", "robot.env"] {
                var info = stat()
                let code = stat("\(shell.folder)/robot/\(file)", &info)
                #expect(code == 0 && info.st_mode & 0o777 == 0o600, "\(file)")
            }

            let again = try await shell.casarectl(line, isSignedIn: false)
            #expect(again.status == 0 && again.errors.contains("nothing was changed"), "\(again.errors)")
            #expect(try CertificateFacts(pem: try shell.text("certificate.pem")) == facts)

            // Its certificate is what it renews it with: the server asks for one a moment after it has an authority.
            try await eventually("the certificate is renewed") {
                let renewed = try await shell.casarectl("robot enroll --directory robot --renew", isSignedIn: false)
                return renewed.status == 0 ? true : nil
            }
            let renewed = try CertificateFacts(pem: try shell.text("certificate.pem"))
            #expect(renewed.serial != facts.serial)

            let listed = try await shell.casarectl("robot certificates mill-1 -o name")
            #expect(listed.output.split(separator: "\n").map(String.init) == [renewed.serial, facts.serial])
            let unasked = try await shell.casarectl("robot certificate revoke mill-1 \(renewed.serial)")
            #expect(unasked.status == 12)
            let revoked = try await shell.casarectl("robot certificate revoke mill-1 \(renewed.serial) --yes")
            #expect(revoked.status == 0, "\(revoked.errors)")
            let refused = try await shell.casarectl("robot enroll --directory robot --renew", isSignedIn: false)
            #expect(refused.status == 3, "\(refused.errors)")
            #expect(refused.errors.contains("casarectl robot enroll --force"), "\(refused.errors)")
            #expect(!refused.errors.contains("casarectl login"), "\(refused.errors)")
        }
    }

    @Test func `a token that was used lets nobody in, and leaves no certificate`() async throws {
        try await Self.with { shell in
            let created = try await shell.casarectl("robot enrollment create")
            #expect(created.status == 0)
            let line = "robot enroll --server \(shell.url) --ca-file ca.pem --token-file - --directory "
            let first = try await shell.casarectl(
                line + "one --name a", isSignedIn: false, input: created.output)
            #expect(first.status == 0, "\(first.errors)")
            let second = try await shell.casarectl(
                line + "robot --name b", isSignedIn: false, input: created.output)
            #expect(second.status == 3 && second.errors.contains("enrollment create"), "\(second.errors)")
            #expect(!second.errors.contains("casarectl login"), "\(second.errors)")
            #expect(throws: (any Error).self) { try shell.text("certificate.pem") }
        }
    }

    @Test func `enrollments and authorities are seen and ended from a shell`() async throws {
        try await Self.with { shell in
            #expect(try await shell.casarectl("robot enrollment create --uses 5").status == 0)
            let list = try await shell.casarectl("robot enrollment list -o name")
            let id = list.output.split(separator: "\n").joined()
            let revoked = try await shell.casarectl("robot enrollment revoke \(id)")
            #expect(revoked.status == 0, "\(revoked.errors)")
            #expect(try await shell.casarectl("ca rotate").status == 12)
            let rotated = try await shell.casarectl("ca rotate --yes --reason yearly")
            #expect(rotated.status == 0, "\(rotated.errors)")
            let shown = try await shell.casarectl("ca show")
            #expect(shown.status == 0 && shown.output.contains("retiring") && shown.output.contains("active"))
            #expect(shown.output.contains("server"), "\(shown.output)")
        }
    }

    @Test func `without encryption nothing is sent`() async throws {
        try await Self.with { shell in
            let refused = try await shell.casarectl(
                "robot enroll --server http://127.0.0.1:1 --directory robot", isSignedIn: false, input: "cren_x")
            #expect(refused.status == 64 && refused.errors.contains("https://"), "\(refused.errors)")
        }
    }
}
