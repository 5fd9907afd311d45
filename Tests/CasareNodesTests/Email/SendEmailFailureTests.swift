import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import FoundationEssentials
import Synchronization
import Testing

/// What nodes warned of.
final class Warnings: Sendable {
    private let texts = Mutex<[String]>([])

    var all: [String] { self.texts.withLock { $0 } }

    func add(_ text: String) { self.texts.withLock { $0.append(text) } }
}

/// How sending fails, and what that leaves behind.
@Suite struct SendEmailFailureTests {
    private static let impossible: [(Object, String)] = [
        (["to_email": ""], "to_email is required: nobody would get the mail"),
        (["to_email": " , "], "to_email is required"),
        (["from_email": "", "username": "", "password": ""], "from_email is required"),
        (["from_email": "a@x, b@x"], "from_email must be one address"),
        (["to_email": "ben"], "to_email has something that is no email address: ben"),
        (["to_email": "ben@exa mple"], "no email address"), (["cc": "a@b@c"], "no email address"),
        (["bcc": "<script>"], "no email address"),
        (["to_email": "ben@x>\r\nRSET"], "to_email must not contain line breaks"),
        (["subject": "Hello\r\nBcc: eve@example.com"], "subject must not contain line breaks"),
        (["subject": "Hello\nX: y"], "subject must not contain line breaks"),
        (["sender_name": "Ann\r\nX: y"], "sender_name must not contain line breaks"),
        (["reply_to": "a@x\nX: y"], "reply_to must not contain line breaks"),
        (["smtp_server": ""], "smtp_server is required"), (["smtp_server": "a b"], "Not a host name or address"),
        (["smtp_server": "mail.invalid"], "Cannot look up mail.invalid: the name is not known"),
        ([:], "Cannot connect to 127.0.0.1:\(ClosedPort.number): "),
        (["username": "ann", "password": ""], "password is missing: set it, or SMTP_PASSWORD"),
        (["username": "", "credential_name": "post"], "the secret \"post\" of credential_name has none of the fields"),
        (["attachments": 5], "attachments must be a list"), (["ssl_ca": "none.pem"], "File not found"),
    ]

    @Test(arguments: Self.impossible)
    func `what cannot be sent is refused before anything is`(changes: Object, reason: String) async throws {
        try await withRunFolder(policy: .ofOwnServers) { folder in
            let usable: Object = [
                "smtp_server": "127.0.0.1", "smtp_port": .int(ClosedPort.number), "username": "ann", "password": "x",
                "from_email": "ann@example.com", "to_email": "ben@example.com", "timeout": 30,
            ]
            let failure = try await folder.failure("SendEmailNode", usable.merging(changes))
            #expect(failure.message.contains(reason), "\(failure.message)")
            #expect(failure.outputs["success"] == false)
        }
    }

    @Test func `a wrong password is refused, not tried again and never shown`() async throws {
        try await SendingFixture.with { post in
            let failure = try await post.refusal(["password": "wrong word", "retry_count": 3])
            #expect(failure.type == "PermissionError")
            #expect(failure.message.hasPrefix("Authentication failed: "))
            #expect(!failure.message.contains("wrong word"))
            #expect(try post.count == 0)
        }
    }

    @Test func `a server that takes no password is not sent to without one`() async throws {
        try await SendingFixture.with(authentication: false) { post in
            let failure = try await post.refusal()
            #expect(failure.message.contains("offers no way to sign in"))
            #expect(try post.count == 0)
        }
    }

    @Test func `TLS that is wanted and not there, or not trusted, keeps the mail from going`() async throws {
        try await SendingFixture.with(startTLS: false) { post in
            let without = try await post.refusal()
            #expect(without.type == "SecurityError")
            #expect(without.message.contains("offers no TLS"))
            let untrusted = try await post.refusal([
                "smtp_port": post.server.port("tls_port"), "use_ssl": true, "ssl_ca": "",
            ])
            #expect(untrusted.type == "SecurityError")
            let other = try await post.refusal([
                "smtp_port": post.server.port("tls_port"), "use_ssl": true, "smtp_server": "127.0.0.1",
            ])
            #expect(other.type == "SecurityError")
            #expect(try post.count == 0)
        }
    }

    @Test func `one recipient who is refused keeps it from all, and one who is put off is tried again`() async throws {
        try await SendingFixture.with { post in
            let refused = try await post.refusal([
                "to_email": "ben@example.com, refused@example.com", "retry_count": 3, "retry_interval": 0,
            ])
            #expect(refused.message.contains("refused the recipient refused@example.com: 550 5.1.1 no such mailbox"))
            #expect(try post.count == 0)

            let later = try await post.refusal(["to_email": "later@example.com"])
            #expect(later.message.contains("451 4.7.1 try again later"))
            try await post.send(["to_email": "later@example.com"])
            #expect(try post.count == 1)
        }
        try await SendingFixture.with { post in
            try await post.send(["to_email": "later@example.com", "retry_count": 1, "retry_interval": 0])
            #expect(try post.count == 1)
        }
    }

    @Test func `a mail that the server may have taken is in doubt, and not sent again`() async throws {
        try await SendingFixture.with { post async throws in
            let error = await #expect(throws: OutcomeUnknown.self) {
                try await post.send(["to_email": "lost@example.com", "retry_count": 5, "retry_interval": 0])
            }
            #expect(error?.reason.hasSuffix("had the mail and did not say that it took it") == true)
            #expect(try post.count == 1)
        }
    }

    @Test func `a server that says nothing is not waited for longer than the node says`() async throws {
        try await SilentServer.with { server in
            try await withRunFolder(policy: .ofOwnServers) { folder in
                let failure = try await folder.failure(
                    "SendEmailNode",
                    [
                        "smtp_server": "127.0.0.1", "smtp_port": .int(server.port), "from_email": "a@x",
                        "to_email": "b@x",
                        "timeout": 1,
                    ])
                #expect(failure.type == "TimeoutError")
            }
        }
    }

    @Test func `cancelling ends the sending`() async throws {
        try await SilentServer.with { server in
            try await withRunFolder(policy: .ofOwnServers) { folder in
                let task = Task {
                    try await folder.perform(
                        "SendEmailNode",
                        [
                            "smtp_server": "127.0.0.1", "smtp_port": .int(server.port), "from_email": "a@x",
                            "to_email": "b@x", "timeout": 3600,
                        ])
                }
                try await eventually("the node has connected") { server.hasVisitor ? true : nil }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
    }
}
