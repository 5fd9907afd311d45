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

    // MARK: - New members

    @Test(arguments: [
        ("k", "v", "k=v"), ("k", "", "k="), ("k", "a b", "k=a%20b"), ("k", "a,b;c\"d\\e", "k=a%2Cb%3Bc%22d%5Ce"),
        ("k", "100%", "k=100%25"), ("k", "Amélie", "k=Am%C3%A9lie"), ("k", "\u{01}\u{7F}", "k=%01%7F"),
        ("k", "a=b/c", "k=a=b/c"),
    ])
    func `a value may be any text`(name: String, value: String, expected: String) {
        let baggage = Baggage(name, value)
        #expect(baggage?.description == expected)
        #expect(Baggage(expected) == baggage, "What is written can be read")
    }

    @Test(arguments: ["", "k v", "k=", "ä", "k,l", "k;p"])
    func `a name that is none adds nothing`(name: String) throws {
        #expect(Baggage(name, "v") == nil)
        let baggage = try #require(Baggage("a=1"))
        #expect(baggage.adding(name, "v") == baggage)
    }

    @Test func `a member is added at the end, in the place of those that have its name`() throws {
        let baggage = try #require(Baggage("a=1, b = 2;p ,a=3,c=4"))
        #expect(baggage.adding("d", "5").description == "a=1,b = 2;p,a=3,c=4,d=5")
        #expect(baggage.adding("a", "5").description == "b = 2;p,c=4,a=5")
        #expect(baggage.adding("b", "5").description == "a=1,a=3,c=4,b=5")
        #expect(baggage.adding("A", "5").description == "a=1,b = 2;p,a=3,c=4,A=5")
    }

    @Test func `where there is no room for the whole member, all stays as it was`() throws {
        let many = try #require(Baggage((1...63).map { "k\($0)=v" }.joined(separator: ",")))
        let full = many.adding("k64", "v")
        #expect(full.description == many.description + ",k64=v")
        #expect(full.adding("k65", "v") == full)
        #expect(full.adding("k64", "w").description == many.description + ",k64=w")
        let long = try #require(Baggage("a=" + String(repeating: "v", count: 8186)))
        #expect(long.adding("b", "1").description.utf8.count == 8192)
        #expect(long.adding("b", "12") == long)
        #expect(Baggage("a", String(repeating: "v", count: 8190))?.description.utf8.count == 8192)
        #expect(Baggage("a", String(repeating: "v", count: 8191)) == nil)
    }
}
