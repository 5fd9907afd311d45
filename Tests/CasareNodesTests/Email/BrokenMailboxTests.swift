import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import Testing

/// Servers that break off, and servers that are none.
@Suite struct BrokenMailboxTests {
    private static func with(
        capabilities: String = "", _ answers: [String: String],
        _ body: @escaping @Sendable (MailboxFixture) async throws -> Void
    ) async throws {
        try await TestServer.withBrokenIMAP(capabilities: capabilities, answers: answers) { server in
            try await withRunFolder(policy: .ofOwnServers) { folder in
                try await body(MailboxFixture(server: server, folder: folder))
            }
        }
    }

    private static let found = ["UID SEARCH": "* SEARCH 7\r\n{tag} OK done\r\n"]

    private static func access(_ box: MailboxFixture, _ inputs: Object = [:]) -> Object {
        let access: Object = [
            "imap_server": "127.0.0.1", "imap_port": box.server.port(), "use_ssl": false, "ssl_ca": "",
            "email_uid": "7", "target_folder": "X",
        ]
        return access.merging(inputs)
    }

    /// The nodes on one mail have no `use_ssl`; the one that does everything has `use_imap_ssl`.
    private static func act(_ action: String, _ box: MailboxFixture, _ inputs: Object = [:]) async throws -> Object {
        try await box.perform(
            "EmailSuperNode",
            Self.access(box, inputs).merging(["action": .string(action), "use_imap_ssl": false, "use_ssl": .null]))
    }

    @Test(arguments: [("Move", "MOVE", "UID MOVE"), ("Move", "", "UID COPY"), ("Delete", "UIDPLUS", "UID EXPUNGE")])
    func `a change that may have been made is in doubt`(
        action: String, capability: String, command: String
    ) async throws {
        try await Self.with(capabilities: capability, Self.found.merging([command: ""]) { $1 }) { box in
            await #expect(throws: OutcomeUnknown.self) {
                try await Self.act(action, box, ["permanent_delete": true, "retry_count": 3, "retry_interval": 0])
            }
            let commands = box.server.text("commands").split(separator: "\n")
            #expect(commands.count { $0.hasPrefix(command) } == 1)
        }
    }

    @Test func `mails that may have been marked as read are in doubt, and others are read again`() async throws {
        let mail = "* 1 FETCH (UID 7 BODY[] {12}\r\nSubject: x\r\n)\r\n{tag} OK done\r\n"
        let answers = Self.found.merging(["UID FETCH": mail, "UID STORE": ""]) { $1 }
        try await Self.with(answers) { box in
            await #expect(throws: OutcomeUnknown.self) {
                try await box.perform("ReadEmailsNode", Self.access(box, ["mark_as_read": true]))
            }
            let read = try await box.perform("ReadEmailsNode", Self.access(box))
            #expect(read["emails"]?.list?.map { $0["subject"] } == ["x"])
        }
        try await Self.with(["UID SEARCH": ""]) { box in
            let failure = try await box.failure(
                "ReadEmailsNode", Self.access(box, ["retry_count": 2, "retry_interval": 0]))
            #expect(failure.type == "NetworkError")
            let commands = box.server.text("commands").split(separator: "\n")
            #expect(commands.count { $0.hasPrefix("UID SEARCH") } == 3)
        }
    }

    @Test(arguments: [
        ("* 1 FETCH (UID 7 BODY[] {99999999999}\r\n", "has a mail of 99999999999 bytes"),
        ("+ go on\r\n+ go on\r\n", "not of its protocol"), ("HTTP/1.1 200 OK\r\n", "not of its protocol"),
        ("* 1 FETCH (UID 8 BODY[] {1}\r\nx)\r\n* 2 FETCH ((((\r\n{tag} OK\r\n", "none"),
        ("{tag} NO [SERVERBUG] broken\r\n", "refused to give out the mail 7: NO [SERVERBUG] broken"),
        ("{tag} BAD what\r\n", "refused to give out the mail 7: BAD what"),
    ])
    func `answers that make no sense are no reason to believe them`(answer: String, reason: String) async throws {
        try await Self.with(Self.found.merging(["UID FETCH": answer]) { $1 }) { box in
            guard reason != "none" else {
                let read = try await box.perform("ReadEmailsNode", Self.access(box))
                #expect(read["count"] == 0)
                return
            }
            let failure = try await box.failure("ReadEmailsNode", Self.access(box))
            #expect(failure.message.contains(reason), "\(failure.message)")
        }
    }

    @Test func `one signs in by whatever the server takes, and the password is never shown`() async throws {
        try await Self.with(Self.found) { box in
            _ = try await Self.act("Mark", box, ["password": "a \"word\" \\ of mine"])
            #expect(box.server.text("commands").contains(#"LOGIN "ann" "a \"word\" \\ of mine""#))
        }
        try await Self.with(["LOGIN": "{tag} NO wrong: secret word is no good\r\n"]) { box in
            let failure = try await box.failure("ReadEmailsNode", Self.access(box))
            #expect(failure.message == "Authentication failed: wrong: *** is no good")
            #expect(failure.type == "PermissionError")
        }
        try await Self.with(capabilities: "LOGINDISABLED", [:]) { box in
            let failure = try await box.failure("ReadEmailsNode", Self.access(box))
            #expect(failure.message.contains("takes no password on a connection without TLS"))
            #expect(!box.server.text("commands").contains("LOGIN"))
        }
    }
}
