import CasareDomain
import CasareEngine
import Testing

/// Which watcher looks for what.
struct WatchersTests {
    private struct Named: Watcher {
        let name: String

        func watch(_ watch: Watch, in environment: WatchEnvironment) async throws {}
    }

    private static let request = FeedRequest(url: "https://example.org")

    @Test(
        arguments: [
            (.file(FileSource(path: "/in")), "files"), (.feed(FeedSource(.rss(.init(Self.request)))), "feeds"),
            (.feed(FeedSource(.sse(.init(Self.request)))), "feeds"),
            (.feed(FeedSource(.imap(.init(server: "mail.example.org", username: "ann")))), "feeds"),
        ] as [(Watch.Source, String)])
    func `files and feeds have a watcher each`(source: Watch.Source, name: String) {
        let watchers = Watchers(file: Named(name: "files"), feed: Named(name: "feeds"))
        #expect((watchers.watcher(of: source) as? Named)?.name == name)
    }
}
