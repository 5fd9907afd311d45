import CasareDomain
import CasareEngine
import CasareTestSupport
import Testing

@testable import CasareNodes

/// Mails that come to a folder.
struct MailWatcherTests {
    private typealias Folder = MailState.Folder

    @Test func `a watch begins behind what is there, or with it`() {
        let state = MailState(stored: nil)
        let folder = Folder(validity: 7, next: 5)
        #expect(state.first(in: folder, takesExisting: false) == nil)
        #expect(state.first(in: folder, takesExisting: true) == 1)
    }

    @Test func `it goes on behind the last mail, and behind all that were looked through`() {
        var state = MailState(stored: nil)
        state.saw(Folder(validity: 7, next: 5), upTo: nil, isWhole: true)
        #expect(state.first(in: Folder(validity: 7, next: 9), takesExisting: false) == 5)
        state.saw(Folder(validity: 7, next: 9), upTo: 6, isWhole: false)
        #expect(state.first(in: Folder(validity: 7, next: 9), takesExisting: false) == 7)
        // One came after the folder was opened.
        state.saw(Folder(validity: 7, next: 9), upTo: 9, isWhole: true)
        #expect(MailState(stored: state.value) == state && state.seen?.next == 10)
    }

    @Test func `where the numbers are new ones, what is there does not count`() {
        var state = MailState(stored: nil)
        state.saw(Folder(validity: 7, next: 5), upTo: nil, isWhole: true)
        #expect(state.first(in: Folder(validity: 8, next: 90), takesExisting: true) == nil)
        state.saw(Folder(validity: 8, next: 90), upTo: nil, isWhole: true)
        #expect(state.seen == Folder(validity: 8, next: 90))
    }

    private static func source(
        _ fixture: MailboxFixture, from: String? = nil, subject: String? = nil, itemsMax: Int = 50,
        folder: String = "INBOX"
    ) throws -> Watch.Source {
        let port = try #require(fixture.server.port("tls_port").int)
        return .feed(
            FeedSource(
                .imap(
                    .init(
                        server: "localhost", port: port, username: "ann", folder: folder, fromFilter: from,
                        subjectFilter: subject, authority: fixture.server.authority.string)),
                itemsMax: itemsMax))
    }

    private static func watch(
        _ fixture: WatchFixture, waits: Int, _ waiting: @escaping @Sendable (Int) async throws -> Void = { _ in }
    ) async throws {
        try await fixture.run(FeedWatcher(WebClient()), waits: waits, waiting: waiting)
    }

    @Test func `mails that come are found once, and stay unread`() async throws {
        try await MailboxFixture.with { mailbox in
            try mailbox.deliver(1, subject: "Old")
            let fixture = WatchFixture(
                try Self.source(mailbox), secret: "secret word", policy: .ofOwnServers)
            try await Self.watch(fixture, waits: 3) { number in
                if number == 1 {
                    try mailbox.deliver(2, subject: "New")
                    try mailbox.deliver(3, subject: "Newer")
                }
            }
            #expect(fixture.found("subject") == ["New", "Newer"], "\(fixture.errors)")
            let payload = try #require(fixture.findings.first?.payload)
            #expect(payload["message_id"] == "<2@example.com>" && payload["folder"] == "INBOX")
            #expect(payload["body_text"]?.string?.contains("Text") == true)
            // Another robot goes on from there.
            try await Self.watch(fixture, waits: 1)
            #expect(fixture.findings.count == 2)
            let unread = try await mailbox.subjects(["search_criteria": "UNSEEN"])
            #expect(Set(unread) == ["Old", "New", "Newer"])
        }
    }

    @Test func `senders and subjects choose, and many mails come one report after the other`() async throws {
        try await MailboxFixture.with { mailbox in
            let fixture = WatchFixture(
                try Self.source(mailbox, from: "ben@", subject: "invoice", itemsMax: 1), secret: "secret word",
                policy: .ofOwnServers)
            try await Self.watch(fixture, waits: 2) { number in
                if number == 1 {
                    try mailbox.deliver(1, subject: "Invoice 1")
                    try mailbox.deliver(2, subject: "Else")
                    try mailbox.deliver(3, subject: "Invoice 2")
                }
            }
            #expect(fixture.found("subject") == ["Invoice 1", "Invoice 2"], "\(fixture.errors)")
            #expect(fixture.reports.allSatisfy { $0.findings.count <= 1 })
        }
    }

    @Test func `a wrong password is an error that does not repeat it`() async throws {
        try await MailboxFixture.with { mailbox in
            let fixture = WatchFixture(
                try Self.source(mailbox), secret: "wrong word", policy: .ofOwnServers)
            try await Self.watch(fixture, waits: 1)
            let error = try #require(fixture.errors.first ?? nil)
            #expect(error.contains("Authentication failed") && !error.contains("wrong word"))
        }
    }
}
