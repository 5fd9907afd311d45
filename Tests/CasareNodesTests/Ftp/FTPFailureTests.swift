import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import FoundationEssentials
import Testing

/// How the FTP nodes fail, and what that leaves behind.
@Suite struct FTPFailureTests {
    private static let uses: [(String, Object)] = [
        ("FTPUploadNode", ["local_path": "x", "remote_path": "x"]),
        ("FTPDownloadNode", ["local_path": "x", "remote_path": "x"]), ("FTPListNode", [:]),
        ("FTPDeleteNode", ["remote_path": "x"]), ("FTPMakeDirNode", ["remote_path": "x"]),
        ("FTPMakeDirNode", ["remote_path": "x", "parents": true]), ("FTPRemoveDirNode", ["remote_path": "x"]),
        ("FTPRenameNode", ["old_path": "x", "new_path": "y"]), ("FTPGetSizeNode", ["remote_path": "x"]),
    ]

    @Test(arguments: Self.uses)
    func `without a connection every node says so`(node: String, inputs: Object) async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure(node, inputs)
            #expect(failure.message == "No FTP connection. Use FTP Connect node first.")
        }
    }

    @Test func `disconnecting without a connection succeeds`() async throws {
        try await withRunFolder { folder in
            let outputs = try await folder.perform("FTPDisconnectNode")
            #expect(outputs == ["disconnected": true])
        }
    }

    private static let impossible: [(Object, String)] = [
        (["host": ""], "host is required"), (["host": "no such host"], "Not a host name or address"),
        (["host": "gopher://x"], "host must begin with ftp://"),
        (["host": "sftp://x", "protocol": "ftp"], "host says sftp"), (["host": "a@b"], "Not a host name or address"),
        (["host": "x/y"], "Not a host name or address"), (["host": "x", "ssl_ca": "none.pem"], "File not found"),
        (["host": "x", "ssl_ca": "/proc/x"], "denied"),
        (["host": "name.invalid"], "Cannot look up name.invalid: the name is not known"),
        (["host": "bücher.example"], "xn--"),
        (["host": "127.0.0.1", "port": .int(ClosedPort.number)], "Cannot connect to 127.0.0.1:\(ClosedPort.number): "),
    ]

    @Test(arguments: Self.impossible)
    func `a connection that cannot be is refused with its reason`(inputs: Object, reason: String) async throws {
        try await withRunFolder(policy: .ofOwnServers) { folder in
            let failure = try await folder.failure("FTPConnectNode", inputs.merging(["timeout": 30]))
            #expect(failure.message.contains(reason), "\(failure.message)")
            #expect(failure.outputs["connected"] == false)
        }
    }

    @Test(arguments: [FTPKind.plain, .sftp])
    func `a wrong password is refused, not tried again and never shown`(kind: FTPKind) async throws {
        try await FTPFixture.with(kind) { ftp in
            let failure = try await ftp.refusal(["password": "wrong word", "retry_count": 5, "retry_interval": 0])
            #expect(failure.type == "PermissionError")
            #expect(failure.message.hasPrefix("Authentication failed: "))
            #expect(!failure.message.contains("wrong word"))
            #expect(ftp.server.text("connections") == "open\n")
            let next = try await ftp.folder.failure("FTPListNode")
            #expect(next.message == "No FTP connection. Use FTP Connect node first.")
        }
    }

    @Test(arguments: [FTPKind.plain, .sftp])
    func `what the server refuses fails with its words`(kind: FTPKind) async throws {
        try await FTPFixture.with(kind) { ftp in
            try await ftp.connect()
            let missing = try await ftp.folder.failure("FTPDeleteNode", ["remote_path": "none"])
            #expect(missing.message.hasPrefix("Cannot delete none on localhost:"))
            #expect(missing.message.contains(kind == .plain ? ": 550 No such file" : "No such file"))
            #expect(missing.outputs["deleted"] == false)
            let directory = try await ftp.folder.failure("FTPRemoveDirNode", ["remote_path": "none"])
            #expect(directory.outputs["removed"] == false)
            let rename = try await ftp.folder.failure("FTPRenameNode", ["old_path": "none", "new_path": "x"])
            #expect(rename.outputs["renamed"] == false)
            let fetched = try await ftp.folder.failure(
                "FTPDownloadNode", ["remote_path": "none", "local_path": "x"])
            #expect(fetched.type == "FileNotFoundError")
            #expect(fetched.outputs["downloaded"] == false)
            #expect(try ftp.folder.names.isEmpty)
            await #expect(throws: NodeFailure.self) {
                try await ftp.folder.perform("FTPListNode", ["remote_path": "none"])
            }
            // The connection outlives all that.
            try ftp.server.write("x", "files/full")
            let listed = try await ftp.folder.perform("FTPListNode")
            #expect(listed["items"] == ["full"])
        }
    }

    @Test func `local files are held to the rules on paths`() async throws {
        try await FTPFixture.with(.plain) { ftp in
            try await ftp.connect()
            try ftp.server.write("theirs", "files/x")
            try ftp.folder.write("mine", "x")
            let exists = try await ftp.folder.failure("FTPDownloadNode", ["remote_path": "x", "local_path": "x"])
            #expect(exists.type == "FileExistsError")
            #expect(try ftp.folder.read("x") == "mine")
            try await ftp.folder.perform(
                "FTPDownloadNode", ["remote_path": "x", "local_path": "x", "overwrite": true])
            #expect(try ftp.folder.read("x") == "theirs")
            for path in ["../x", "/proc/x", "~/.ssh/x"] {
                let down = try await ftp.folder.failure(
                    "FTPDownloadNode", ["remote_path": "x", "local_path": .string(path)])
                #expect(down.type == "PathSecurityError")
                let up = try await ftp.folder.failure(
                    "FTPUploadNode", ["remote_path": "y", "local_path": .string(path)])
                #expect(up.type == "PathSecurityError")
            }
            let none = try await ftp.folder.failure("FTPUploadNode", ["remote_path": "y", "local_path": "none"])
            #expect(none.type == "FileNotFoundError")
            let device = try await ftp.folder.failure("FTPUploadNode", ["remote_path": "y", "local_path": "."])
            #expect(device.message.hasPrefix("Not a file"))
            #expect(try ftp.folder.names == ["x"])
            #expect(try ftp.server.names(in: "files") == ["x"])
        }
    }

    @Test func `a remote path ends no command`() async throws {
        try await FTPFixture.with(.plain) { ftp in
            try await ftp.connect()
            try ftp.server.write("x", "files/x")
            for node in ["FTPDeleteNode", "FTPListNode", "FTPGetSizeNode", "FTPMakeDirNode"] {
                let failure = try await ftp.folder.failure(node, ["remote_path": "y\r\nDELE x"])
                #expect(failure.type == "ValueError")
                #expect(failure.message.contains("control characters"))
            }
            #expect(try ftp.server.names(in: "files") == ["x"])
            let slash = try await ftp.folder.failure("FTPGetSizeNode", ["remote_path": "dir/"])
            #expect(slash.message == "remote_path must name a file, not a directory: dir/")
        }
    }

    @Test(arguments: ["username", "password"])
    func `an account ends no command`(parameter: String) async throws {
        try await FTPFixture.with(.plain) { ftp in
            try ftp.server.write("x", "files/precious")
            for text in ["ann\r\nDELE precious", "ann\nDELE precious", "ann\0DELE precious"] {
                let failure = try await ftp.refusal([parameter: .string(text)])
                #expect(failure.type == "ValueError")
                #expect(failure.message == "\(parameter) must not contain line breaks or other control characters")
            }
            #expect(ftp.server.text("commands").isEmpty)
            #expect(try ftp.server.names(in: "files") == ["precious"])
        }
    }

    @Test func `what the server puts off is tried again, as often as the node says`() async throws {
        try await FTPFixture.with(.plain, busyStores: 2) { ftp in
            try await ftp.connect()
            try ftp.folder.write("x", "x")
            let upload: Object = ["local_path": "x", "remote_path": "x", "retry_interval": 0]
            let failure = try await ftp.folder.failure("FTPUploadNode", upload)
            #expect(failure.message.hasSuffix("450 Too busy, try again."))
            try await ftp.folder.perform("FTPUploadNode", upload.merging(["retry_count": 1]))
            #expect(ftp.server.text("files/x") == "x")
        }
    }

    @Test func `a change that the server may have made is in doubt, and the next node connects anew`() async throws {
        try await FTPFixture.with(.plain) { ftp async throws in
            try await ftp.connect()
            try ftp.server.write("x", "files/cut")
            try ftp.server.write("x", "files/other")
            await #expect(throws: OutcomeUnknown.self) {
                try await ftp.folder.perform("FTPDeleteNode", ["remote_path": "cut"])
            }
            let listed = try await ftp.folder.perform("FTPListNode")
            #expect(listed["items"] == ["other"])
            #expect(ftp.server.text("connections") == "open\nopen\n")
        }
    }

    @Test func `a cancelled download leaves nothing behind`() async throws {
        try await FTPFixture.with(.plain, bytesPerSecond: 10_000) { ftp in
            try await ftp.connect()
            try ftp.server.write(String(repeating: "x", count: 10_000_000), "files/large")
            let task = Task {
                try await ftp.folder.perform("FTPDownloadNode", ["remote_path": "large", "local_path": "large"])
            }
            // The file under its temporary name has begun to grow.
            try await eventually("bytes have come") { () throws -> Bool? in
                guard let name = try ftp.folder.names.first else { return nil }
                return try ftp.folder.read(name).isEmpty ? nil : true
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try ftp.folder.names.isEmpty)
        }
    }

    @Test func `effects are told honestly`() {
        func effect(_ name: String, _ config: Object = [:]) -> NodeType.Effect {
            let type = RunFolder.type(name)
            return type.effectFor?(config) ?? type.effect
        }
        #expect(effect("FTPConnectNode") == .captured)
        #expect(RunFolder.type("FTPConnectNode").opensSession)
        #expect(effect("FTPUploadNode") == .idempotent)
        #expect(effect("FTPDownloadNode") == .effect)
        #expect(effect("FTPDownloadNode", ["overwrite": true]) == .idempotent)
        #expect(effect("FTPListNode") == .captured)
        #expect(effect("FTPGetSizeNode") == .captured)
        #expect(effect("FTPDeleteNode") == .effect)
        #expect(effect("FTPMakeDirNode") == .effect)
        #expect(effect("FTPMakeDirNode", ["parents": true]) == .idempotent)
        #expect(effect("FTPRemoveDirNode") == .effect)
        #expect(effect("FTPRenameNode") == .effect)
    }
}
