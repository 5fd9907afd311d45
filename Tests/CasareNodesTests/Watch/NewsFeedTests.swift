import CasareDomain
import CasareEngine
import Testing

@testable import CasareNodes

/// Documents of news, and what is new in them.
struct NewsFeedTests {
    static func rss(_ items: [(id: String, title: String)]) -> String {
        let texts = items.map { item in
            """
            <item><guid isPermaLink="false">\(item.id)</guid><title>\(item.title)</title>
            <link>https://example.org/\(item.id)</link><description>About &lt;b&gt;it&lt;/b&gt;</description>
            <pubDate>Fri, 2 Jan 2026 03:04:05 +0100</pubDate><category>Finance</category></item>
            """
        }
        return
            "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>News</title>\(texts.joined())</channel></rss>"
    }

    @Test func `RSS 2 is read with what an item says`() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
             xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">
            <channel><title>News</title><link>https://example.org</link>
            <item><title> First </title><media:title>other</media:title><link>https://example.org/1</link>
            <guid>tag:1</guid><description><![CDATA[<p>Text</p>]]></description>
            <content:encoded><![CDATA[<p>All</p>]]></content:encoded><dc:creator>Ann</dc:creator>
            <pubDate>Fri, 02 Jan 2026 03:04:05 GMT</pubDate><category>a</category><category>b</category></item>
            <item><title>Second</title><link>https://example.org/2</link></item>
            </channel></rss>
            """
        let feed = try NewsFeed(Array(text.utf8))
        #expect(feed.title == "News" && feed.items.count == 2)
        let first = feed.items[0]
        #expect(first.id == "tag:1" && first.title == "First" && first.link == "https://example.org/1")
        #expect(first.description == "<p>Text</p>" && first.content == "<p>All</p>" && first.author == "Ann")
        #expect(first.published == "2026-01-02T03:04:05+00:00" && first.categories == ["a", "b"])
        #expect(feed.items[1].id == "https://example.org/2")
    }

    @Test(arguments: ["", "atom:"])
    func `Atom is read, with and without a prefix`(prefix: String) throws {
        let name = prefix.isEmpty ? "xmlns" : "xmlns:atom"
        let text = """
            <\(prefix)feed \(name)="http://www.w3.org/2005/Atom"><\(prefix)title>News</\(prefix)title>
            <\(prefix)entry><\(prefix)id>urn:1</\(prefix)id><\(prefix)title>First</\(prefix)title>
            <\(prefix)link rel="enclosure" href="https://example.org/file"/>
            <\(prefix)link href="https://example.org/1"/>
            <\(prefix)author><\(prefix)name>Ann</\(prefix)name></\(prefix)author>
            <\(prefix)summary>Short</\(prefix)summary><\(prefix)updated>2026-01-02T03:04:05Z</\(prefix)updated>
            <\(prefix)category term="a"/></\(prefix)entry></\(prefix)feed>
            """
        let feed = try NewsFeed(Array(text.utf8))
        let item = try #require(feed.items.first)
        #expect(feed.title == "News" && item.id == "urn:1" && item.title == "First")
        #expect(item.link == "https://example.org/1" && item.author == "Ann" && item.description == "Short")
        #expect(item.published == "2026-01-02T03:04:05Z" && item.categories == ["a"])
    }

    @Test func `RSS 1 has its items beside the channel`() throws {
        let text = """
            <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
            <channel><title>News</title></channel><item><title>First</title><link>https://example.org/1</link></item>
            </rdf:RDF>
            """
        let feed = try NewsFeed(Array(text.utf8))
        #expect(feed.title == "News" && feed.items.map(\.id) == ["https://example.org/1"])
    }

    @Test func `an item without any ID is known by what it says`() throws {
        let text = "<rss><channel><item><title>a</title></item><item><title>b</title></item></channel></rss>"
        let feed = try NewsFeed(Array(text.utf8))
        #expect(Set(feed.items.map(\.id)).count == 2)
    }

    @Test(arguments: [
        "", "no XML", "<html><body/></html>", "<rss/>", "<rss><channel>",
        "<!DOCTYPE rss [<!ENTITY a \"b\">]><rss><channel/></rss>",
    ])
    func `what is no feed is refused`(text: String) {
        let error = #expect(throws: NodeFailure.self) { _ = try NewsFeed(Array(text.utf8)) }
        #expect(error?.message.contains("The feed cannot be read") == true)
    }

    // MARK: - What is new

    private static func state(
        _ source: FeedSource? = nil, _ rss: FeedSource.RSS? = nil, stored: Value? = nil
    ) -> NewsState {
        let rss = rss ?? FeedSource.RSS(FeedRequest(url: "https://example.org/feed"))
        return NewsState(source ?? FeedSource(.rss(rss)), rss, stored: stored)
    }

    private static func look(
        _ state: inout NewsState, _ items: [(id: String, title: String)], tag: String? = nil
    ) throws -> Look {
        let feed = try NewsFeed(Array(Self.rss(items).utf8))
        return state.looked(at: feed, entityTag: tag, lastModified: nil, now: "now")
    }

    @Test func `what is there at the beginning does not count, and what comes then does, the oldest first`() throws {
        var state = Self.state()
        let first = try Self.look(&state, [("2", "b"), ("1", "a")])
        #expect(first.findings.isEmpty && first.state != nil)
        let second = try Self.look(&state, [("4", "d"), ("3", "c"), ("2", "b")])
        #expect(second.findings.map(\.key) == ["3", "4"])
        let payload = try #require(second.findings.first?.payload)
        #expect(payload["title"] == "c" && payload["link"] == "https://example.org/3")
        #expect(payload["feed_title"] == "News" && payload["description"] == "About <b>it</b>")
        // What has left the feed and comes back is not new.
        let third = try Self.look(&state, [("1", "a"), ("4", "changed")])
        #expect(third.findings.isEmpty && third.state == nil)
    }

    @Test func `what is there at the beginning counts where it is wanted`() throws {
        let rss = FeedSource.RSS(FeedRequest(url: "https://example.org/feed"))
        var state = Self.state(FeedSource(.rss(rss), takesExisting: true))
        let first = try Self.look(&state, [("2", "b"), ("1", "a")])
        #expect(first.findings.map(\.key) == ["1", "2"])
    }

    @Test func `who takes over repeats nothing`() throws {
        var first = Self.state()
        _ = try Self.look(&first, [("1", "a")])
        var second = Self.state(stored: first.value)
        let found = try Self.look(&second, [("2", "b"), ("1", "a")])
        #expect(found.findings.map(\.key) == ["2"])
    }

    @Test func `what is too much for one look follows, and the server is asked for it again`() throws {
        let rss = FeedSource.RSS(FeedRequest(url: "https://example.org/feed"))
        var state = Self.state(FeedSource(.rss(rss), itemsMax: 2, takesExisting: true))
        let items: [(id: String, title: String)] = [("3", "c"), ("2", "b"), ("1", "a")]
        let first = try Self.look(&state, items, tag: "t")
        #expect(first.findings.map(\.key) == ["1", "2"] && state.entityTag == nil)
        let second = try Self.look(&state, items, tag: "t")
        #expect(second.findings.map(\.key) == ["3"] && state.entityTag == "t")
    }

    @Test(
        arguments: [("INVOICE", "", ["2"]), ("", "finance", ["1", "2"]), ("", "sports", [])]
            as [(String, String, [String])])
    func `what the filters leave out is seen and does not count`(
        title: String, category: String, found: [String]
    ) throws {
        let rss = FeedSource.RSS(
            FeedRequest(url: "https://example.org/feed"), titleFilter: title.isEmpty ? nil : title,
            categoryFilter: category.isEmpty ? nil : category)
        var state = Self.state(nil, rss)
        _ = try Self.look(&state, [])
        let look = try Self.look(&state, [("2", "An invoice"), ("1", "Else")])
        #expect(look.findings.map(\.key) == found)
        let again = try Self.look(&state, [("2", "An invoice"), ("1", "Now an invoice")])
        #expect(again.findings.isEmpty)
    }

    @Test func `of what is seen the oldest is forgotten, but for what is in the feed still`() {
        var seen = SeenItems()
        for number in 0..<(SeenItems.countMax + 5) { seen.insert("\(number)") }
        seen.trim(keeping: ["0", "1"])
        #expect(seen.contains("0") && seen.contains("1") && !seen.contains("2") && !seen.contains("6"))
        #expect(seen.contains("7") && SeenItems(seen.value) == seen)
    }
}
