import CasareEngine
import Testing

@testable import CasareNodes

@Suite struct XPathTests {
    private let document: XMLDocument

    init() throws {
        self.document = try XMLParser.parse(
            """
            <shop><book id="1" lang="en"><title>A</title><price>5</price></book>
            <book id="2"><title>B</title></book><box><book id="3"><title>A</title></book><empty/></box></shop>
            """)
    }

    private func found(_ path: String) throws -> [String] {
        try XPath(path).matches(in: self.document).map {
            self.document[$0].attribute("id") ?? self.document[$0].name ?? ""
        }
    }

    @Test(arguments: [
        ("book", ["1", "2"]), ("./book", ["1", "2"]), (".//book", ["1", "2", "3"]), ("//book", ["1", "2", "3"]),
        ("/shop/book", ["1", "2"]), ("/shop", ["shop"]), ("//shop", ["shop"]), ("/book", []), (".", ["shop"]),
        ("*", ["1", "2", "box"]), ("box/*", ["3", "empty"]), ("book/title/..", ["1", "2"]), ("book[1]", ["1"]),
        ("book[last()]", ["2"]), ("book[last()-1]", ["1"]), ("book[3]", []), ("//book[1]", ["1", "3"]),
        (".//book[@lang]", ["1"]), (".//book[@id='2']", ["2"]), (".//book[@id!=\"2\"]", ["1", "3"]),
        (".//book[price]", ["1"]), (".//book[title='A']", ["1", "3"]), ("//book[title='A'][@lang]", ["1"]),
        ("//title[.='B']/..", ["2"]), ("//*[@id]/title/..", ["1", "2", "3"]), ("book[@id='1]']", []),
        ("//empty/..//book", ["3"]), ("..", []), ("none/none", []),
    ])
    func `paths lead to elements`(path: String, expected: [String]) throws {
        #expect(try self.found(path) == expected)
    }

    @Test(arguments: [
        "", "//", "a//", "book[0]", "book[-1]", "book[", "book[]", "text()", "book/@id", "a|b", "book[position()=1]",
        "a b",
    ])
    func `what is not in the subset is refused`(path: String) {
        #expect(throws: NodeFailure.self) { try XPath(path) }
    }
}
