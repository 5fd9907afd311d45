import CasareEngine
import CasareNodes
import Testing

@Suite struct WebURLTests {
    @Test(arguments: [
        ("http://Example.COM", "http://example.com/"), ("HTTPS://a.b:443/x", "https://a.b/x"),
        ("http://a:8080?q=1", "http://a:8080/?q=1"), (" http://a/b c?d=é#frag ", "http://a/b%20c?d=%C3%A9"),
        ("http://a/%7Eb%2fc%zz", "http://a/%7Eb%2fc%25zz"), ("http://a./x", "http://a/x"),
        ("http://[::1]:80/x", "http://[::1]/x"), ("http://[2001:DB8:0::1]:81", "http://[2001:db8::1]:81/"),
        ("http://a/x?y[z]=\"1\"", "http://a/x?y%5Bz%5D=%221%22"), ("http://u:p@a/x", "http://a/x"),
        ("http://a:/x", "http://a/x"), ("http://a_b/x\\y", "http://a_b/x%5Cy"),
        ("http://a/\u{301}b#\u{301}frag", "http://a/%CC%81b"), ("http://a?\u{301}", "http://a/?%CC%81"),
        ("http://a#\u{301}frag", "http://a/"),
    ])
    func `a URL has one form`(text: String, expected: String) throws {
        #expect(try WebURL(text).text == expected)
    }

    @Test(arguments: [
        "", "a.b/c", "ftp://a/b", "file:///etc/passwd", "http://", "http:///x", "http://:80/", "http://a:0/",
        "http://a:65536/", "http://a:+8/", "http://a b/", "http://ä.de/", "http://a%2eb/", "http://[::1/",
        "http://[1.2.3.4]/",
        "http://[fe80::1%25eth0]/", "http://a\\@b/", "http://a\\\u{301}@b/", "http://a,b/", "javascript:alert(1)",
    ])
    func `what two parsers could read in two ways is refused`(text: String) {
        let failure = #expect(throws: NodeFailure.self) { try WebURL(text) }
        #expect(failure?.type == "ValueError")
    }

    @Test(arguments: [
        ("https://user:s3cret@a.b:8443/c#frag", "https://a.b:8443/c"), ("http://a/b?", "http://a/b?"),
        ("http://a/b?token=s3cret&page=2", "http://a/b?token=REDACTED&page=REDACTED"),
        ("http://a/b?s3cret", "http://a/b?REDACTED"), ("http://a/b?s3cret=&x=1", "http://a/b?REDACTED&x=REDACTED"),
        ("http://a/b?czNjcmV0==", "http://a/b?REDACTED"), ("http://a/b?=s3cret", "http://a/b?REDACTED"),
        ("http://a/b?x=s3=cret&&y", "http://a/b?x=REDACTED&REDACTED"),
    ])
    func `traces carry the names of parameters only`(text: String, expected: String) throws {
        #expect(try WebURL(text).redacted == expected)
    }

    @Test func `messages carry no credentials`() throws {
        let url = try WebURL("https://user:s3cret@a.b/c?token=s3cret")
        #expect(url.display == "https://a.b/c?…")
        #expect(url.userinfo == "user:s3cret")
        for text in [
            "ftp://user:s3cret@a/b", "http://user:s3cret@a b/c?token=s3cret", "http://a b/c?key=s3cret",
            "http://user:s3cret@\u{301}a/", "http://a b/c?\u{301}key=s3cret",
        ] {
            let failure = try #require(throws: NodeFailure.self) { try WebURL(text) }
            #expect(!failure.message.contains("s3cret"))
        }
    }

    @Test(arguments: [
        ("/x", "http://a/x"), ("x", "http://a/b/x"), ("./x", "http://a/b/x"), ("../x", "http://a/x"),
        ("../../../x/", "http://a/x/"), ("?q", "http://a/b/c?q"), ("#f", "http://a/b/c?d"), ("", "http://a/b/c?d"),
        ("//h:8/x", "http://h:8/x"), ("https://h/x#f", "https://h/x"), ("x/./y/..", "http://a/b/x/"),
        ("x:y", nil), ("ftp://h/x", nil), ("http://u:p@h/", "http://h/"),
        ("//\u{301}h/x", nil), ("?\u{301}q", "http://a/b/c?%CC%81q"), ("#\u{301}f", "http://a/b/c?d"),
    ])
    func `a redirect is resolved against its URL`(reference: String, expected: String?) throws {
        let base = try WebURL("http://a/b/c?d")
        #expect((try? base.resolving(reference))?.text == expected)
        #expect((try? base.resolving(reference))?.userinfo == nil)
    }
}
