import CasareDomain
import CasareEngine
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareNodes

/// Whom the FTP nodes talk to: certificates and host keys.
@Suite struct FTPTrustTests {
    @Test(arguments: [FTPKind.explicitTLS, .implicitTLS])
    func `a certificate must be trusted and be the server's`(kind: FTPKind) async throws {
        try await FTPFixture.with(kind) { ftp in
            let untrusted = try await ftp.refusal(["ssl_ca": ""])
            #expect(untrusted.type == "SecurityError")
            #expect(untrusted.message.contains("name the file of its certificate in ssl_ca"))
            // The certificate is for localhost.
            let other = try await ftp.refusal(["host": "127.0.0.1"])
            #expect(other.type == "SecurityError")
            #expect(!ftp.server.text("commands").contains("PASS"))
        }
    }

    @Test func `a server without TLS is refused when TLS is wanted`() async throws {
        try await FTPFixture.with(.plain) { ftp in
            let refusal = try await ftp.refusal(["use_tls": true])
            #expect(refusal.type == "SecurityError")
            #expect(refusal.message.contains("offers no TLS"))
            #expect(!ftp.server.text("commands").contains("PASS"))
        }
    }

    @Test func `a server that speaks nothing but TLS 1.3 is spoken to`() async throws {
        try await TestServer.withFTP(tls: "explicit", onlyTLS13: true) { server in
            try await withRunFolder(policy: .ofOwnServers) { folder in
                let ftp = FTPFixture(kind: .explicitTLS, server: server, folder: folder)
                try await ftp.connect()
                try server.write("x", "files/x")
                let listed = try await folder.perform("FTPListNode")
                #expect(listed["items"] == ["x"])
                await folder.session.close()
            }
        }
    }

    @Test func `an SSH server is known by its fingerprint or by the file of known hosts`() async throws {
        try await FTPFixture.with(.sftp) { ftp in
            func file(_ name: String) -> Object {
                ["host_key": "", "known_hosts": .string("\(ftp.server.folder)/\(name)")]
            }
            try await ftp.connect(file("known_hosts"))
            let changed = try await ftp.refusal(file("other_hosts"))
            #expect(changed.type == "SecurityError")
            #expect(changed.message.contains("its host key is not the one in"))
            let unknown = try await ftp.refusal(file("none"))
            #expect(unknown.type == "SecurityError")
            let fingerprint = ftp.server.details["fingerprint"]?.string ?? ""
            #expect(unknown.message.contains("its host key \(fingerprint) is not in"))
            // Nothing given is no leave to trust anybody.
            let nothing = try await ftp.refusal(["host_key": ""])
            #expect(nothing.type == "SecurityError")
            let wrong = try await ftp.refusal(["host_key": "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
            #expect(wrong.type == "SecurityError")
            #expect(wrong.message.contains("not the one in host_key"))
        }
    }

    @Test func `a run that moves its home does not choose whom to trust`() async throws {
        try await FTPFixture.with(.sftp) { ftp in
            // A file that knows the server: as that of the robot's account it would be trusted.
            try FileManager.default.createDirectory(
                atPath: "\(ftp.folder.path)/.ssh", withIntermediateDirectories: false)
            try ftp.folder.write(ftp.server.text("known_hosts"), ".ssh/known_hosts")
            let moving: Object = ["action": "set", "var_name": "HOME", "value": .string(ftp.folder.path)]
            try await ftp.folder.perform("SetEnvironmentVarNode", moving)
            let refusal = try await ftp.refusal(["host_key": ""])
            #expect(refusal.type == "SecurityError")
            let home = try #require(AccountHome.directories.first)
            #expect(refusal.message.contains("\(home)/.ssh/known_hosts"), "\(refusal.message)")
        }
    }

    @Test func `an SSH server takes a private key, with its passphrase`() async throws {
        try await FTPFixture.with(.sftp) { ftp in
            func key(_ name: String, _ password: Value) -> Object {
                ["private_key_path": .string("\(ftp.server.folder)/\(name)"), "password": password]
            }
            try await ftp.connect(key("client_key", ""))
            try await ftp.connect(key("locked_key", "open sesame"))
            let failure = try await ftp.refusal(key("locked_key", "open barley"))
            #expect(failure.message.hasPrefix("Authentication failed"))
        }
    }

    @Test func `host and port may say which protocol it is`() async throws {
        try await FTPFixture.with(.sftp) { ftp in
            let port = ftp.server.port().displayText
            try await ftp.connect(["host": .string("sftp://localhost:\(port)/"), "port": 21, "protocol": .null])
        }
    }
}
