/// A strict parser for XML 1.0 without document type declarations.
///
/// It exists although the toolchain has FoundationXML: that is libxml2, which reads DTDs and resolves entities unless
/// it is told otherwise in every call, and it brings all of Foundation into the start of every command and a C library
/// that a static link must find. Without a DTD the language is small: elements, attributes, text, CDATA, comments,
/// instructions, the five named entities and numeric ones. So entity expansion and external entities cannot occur, for
/// there is no way to declare an entity. Namespace prefixes are kept as written.
struct XMLParser {
    static let depthMax = 256
    static let nodesMax = 1_000_000

    private var scanner: XMLScanner
    private var document = XMLDocument()
    /// The elements that are not closed yet, outermost first.
    private var open: [Int] = []
    /// The node that text now belongs to as its tail; `nil`: it is the text of the innermost open element.
    private var previous: Int?

    static func parse(_ text: String) throws(XMLParseError) -> XMLDocument {
        var parser = XMLParser(scanner: XMLScanner(text))
        return try parser.parseDocument()
    }

    private init(scanner: XMLScanner) { self.scanner = scanner }

    private mutating func parseDocument() throws(XMLParseError) -> XMLDocument {
        _ = self.scanner.take("\u{FEFF}")
        if ["<?xml ", "<?xml\t", "<?xml\n"].contains(where: self.scanner.looking) {
            _ = try self.scanner.text(upTo: "?>", of: "XML declaration")
        }
        var hasRoot = false
        while let next = self.scanner.next {
            if next == "<" {
                if let node = try self.misc() {
                    if hasRoot { self.document.epilogue.append(node) } else { self.document.prologue.append(node) }
                } else {
                    if hasRoot { throw self.scanner.error("There is a second root element") }
                    try self.rootElement()
                    hasRoot = true
                }
            } else if !self.scanner.skipBlanks() {
                throw self.scanner.error("There is text outside the root element")
            }
        }
        if !hasRoot { throw self.scanner.error("There is no root element") }
        return self.document
    }

    /// A comment or instruction at the position; `nil` for anything else that begins with `<`.
    private mutating func misc() throws(XMLParseError) -> Int? {
        if self.scanner.take("<!--") {
            let text = try self.scanner.text(upTo: "--", of: "comment")
            guard self.scanner.take(">") else { throw self.scanner.error("A comment must not contain --") }
            return try self.add(XMLDocument.Node(kind: .comment, text: text))
        }
        if self.scanner.take("<?") {
            let text = try self.scanner.text(upTo: "?>", of: "processing instruction")
            let target = text.prefix { !$0.isWhitespace }
            guard XMLCharacters.isName(String(target)), target.lowercased() != "xml" else {
                throw self.scanner.error("Not a processing instruction: <?\(target)")
            }
            return try self.add(XMLDocument.Node(kind: .instruction, text: text))
        }
        if self.scanner.looking(at: "<!DOCTYPE") { throw self.scanner.error("Document type declarations are refused") }
        return nil
    }

    private mutating func rootElement() throws(XMLParseError) {
        try self.startTag()
        while let current = self.open.last {
            guard let next = self.scanner.next else {
                throw self.scanner.error("<\(self.document[current].name ?? "")> is not closed")
            }
            guard next == "<" else {
                self.append(try self.scanner.characters())
                continue
            }
            if self.scanner.take("</") {
                try self.endTag(of: current)
            } else if self.scanner.take("<![CDATA[") {
                self.append(try self.scanner.text(upTo: "]]>", of: "CDATA section"))
            } else if let node = try self.misc() {
                self.attach(node, to: current)
                self.previous = node
            } else {
                try self.startTag()
            }
        }
    }

    private mutating func startTag() throws(XMLParseError) {
        guard self.scanner.take("<") else { throw self.scanner.error("An element was expected") }
        var node = XMLDocument.Node(kind: .element(name: try self.scanner.name()))
        while true {
            let hasBlank = self.scanner.skipBlanks()
            if self.scanner.take("/>") {
                self.previous = try self.place(node)
                return
            }
            if self.scanner.take(">") {
                guard self.open.count < Self.depthMax else {
                    throw self.scanner.error("Elements are nested more than \(Self.depthMax) deep")
                }
                self.open.append(try self.place(node))
                self.previous = nil
                return
            }
            guard hasBlank else { throw self.scanner.error("A space, > or /> was expected") }
            let name = try self.scanner.name()
            guard node.attribute(name) == nil else { throw self.scanner.error("The attribute \(name) comes twice") }
            node.attributes.append((name, try self.attributeValue()))
        }
    }

    private mutating func endTag(of current: Int) throws(XMLParseError) {
        let name = try self.scanner.name()
        _ = self.scanner.skipBlanks()
        let expected = self.document[current].name ?? ""
        guard name == expected else { throw self.scanner.error("</\(expected)> was expected, not </\(name)>") }
        guard self.scanner.take(">") else { throw self.scanner.error("> was expected") }
        self.open.removeLast()
        self.previous = current
    }

    private mutating func attributeValue() throws(XMLParseError) -> String {
        _ = self.scanner.skipBlanks()
        guard self.scanner.take("=") else { throw self.scanner.error("= was expected") }
        _ = self.scanner.skipBlanks()
        guard let quote = self.scanner.next, quote == "\"" || quote == "'" else {
            throw self.scanner.error("A quoted value was expected")
        }
        self.scanner.skip()
        var value = String.UnicodeScalarView()
        while let scalar = self.scanner.next {
            switch scalar {
            case quote:
                self.scanner.skip()
                return String(value)
            case "<": throw self.scanner.error("An attribute value must not contain <")
            case "&": value.append(try self.scanner.reference())
            case "\n", "\t":
                // Only a reference keeps these (§3.3.3).
                value.append(" ")
                self.scanner.skip()
            default: value.append(try self.scanner.allowed(scalar))
            }
        }
        throw self.scanner.error("An attribute value is not closed")
    }

    private mutating func add(_ node: XMLDocument.Node) throws(XMLParseError) -> Int {
        guard self.document.nodes.count < Self.nodesMax else {
            throw self.scanner.error("The document has more than \(Self.nodesMax) nodes")
        }
        self.document.nodes.append(node)
        return self.document.nodes.count - 1
    }

    private mutating func place(_ node: XMLDocument.Node) throws(XMLParseError) -> Int {
        let position = try self.add(node)
        if let parent = self.open.last { self.attach(position, to: parent) } else { self.document.root = position }
        return position
    }

    private mutating func attach(_ node: Int, to parent: Int) {
        self.document.nodes[node].parent = parent
        self.document.nodes[parent].children.append(node)
    }

    private mutating func append(_ text: String) {
        if let previous = self.previous {
            self.document.nodes[previous].tail += text
        } else if let current = self.open.last {
            self.document.nodes[current].text += text
        }
    }
}
