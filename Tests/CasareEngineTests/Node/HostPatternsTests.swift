import CasareEngine
import Testing

/// Servers as whoever runs a robot names them.
struct HostPatternsTests {
    @Test(arguments: [
        ("api.example.com", "api.example.com", true), ("api.example.com", "API.example.com", true),
        ("api.example.com", "example.com", false), ("api.example.com", "x.api.example.com", false),
        ("api.example.com.", "api.example.com", true), (" a.b , c.d ,", "c.d", true),
        ("*.example.com", "a.example.com", true), ("*.example.com", "a.b.example.com", true),
        ("*.example.com", "example.com", false), ("*.example.com", ".example.com", false),
        ("*.example.com", "badexample.com", false), ("*", "anything", true), ("*", "::1", true),
        ("a.b, *", "c.d", true), ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.10", false),
        ("[::1]", "::1", true), ("[2001:DB8::1]", "2001:db8::1", true), ("localhost", "127.0.0.1", false),
    ])
    func `a host is among them by its name or what it ends with`(text: String, host: String, isAmong: Bool) throws {
        let patterns = try #require(HostPatterns(text))
        #expect(patterns.contains(host) == isAmong)
    }

    @Test(arguments: [
        "a b", "https://a.b", "a.b:80", "a.*", "*a.b", "*.", "a/b", "[::1", "[a.b]", "*.[::1]", "::1", "ä.de", ".",
    ])
    func `what is no host is refused`(text: String) { #expect(HostPatterns(text) == nil) }

    @Test func `there are none unless somebody names them`() {
        #expect(!HostPatterns.none.contains("localhost"))
        #expect(HostPatterns("") == HostPatterns.none && HostPatterns(" , ") == HostPatterns.none)
        #expect(NodePolicy.standard.traceHosts == .none && NodePolicy.unbound.traceHosts == .none)
    }
}
