import CasareDomain
import Testing

struct BaggageTests {
    @Test(arguments: [
        ("k=v", "k=v"), (" k=v , l=w ", "k=v,l=w"), ("k=", "k="), ("k=v;p;q=1,l=w", "k=v;p;q=1,l=w"),
        ("k = v ; p = 1", "k = v ; p = 1"), ("k=a=b", "k=a=b"), ("user%20id=Am%C3%A9lie", "user%20id=Am%C3%A9lie"),
        ("K=V", "K=V"), ("k=v,k=w", "k=v,k=w"),
    ])
    func `members are handed on`(text: String, expected: String) {
        #expect(Baggage(text)?.description == expected)
    }

    @Test(arguments: [
        "", ",", "k", "=v", "k v=1", "k=v w", "k=\"v\"", "k=ä", "ä=1", "k=v;", "k=v;p q", #"k=a\b"#, "k(=v", "k=\u{7F}",
    ])
    func `a member that breaks a rule is left out, and no other`(text: String) {
        #expect(Baggage(text) == nil)
        #expect(Baggage("a=1,\(text),b=2")?.description == "a=1,b=2")
    }

    @Test(arguments: [64, 65])
    func `there are 64 members at most`(count: Int) {
        let members = (1...count).map { "k\($0)=v" }
        #expect(Baggage(members.joined(separator: ","))?.description == members.prefix(64).joined(separator: ","))
    }

    @Test(arguments: [8192, 8193])
    func `of more than 8192 bytes whole members are left out`(bytes: Int) {
        let first = "a=" + String(repeating: "v", count: 4000)
        let second = "b=" + String(repeating: "v", count: bytes - first.count - 3)
        let text = "\(first),\(second)"
        #expect(text.utf8.count == bytes)
        #expect(Baggage(text)?.description == (bytes == 8192 ? text : first))
        let single = "k=" + String(repeating: "v", count: bytes - 2)
        #expect((Baggage(single) == nil) == (bytes > 8192))
    }
}
