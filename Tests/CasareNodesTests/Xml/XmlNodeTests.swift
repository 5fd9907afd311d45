import CasareDomain
import CasareEngine
import Testing

@Suite struct XmlNodeTests {
    private let folder = RunFolder(path: "/tmp")
    private let variables = Variables()

    /// Runs a node on the variables of this test, as one run does.
    private func run(_ name: String, _ inputs: Object = [:]) throws -> Object {
        let type = RunFolder.type(name)
        guard case .pure(let work) = type.behaviour else { preconditionFailure("\(name) is not pure") }
        var context = PureContext(
            nodeID: "node", workflowName: "test", variables: self.variables, random: SeededRandom(seed: 1))
        return try work(Inputs(type, inputs), &context).outputs
    }

    @Test func `the document parsed last serves the nodes that are given none`() throws {
        #expect(throws: NodeFailure.self) { try self.run("XPathQueryNode", ["xpath": "//item"]) }
        let parsed = try self.run("ParseXMLNode", ["xml_string": "<root>t<item id='1'>Test</item> x</root>"])
        #expect(parsed == ["root_tag": "root", "root_text": "t", "child_count": 1, "success": true])
        let query = try self.run("XPathQueryNode", ["xpath": "//item"])
        #expect(query["results"] == [["tag": "item", "text": "Test", "attrib": ["id": "1"], "tail": " x"]])
        #expect(query["first_text"] == "Test")
        #expect(query["count"] == 1)
        let element = try self.run("GetXMLElementNode", ["tag_name": "item"])
        #expect(element["attributes"] == ["id": "1"])
        #expect(element["found"] == true)
        let attribute = try self.run("GetXMLAttributeNode", ["attribute_name": "id", "xpath": "item"])
        #expect(attribute == ["value": "1", "found": true])
        #expect(try self.run("GetXMLAttributeNode", ["attribute_name": "id"])["found"] == false)
        #expect(try self.run("XMLToJsonNode")["json_data"]?["root"]?["item"]?["#text"] == "Test")
    }

