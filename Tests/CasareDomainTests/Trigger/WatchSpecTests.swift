import CasareDomain
import FoundationEssentials
import Testing

/// The specs of triggers that robots watch for.
struct WatchSpecTests {
    private static func spec(_ source: String) throws -> TriggerSpec {
        try JSONDecoder().decode(
            TriggerSpec.self, from: Data(#"{"workflow": "w", \#(source)}"#.utf8))
    }

    /// What a spec is refused for: the member, and what is said of it.
    private static func refusal(_ source: String) -> String {
        do {
            return "taken: \(try self.spec(source))"
        } catch DecodingError.dataCorrupted(let context) {
            return context.codingPath.map(\.stringValue).joined(separator: ".") + ": " + context.debugDescription
        } catch {
            return "\(error)"
        }
    }

    @Test func `of files only the folder must be said`() throws {
        let spec = try Self.spec(#""file": {"path": "/in"}"#)
        #expect(spec.source == .file(FileSource(path: "/in")) && spec.source.kind == .file)
        let text = String(decoding: try JSONEncoder().encode(spec.source.file), as: UTF8.self)
        #expect(text == #"{"path":"\/in"}"#)
    }

    @Test func `a spec of files comes back as it was written`() throws {
        let spec = try Self.spec(
            #"""
            "file": {"path": "~/in", "patterns": ["*.csv", "in/*"], "recursive": true, "events": ["deleted"],
                "debounce_seconds": 0, "settled_seconds": 10.5, "ignore": [], "existing": true, "poll_seconds": 0.5,
                "robot": "r1", "variables": {"file": "payload.file_path"}}
            """#)
        let again = try JSONDecoder().decode(TriggerSpec.self, from: try JSONEncoder().encode(spec))
        #expect(again == spec)
        let source = try #require(spec.source.file)
        #expect(source.patterns == ["*.csv", "in/*"] && source.isRecursive && source.events == [.deleted])
        #expect(source.debounceSeconds == 0 && source.settledSeconds == 10.5 && source.ignore.isEmpty)
        #expect(source.takesExisting && source.pollSeconds == 0.5 && source.robot?.rawValue == "r1")
        #expect(spec.mapping.entries.map(\.variable) == ["file"])
    }

    @Test(arguments: [
        (#""path": "in""#, "file.path: expected an absolute path"),
        (#""path": """#, "file.path: expected 1 to"),
        (#""path": "/in", "patterns": []"#, "file.patterns: name one pattern"),
        (#""path": "/in", "patterns": ["../*"]"#, "file.patterns: \"../*\" must stay inside"),
        (#""path": "/in", "ignore": ["/etc/*"]"#, "file.ignore: \"/etc/*\" must stay inside"),
        (#""path": "/in", "events": []"#, "file.events: name one or more"),
        (#""path": "/in", "events": ["created", "created"]"#, "file.events: name one or more"),
        (#""path": "/in", "poll_seconds": 0.4"#, "file.poll_seconds: expected seconds from 0.5"),
        (#""path": "/in", "settled_seconds": -1"#, "file.settled_seconds: expected seconds from 0"),
        (#""path": "/in", "debounce_seconds": 3601"#, "file.debounce_seconds: expected seconds"),
        (#""path": "/in", "variables": {"v": 1}"#, "file.variables: v is a number"),
    ])
    func `what nobody can watch is refused with its member`(members: String, message: String) {
        let refusal = Self.refusal(#""file": {\#(members)}"#)
        #expect(refusal.hasPrefix(message), "\(refusal)")
    }

    @Test func `what is seen of files counts for the same files`() {
        let source = FileSource(path: "/in")
        var slower = source
        (slower.pollSeconds, slower.events, slower.settledSeconds) = (60, [.deleted], 5)
        #expect(Watch.Source.file(slower).identity == Watch.Source.file(source).identity)
        var others: [FileSource] = []
        for change: (inout FileSource) -> Void in [
            { $0.path = "/out" }, { $0.patterns = ["*.csv"] }, { $0.isRecursive = true }, { $0.ignore = [] },
        ] {
            var other = source
            change(&other)
            others.append(other)
        }
        let identities = ([source] + others).map { Watch.Source.file($0).identity }
        #expect(Set(identities).count == 5)
    }

    @Test(arguments: [
        #""rss": {"url": "https://example.org/feed"}"#,
        #""rss": {"url": "http://example.org", "headers": {"X-A": "b"}, "auth": {"kind": "basic", "username": "ann"}, "filter_title": "t", "filter_category": "c"}, "poll_seconds": 5, "items_max": 100, "existing": true, "robot": "r1""#,
        #""sse": {"url": "https://example.org", "event_types": ["a"], "filter_data": "x", "auth": {"kind": "header", "header": "X-Key"}}"#,
        #""imap": {"server": "mail.example.org", "username": "ann"}"#,
        #""imap": {"server": "mail.example.org", "port": 1143, "tls": "starttls", "username": "ann", "folder": "In", "from_filter": "ben", "subject_filter": "bill", "ssl_ca": "/ca.pem"}"#,
    ])
    func `a spec of a feed comes back as it was written`(members: String) throws {
        let spec = try Self.spec(#""feed": {\#(members)}"#)
        #expect(spec.source.kind == .feed)
        let again = try JSONDecoder().decode(TriggerSpec.self, from: try JSONEncoder().encode(spec))
        #expect(again == spec)
    }

    @Test(arguments: [
        (#""rss": {"url": "ftp://example.org"}"#, "feed.rss.url: expected a URL"),
        (#""rss": {"url": "https://ann:s3cret@example.org"}"#, "feed.rss.url: holds a name or password"),
        (#""rss": {"url": "https://x", "headers": {"Authorization": "b"}}"#, "feed.rss.headers: Authorization holds"),
        (#""rss": {"url": "https://x", "auth": {"kind": "basic"}}"#, "feed.rss.auth.username: is required"),
        (#""rss": {"url": "https://x", "auth": {"kind": "bearer", "header": "X"}}"#, "feed.rss.auth.header: is for"),
        (#""rss": {"url": "https://x"}, "poll_seconds": 4.9"#, "feed.poll_seconds: expected seconds from 5"),
        (#""rss": {"url": "https://x"}, "items_max": 101"#, "feed.items_max: expected a number from 1 to 100"),
        (#""sse": {"url": "https://x"}, "existing": true"#, "feed.existing: a server sends events"),
        (#""imap": {"server": "x", "username": "a", "port": 0}"#, "feed.imap.port: expected a number"),
        (#""poll_seconds": 60"#, "feed.rss: is required"),
        (#""rss": {"url": "https://x"}, "sse": {"url": "https://x"}"#, "feed.sse: give one of"),
    ])
    func `a feed that nobody can read is refused with its member`(members: String, message: String) {
        let refusal = Self.refusal(#""feed": {\#(members)}"#)
        #expect(refusal.hasPrefix(message), "\(refusal)")
        #expect(!refusal.contains("s3cret"))
    }

    @Test func `a trigger waits for one thing`() {
        #expect(Self.refusal(#""description": "d""#).hasPrefix("webhook: is required"))
        let two = Self.refusal(#""file": {"path": "/in"}, "feed": {"rss": {"url": "https://x"}}"#)
        #expect(two.hasPrefix("feed: give one of"), "\(two)")
    }

    @Test func `a path with an @ is no password`() throws {
        let spec = try Self.spec(#""feed": {"rss": {"url": "https://example.org/@ann/feed"}}"#)
        #expect(spec.source.kind == .feed)
    }

    @Test func `a secret is never printed`() {
        let secret = WatchSecret("s3cret")
        #expect("\(secret)" == "<redacted>" && secret.reveal() == "s3cret")
        #expect(!String(reflecting: [secret]).contains("s3cret"))
    }
}

extension TriggerSpec.Source {
    fileprivate var file: FileSource? {
        switch self {
        case .file(let file): file
        case .webhook, .job, .feed: nil
        }
    }
}
