import CasareDomain
import CasareEngine
import CasareTestSupport
import FoundationEssentials
import Testing

/// A server that takes mail in, and a run's folder beside it.
struct SendingFixture: Sendable {
    let server: TestServer
    let folder: RunFolder

    static func with<Result: Sendable>(
        startTLS: Bool = true, authentication: Bool = true,
        _ body: @escaping @Sendable (SendingFixture) async throws -> Result
    ) async throws -> Result {
        try await TestServer.withSMTP(startTLS: startTLS, authentication: authentication) { server in
            try await withRunFolder(policy: .ofOwnServers) { folder in
                try await body(SendingFixture(server: server, folder: folder))
            }
        }
    }

    /// The configuration of a send node that works.
    var access: Object {
        [
            "smtp_server": "localhost", "smtp_port": self.server.port(), "username": "ann", "password": "secret word",
            "ssl_ca": self.server.authority, "timeout": 30, "from_email": "ann@example.com",
            "to_email": "ben@example.com", "subject": "Hello", "body": "How are you?",
        ]
    }

    @discardableResult
    func send(_ changes: Object = [:]) async throws -> Object {
        try await self.folder.perform("SendEmailNode", self.access.merging(changes))
    }

    func refusal(_ changes: Object = [:]) async throws -> NodeFailure {
        let failure = try await self.folder.failure("SendEmailNode", self.access.merging(changes))
        #expect(failure.outputs["success"] == false)
        return failure
    }

    /// How the server was told to deliver a mail: `from`, `to`, `user`, `tls`.
    func envelope(_ number: Int) throws -> Value {
        try Value(parsingJSON: self.server.text("mail-\(number).json"))
    }

    /// The mail as it arrived.
    func mail(_ number: Int) -> String { self.server.text("mail-\(number).eml") }

    var count: Int {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: self.server.folder).count { $0.hasSuffix(".eml") }
        }
    }
}

/// A mailbox, and a run's folder beside it.
struct MailboxFixture: Sendable {
    let server: TestServer
    let folder: RunFolder

    static func with<Result: Sendable>(
        hiding: [String] = [], _ body: @escaping @Sendable (MailboxFixture) async throws -> Result
    ) async throws -> Result {
        try await TestServer.withIMAP(hiding: hiding) { server in
            try await withRunFolder(policy: .ofOwnServers) { folder in
                try await body(MailboxFixture(server: server, folder: folder))
            }
        }
    }

    /// The configuration of a node that gets in.
    var access: Object {
        [
            "imap_server": "localhost", "imap_port": self.server.port("tls_port"), "username": "ann",
            "password": "secret word", "ssl_ca": self.server.authority, "timeout": 30,
        ]
    }

    @discardableResult
    func perform(_ node: String, _ inputs: Object = [:]) async throws -> Object {
        try await self.folder.perform(node, self.access.merging(inputs))
    }

    func failure(_ node: String, _ inputs: Object = [:]) async throws -> NodeFailure {
        try await self.folder.failure(node, self.access.merging(inputs))
    }

    func read(_ inputs: Object = [:]) async throws -> [Value] {
        let outputs = try await self.perform("ReadEmailsNode", inputs)
        let emails = outputs["emails"]?.list ?? []
        #expect(outputs["count"] == .int(emails.count))
        return emails
    }

    func subjects(_ inputs: Object = [:]) async throws -> [String] {
        try await self.read(inputs).map { $0["subject"]?.string ?? "" }
    }

    /// The UID of the mail with a subject.
    func uid(_ subject: String, _ inputs: Object = [:]) async throws -> Value {
        try #require(try await self.read(inputs).first { $0["subject"]?.string == subject }?["uid"])
    }

    /// Makes a folder beside the inbox.
    func makeFolder(_ name: String) throws {
        for part in ["", "/new", "/cur", "/tmp"] {
            let path = "\(self.server.folder)/mail/ann/.\(name)\(part)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
        }
    }

    func deliver(_ number: Int, subject: String, _ rest: String = "\nText") throws {
        try self.server.deliver(
            number,
            "From: Ben <ben@example.com>\nTo: ann@example.com\nSubject: \(subject)\nMessage-ID: <\(number)@example.com>\n"
                + "Date: Fri, 2 Jan 2026 03:04:0\(number % 10) +0100 (CET)\n\(rest)\n")
    }
}