    @Test func `a document that is given wins over the last one`() throws {
        _ = try self.run("ParseXMLNode", ["xml_string": "<a/>"])
        #expect(
            try self.run("XPathQueryNode", ["xpath": ".", "xml_string": "<b/>"])["results"]?.list?.first?["tag"] == "b")
    }

    @Test func `malformed XML fails with success false`() async throws {
        for name in ["ParseXMLNode", "XMLToJsonNode", "GetXMLElementNode"] {
            let failure = try await self.folder.failure(name, ["xml_string": "<a>", "tag_name": "a"])
            #expect(failure.message.hasPrefix("XML parse error: <a> is not closed"))
            #expect(failure.outputs["success"] == false)
        }
    }

    @Test func `an element that is not there is not found, and that is no failure`() throws {
        let missing = try self.run(
            "GetXMLElementNode", ["xml_string": "<a><b/><b>2</b></a>", "tag_name": "b", "index": 2])
        #expect(missing["found"] == false)
        let second = try self.run(
            "GetXMLElementNode", ["xml_string": "<a><b/><b>2</b></a>", "tag_name": "b", "index": 1])
        #expect(second["text"] == "2")
        let path = try self.run("GetXMLElementNode", ["xml_string": "<a><b><c>x</c></b></a>", "tag_name": "b/c"])
        #expect(path["text"] == "x")
    }

    @Test func `XML becomes JSON and JSON becomes XML`() throws {
        let xml = "<o n=\"1\"><i>a</i><i>b</i><e/><t k=\"v\">x</t></o>"
        let json = try self.run("XMLToJsonNode", ["xml_string": .string(xml)])
        #expect(
            json["json_data"] == [
                "o": [
                    "@attributes": ["n": "1"], "i": ["a", "b"], "e": "",
                    "t": ["@attributes": ["k": "v"], "#text": "x"],
                ]
            ])
        let back = try self.run(
            "JsonToXMLNode", ["json_data": json["json_data"] ?? nil, "root_tag": "o", "pretty_print": false])
        #expect(back["xml_string"] == .string(xml))
        let bare = try self.run("XMLToJsonNode", ["xml_string": .string(xml), "include_attributes": false])
        #expect(bare["json_data"] == ["o": ["i": ["a", "b"], "e": "", "t": "x"]])
    }

    @Test func `lists and scalars have an XML form`() throws {
        func xml(_ value: Value) throws -> Value? {
            try self.run("JsonToXMLNode", ["json_data": value, "pretty_print": false])["xml_string"]
        }
        #expect(
            try xml([1, true, ["a": nil], [2]])
                == "<root><item>1</item><item>true</item><item><a/></item><item><item>2</item></item></root>")
        #expect(try xml(["a": ["<", "&"]]) == "<root><a>&lt;</a><a>&amp;</a></root>")
        #expect(try xml("text") == "<root>text</root>")
        for value: Value in [["a b": 1], ["": 1], ["a": "\u{0}"], ["a": ["@attributes": ["1": 2]]]] {
            #expect(throws: NodeFailure.self) { try xml(value) }
        }
    }

    @Test func `XML files are written with a declaration and read back`() async throws {
        try await withRunFolder { folder in
            let inputs: Object = ["file_path": "d/a.xml", "xml_string": "<a><b>é€</b></a>", "encoding": "latin-1"]
            try await folder.perform("WriteXMLFileNode", inputs)
            let read = try await folder.perform("ReadXMLFileNode", ["file_path": "d/a.xml", "encoding": "latin-1"])
            #expect(
                read["xml_string"] == "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a>\n  <b>é&#8364;</b>\n</a>\n"
            )
            #expect(read["root_tag"] == "a")
            let plain: Object = ["file_path": "b.xml", "xml_string": "no xml", "xml_declaration": false]
            try await folder.perform("WriteXMLFileNode", plain)
            #expect(try folder.read("b.xml") == "no xml")
            #expect(
                try await folder.failure("ReadXMLFileNode", ["file_path": "b.xml"]).message.hasPrefix("XML parse error")
            )
            #expect(try await folder.failure("ReadXMLFileNode", ["file_path": "c.xml"]).type == "FileNotFoundError")
        }
    }

    @Test(arguments: [
        ("utf-8", "UTF-8"), ("", "UTF-8"), ("utf-8-sig", "UTF-8"), ("ascii", "US-ASCII"), ("latin-1", "ISO-8859-1"),
        ("L1", "ISO-8859-1"), ("iso8859-1", "ISO-8859-1"), ("cp1252", "windows-1252"), ("utf-16", "UTF-16"),
        ("utf_16_le", "UTF-16LE"), ("utf-16-be", "UTF-16BE"),
    ])
    func `a file declares its encoding by the registered name and is read by it`(
        name: String, declared: String
    )
        async throws
    {
        try await withRunFolder { folder async throws in
            for pretty in [true, false] {
                for text in ["<a>é</a>", "<?xml version='1.0' encoding='koi8-r'?><a>é</a>"] {
                    let inputs: Object = [
                        "file_path": "a.xml", "xml_string": .string(text), "encoding": .string(name),
                        "pretty_print": .bool(pretty),
                    ]
                    try await folder.perform("WriteXMLFileNode", inputs)
                    let read = try await folder.perform("ReadXMLFileNode", ["file_path": "a.xml"])
                    let content = try #require(read["xml_string"]?.string)
                    let start = content.split(separator: ">").first ?? ""
                    #expect(start.contains("encoding=\"\(declared)\"") || start.contains("encoding='\(declared)'"))
                    let parsed = try self.run("ParseXMLNode", ["xml_string": .string(content)])
                    #expect(parsed["root_text"] == "é")
                }
            }
        }
    }

    @Test func `what a file declares counts where it can be so and the node says nothing else`() async throws {
        try await withRunFolder { folder async throws in
            func text(_ content: String, as encoding: String, reading: Object = [:]) async throws -> Value? {
                try await folder.perform(
                    "WriteFileNode",
                    ["file_path": "a.xml", "content": .string(content), "encoding": .string(encoding)])
                let read = try await folder.perform("ReadXMLFileNode", reading.merging(["file_path": "a.xml"]))
                return try self.run("ParseXMLNode", ["xml_string": read["xml_string"] ?? .null])["root_text"]
            }
            #expect(try await text("<?xml version='1.0' encoding = 'latin1' ?><a>é</a>", as: "latin-1") == "é")
            #expect(try await text("<?xml version='1.0'\nencoding='windows-1252'?><a>€</a>", as: "cp1252") == "€")
            // Saved as UTF-8 by a program that thinks in UTF-16.
            #expect(try await text("<?xml version='1.0' encoding='utf-16'?><a>é</a>", as: "utf-8") == "é")
            #expect(try await text("<?xml version='1.0' encoding='koi8-r'?><a>é</a>", as: "utf-8") == "é")
            #expect(try await text("<a encoding='latin-1'>é</a>", as: "utf-8") == "é")
            let given: Object = ["encoding": "cp1252"]
            #expect(
                try await text("<?xml version='1.0' encoding='utf-8'?><a>€</a>", as: "cp1252", reading: given) == "€")
        }
    }
}
