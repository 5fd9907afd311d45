import Testing

@testable import CasareNodes

@Suite struct XMLParserTests {
    @Test func `elements, attributes, text and tails are kept`() throws {
        let document = try XMLParser.parse(
            """
            \u{FEFF}<?xml version="1.0" encoding="UTF-8"?>
            <!-- before --><?style none?>
            <a:root xmlns:a='urn:x' b = "1 &lt; &#x32;"> head <item/>tail<![CDATA[<raw> & ]]>\r\nend</a:root >
            <!-- after -->
            """)
        let root = document[document.root]
        #expect(root.name == "a:root")
        #expect(root.attribute("xmlns:a") == "urn:x")
        #expect(root.attribute("b") == "1 < 2")
        #expect(root.text == " head ")
        let item = document.elements(in: document.root)[0]
        #expect(document[item].tail == "tail<raw> & \nend")
        #expect(document.prologue.count == 2)
        #expect(document.epilogue.count == 1)
    }

    @Test(arguments: [
        "", "   ", "text", "<a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a/>text", "<a b=1/>", "<a b/>",
        "<a b='1' b='2'/>", "<a b='1'c='2'/>", "<a b='<'/>", "<a>&nbsp;</a>", "<a>&</a>", "<a>& b</a>", "<a>&#0;</a>",
        "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>]]></a>", "<a><!-- -- --></a>", "<a><![CDATA[</a>", "<1/>",
        "< a/>", "<a", "<a b='", "<a>\u{1}</a>", "<a><?xml version='1.0'?></a>", " <?xml version='1.0'?><a/>", "</a>",
        "<a>\u{FFFF}</a>",
    ])
    func `what is not well-formed is refused`(text: String) {
        #expect(throws: XMLParseError.self) { try XMLParser.parse(text) }
    }

    @Test func `document types are refused, and with them entity bombs and external entities`() {
        let bomb = """
            <?xml version="1.0"?>
            <!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
            <lolz>&b;</lolz>
            """
        let external = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"
        for text in [bomb, external, "<!DOCTYPE a SYSTEM 'http://127.0.0.1/a.dtd'><a/>"] {
            #expect {
                try XMLParser.parse(text)
            } throws: { error in
                (error as? XMLParseError)?.message == "Document type declarations are refused"
            }
        }
    }

    @Test(arguments: [(XMLParser.depthMax, true), (XMLParser.depthMax + 1, false), (100_000, false)])
    func `elements nest only so deep`(depth: Int, isAccepted: Bool) {
        let text = String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        #expect(((try? XMLParser.parse(text)) != nil) == isAccepted)
    }

    @Test func `errors tell where they are`() {
        #expect {
            try XMLParser.parse("<a>\n  <b></c>\n</a>")
        } throws: { error in
            "\(error)" == "</b> was expected, not </c> (line 2, column 9)"
        }
    }

    @Test func `what is written is read back the same`() throws {
        let text = "<a x=\"&quot;&lt;&#10;\"> t &amp; &lt;<b/>u<!--c--><?p q?><c>d</c></a>"
        var writer = XMLWriter(try XMLParser.parse(text), isPretty: false)
        #expect(writer.text() == text)
        // Text beside elements forbids new lines there.
        var pretty = XMLWriter(try XMLParser.parse(text), isPretty: true)
        #expect(pretty.text() == text)
        var lines = XMLWriter(try XMLParser.parse("<a><b><c/></b><!--x--><d>t</d></a>"), isPretty: true)
        #expect(lines.text() == "<a>\n  <b>\n    <c/>\n  </b>\n  <!--x-->\n  <d>t</d>\n</a>")
    }
}
