import CasareDomain
import CasareEngine
import CasareTestSupport
import Testing

@testable import CasareNodes

/// FTP and mail servers are held to the rules on addresses, as web servers are.
@Suite struct ServerAddressTests {
    private static let nodes = [
        "FTPConnectNode", "SendEmailNode", "ReadEmailsNode", "SaveAttachmentNode", "MarkEmailNode", "DeleteEmailNode",
        "MoveEmailNode", "EmailSuperNode",
    ]

    private static func inputs(_ host: String, _ port: Int) -> Object {
        [
            "host": .string(host), "port": .int(port), "smtp_server": .string(host), "smtp_port": .int(port),
            "imap_server": .string(host), "imap_port": .int(port), "username": "ann", "password": "secret word",
            "from_email": "ann@example.com", "to_email": "ben@example.com", "email_uid": "1", "target_folder": "X",
            "action": "Send Email", "timeout": 30,
        ]
    }

    @Test(arguments: [
        "localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "::1", "[::1]", "::ffff:127.0.0.1", "10.1.2.3",
        "169.254.169.254",
    ])
    func `no node reaches an internal address, whatever it is called, unless the robot allows it`(
        host: String
    ) async throws {
        try await SilentServer.with { server in
            try await withRunFolder { folder in
                for node in Self.nodes {
                    for changes in [[:], ["allow_internal_urls": true]] as [Object] {
                        let failure = try await folder.failure(
                            node, Self.inputs(host, server.port).merging(changes))
                        #expect(failure.type == "SecurityError", "\(node): \(failure.message)")
                        #expect(failure.message.hasPrefix("Refused to connect: "))
                        #expect(failure.message.contains("CASARE_ALLOW_INTERNAL_URLS"))
                        #expect(failure.message.contains("casarectl tenant policy set url_rules=off"))
                        #expect(failure.message.contains("casarectl tenant policy set node_overrides=on"))
                    }
                }
            }
            #expect(!server.hasVisitor)
        }
    }

    @Test func `where the robot leaves it to workflows, each says so for itself`() async throws {
        try await FTPFixture.with(.plain) { ftp async throws in
            var folder = ftp.folder
            folder.policy = NodePolicy(allowsDangerousOverrides: true)
            let refused = try await folder.failure("FTPConnectNode", ftp.access)
            #expect(refused.type == "SecurityError")
            let connected = try await folder.perform(
                "FTPConnectNode", ftp.access.merging(["allow_internal_urls": true]))
            #expect(connected["connected"] == true)
        }
        try await SendingFixture.with { post async throws in
            var folder = post.folder
            folder.policy = NodePolicy(allowsDangerousOverrides: true)
            let refused = try await folder.failure("SendEmailNode", post.access)
            #expect(refused.type == "SecurityError")
            let sent = try await folder.perform("SendEmailNode", post.access.merging(["allow_internal_urls": true]))
            #expect(sent["success"] == true)
        }
    }

    private static let loopback = ServerAddresses([IPAddress(bytes: [127, 0, 0, 1])])

    @Test func `an FTP connection goes to the address that was checked, and its certificate is the name's`()
        async throws
    {
        try await FTPFixture.with(.explicitTLS) { ftp async throws in
            func connect(_ host: String) async throws -> String {
                let inputs = Inputs(
                    RunFolder.type("FTPConnectNode"), ftp.access.merging(["host": .string(host)]))
                let server = try FTPServer(inputs, ftp.folder.environment)
                return try await OwnThread.run { cancellation in
                    try FTPSession(server, at: Self.loopback).connect(cancellation)
                }
            }
            #expect(try await connect("localhost") == "220 Welcome to the test")
            // No look-up knows this name.
            let failure = await #expect(throws: ServiceFailure.self) { try await connect("other.invalid") }
            #expect(failure?.failure.type == "SecurityError")
        }
    }

    @Test func `a mail connection goes to the address that was checked, and its certificate is the name's`()
        async throws
    {
        try await SendingFixture.with { post async throws in
            func connect(_ host: String, at address: ServerAddresses) async throws -> Int {
                let server = LineConnection.Server(
                    scheme: "smtp", host: try HostName(host), port: post.server.port().int ?? 0, security: .startTLS,
                    authority: post.server.authority.string, timeout: 30, allowsInternal: true)
                return try await OwnThread.run { cancellation in
                    let connection = try LineConnection(
                        to: server, at: address, user: "ann", password: "secret word", cancellation: cancellation)
                    return connection.openingCode
                }
            }
            #expect(try await connect("localhost", at: Self.loopback) == 235)
            let other = await #expect(throws: ServiceFailure.self) {
                try await connect("other.invalid", at: Self.loopback)
            }
            #expect(other?.failure.type == "SecurityError")
            // Nothing listens there.
            let refused = await #expect(throws: ServiceFailure.self) {
                try await connect("localhost", at: ServerAddresses([IPAddress(bytes: [127, 9, 9, 9])]))
            }
            #expect(refused?.failure.type == "NetworkError")
        }
    }

    @Test func `transfers go to the server, whatever address it names for them`() async throws {
        try await TestServer.withFTP(transferAddress: "10.1.2.3") { server in
            try await withRunFolder(policy: .ofOwnServers) { folder in
                let ftp = FTPFixture(kind: .plain, server: server, folder: folder)
                try await ftp.connect()
                try server.write("content", "files/x")
                try await folder.perform("FTPDownloadNode", ["remote_path": "x", "local_path": "x"])
                #expect(try folder.read("x") == "content")
                #expect(server.text("commands").contains("PASV"))
            }
        }
    }

    @Test(arguments: [
        ([IPAddress(bytes: [127, 0, 0, 1])], "*:21:127.0.0.1"),
        ([IPAddress("::1"), IPAddress("192.0.2.1")].compactMap(\.self), "*:21:[::1],192.0.2.1"),
        ((1...9).map { IPAddress(bytes: [192, 0, 2, $0]) }, "*:21:192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4"),
    ])
    func `addresses are named as libcurl wants them`(addresses: [IPAddress], entry: String) {
        #expect(ServerAddresses(addresses).entry(port: 21) == entry)
    }
}
