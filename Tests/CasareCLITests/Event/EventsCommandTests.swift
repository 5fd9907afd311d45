import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// `casarectl events`: what it asks for and what it prints.
struct EventsCommandTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let job = Job.ID("01890000-0000-7000-8000-000000000001")!  // The literal is a UUID.

    private static func event(_ number: Int, _ kind: String = "leased", _ detail: Object? = nil) -> EventInfo {
        EventInfo(
            cursor: "1-\(number)", at: Self.now, kind: kind, job: Self.job, workflow: "invoices", workflowVersion: 3,
            environment: "default", detail: detail)
    }

    private static func query(_ arguments: String...) throws -> EventQuery {
        try EventsCommand.parse(arguments).query(now: Self.now)
    }

    @Test func `without a place the last hour is shown, and of one job all`() throws {
        #expect(try Self.query() == EventQuery(since: Self.now.addingTimeInterval(-3600)))
        #expect(try Self.query("--job", Self.job.description) == EventQuery(job: Self.job, cursor: "start"))
        #expect(try Self.query("--follow") == EventQuery())
        #expect(try Self.query("--since", "10m") == EventQuery(since: Self.now.addingTimeInterval(-600)))
        #expect(try Self.query("--cursor", "1-2s") == EventQuery(cursor: "1-2s"))
    }

    @Test func `filters are asked for as they are given`() throws {
        let query = try Self.query(
            "--follow", "--kind", "failed,dead_lettered", "--kind", "Blocked", "--workflow", "invoices", "--env", "gpu",
            "--job", Self.job.description)
        #expect(
            query
                == EventQuery(
                    kinds: [.failed, .deadLettered, .blocked], workflow: "invoices", job: Self.job, environment: "gpu"))
    }

    @Test(arguments: [
        ["--kind", "compelted"], ["--kind", ""], ["--kind", "failed,"], ["--job", "7"],
        ["--since", "1h", "--cursor", "now"], ["--follow", "-o", "json"], ["--follow", "-o", "csv"],
        ["--follow", "--columns", "at"], ["--workflow", " "], ["--secret", ""],
    ])
    func `what cannot be meant is refused`(arguments: [String]) {
        if arguments == ["--kind", "failed,"] {
            // A comma at the end leaves nothing out.
            #expect(throws: Never.self) { try EventsCommand.parse(arguments) }
        } else {
            #expect(throws: (any Error).self) { try EventsCommand.parse(arguments) }
        }
    }

    @Test func `following prints formats of lines`() throws {
        for format in ["jsonl", "name", "table"] {
            #expect(throws: Never.self) { try EventsCommand.parse(["--follow", "-o", format]) }
        }
    }

    @Test func `a line is plain text that stands by itself`() {
        let line = EventLine(Self.event(1, "failed", ["message": "no\u{1B}[2J\nway"])).text
        #expect(line.hasPrefix("2027-01-15T08:00:00.000Z  failed  ") && line.contains("  \(Self.job)  invoices  {"))
        #expect(line.hasSuffix("\n") && line.filter { $0 == "\n" }.count == 1 && !line.contains("\u{1B}"))
        #expect(EventLine(Self.event(1)).text.hasSuffix("invoices\n"))
    }

    @Test func `a line of what happened to a secret names it, and no job`() throws {
        let event = EventInfo(
            cursor: "1-7", at: Self.now, kind: "secret.rotation_due", secret: "db/prod",
            detail: ["secret": "db/prod", "version": 4])
        #expect(
            EventLine(event).text
                == "2027-01-15T08:00:00.000Z  secret.rotation_due  db/prod  {\"secret\":\"db/prod\",\"version\":4}\n")
        func rendered(_ format: String) throws -> String {
            try OutputOptions.parse(["-o", format]).render(
                try EventLine.presentation(of: [event]),
                in: RenderContext(width: nil, usesColour: false, now: Self.now))
        }
        #expect(try rendered("name") == "db/prod\n")
        let json = try Value(parsingJSON: try rendered("jsonl"))
        #expect(json["secret"] == "db/prod" && json["kind"] == "secret.rotation_due")
        #expect(json["job"] == Value.null, "\(json)")
    }

    @Test func `kinds and names of secrets are asked for as they are given`() throws {
        let query = try Self.query(
            "--follow", "--kind", "secret.rotation_due,secret.expired,vault.rekey_finished", "--secret", "db/prod")
        #expect(
            query
                == EventQuery(kinds: [.secretRotationDue, .secretExpired, .vaultRekeyFinished], secret: "db/prod"))
    }

    @Test func `every line for programs has its cursor`() throws {
        let text = try OutputOptions.parse(["-o", "jsonl"]).render(
            try EventLine.presentation(of: [Self.event(1), Self.event(2)]),
            in: RenderContext(width: nil, usesColour: false, now: Self.now))
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        let first = try Value(parsingJSON: String(lines[0]))
        #expect(first["cursor"] == "1-1" && first["kind"] == "leased" && first["job"]?.string == Self.job.description)
    }

    // MARK: Following

    /// News that come one after the other.
    private struct Script: AsyncSequence {
        typealias Element = EventNews
        typealias Failure = ClientError

        let news: [EventNews]
        let end: ClientError?

        struct AsyncIterator: AsyncIteratorProtocol {
            var rest: ArraySlice<EventNews>
            let end: ClientError?

            mutating func next() async throws(ClientError) -> EventNews? {
                if let news = self.rest.popFirst() { return news }
                if let end { throw end }
                return nil
            }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: self.news[...], end: self.end) }
    }

    private static let away = ClientError.unreachable(url: "http://x", reason: "connection refused")

    @Test func `who follows knows where to go on`() async throws {
        let follower = EventFollower(from: "1-0")
        #expect(follower.lastCursor == "1-0")
        var seen: [String] = []
        let news: [EventNews] = [
            .event(Self.event(1)), .interrupted(Self.away), .event(Self.event(2)), .caughtUp(cursor: "1-9"),
        ]
        try await follower.follow(Script(news: news, end: nil)) { seen.append($0.cursor) }
        #expect(seen == ["1-1", "1-2"] && follower.lastCursor == "1-9")
    }

    @Test func `an event that could not be shown comes again`() async throws {
        struct Full: Error {}
        let follower = EventFollower(from: nil)
        let script = Script(news: [.event(Self.event(1)), .event(Self.event(2))], end: nil)
        await #expect(throws: Full.self) {
            try await follower.follow(script) { if $0.cursor == "1-2" { throw Full() } }
        }
        #expect(follower.lastCursor == "1-1")
    }

    @Test func `a server that stays away ends the following`() async throws {
        let follower = EventFollower(from: nil)
        let news: [EventNews] = [.event(Self.event(1)), .interrupted(Self.away), .interrupted(Self.away)]
        await #expect(throws: Self.away) {
            try await follower.follow(Script(news: news, end: nil), outageMax: .zero) { _ in }
        }
        #expect(follower.lastCursor == "1-1")
    }
}
