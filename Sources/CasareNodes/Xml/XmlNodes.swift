import CasareDomain
package import CasareEngine

/// The nodes that read and write XML (node catalogue §1.10).
package enum XmlNodes {
    /// The source text of the document that was parsed last, for the nodes that are given none.
    static let lastDocumentVariable = "_xml_root"

    package static let types: [NodeType] = [Self.parse] + Self.fileTypes + Self.queryTypes + Self.conversionTypes

    static let family = "XML"
    private static let success = NodeType.Output("success", .boolean)
    private static let source = NodeType.Parameter(
        "xml_string", .string, "The document; by default the one that was parsed last.")

    private static let parse = NodeType(
        "ParseXMLNode", family: Self.family, "Reads an XML document, which the following XML nodes then use.",
        parameters: [.init("xml_string", .string, required: true, "The document.")],
        outputs: [
            .init("root_tag", .string), .init("root_text", .string), .init("child_count", .integer), Self.success,
        ],
        .pure { inputs, context throws(NodeFailure) in
            let text = inputs.string("xml_string")
            let document = try Self.document(text)
            try context.setVariable(Self.lastDocumentVariable, to: .string(text))
            let root = document[document.root]
            return NodeResult([
                "root_tag": .string(root.name ?? ""), "root_text": .string(root.text),
                "child_count": .int(document.elements(in: document.root).count), "success": true,
            ])
        })

    private static let fileTypes: [NodeType] = [
        NodeType(
            "ReadXMLFileNode", family: Self.family, "Reads an XML file.",
            parameters: [.filePath, .encoding, .allowDangerousPaths],
            outputs: [.init("root_tag", .string), .init("xml_string", .string), Self.success],
            effect: .captured,
            .files { inputs, environment in
                let bytes = try FileAccess.read(try FileActions.filePath(inputs, environment))
                let encoding = try TextEncoding(named: inputs.string("encoding"))
                let text = try XMLEncoding.decode(bytes, encoding)
                let document = try Self.document(text)
                return NodeResult([
                    "root_tag": .string(document[document.root].name ?? ""), "xml_string": .string(text),
                    "success": true,
                ])
            }),
        NodeType(
            "WriteXMLFileNode", family: Self.family, "Writes an XML file as a whole.",
            parameters: [
                .filePath, .init("xml_string", .string, required: true, "The document."), .encoding,
                .init(
                    "pretty_print", .boolean, default: true, "A line per element; text that is no XML stays as it is."),
                .init("xml_declaration", .boolean, default: true, "Begin with <?xml …?>."), .allowDangerousPaths,
            ],
            outputs: [.init("file_path", .string), Self.success],
            effect: .idempotent,
            .files { inputs, environment in
                let path = try FileActions.filePath(inputs, environment)
                let encoding = try TextEncoding(named: inputs.string("encoding"))
                let text = Self.fileText(inputs, encoding)
                try FileAccess.makeDirectory(FileAccess.parent(of: path), parents: true)
                // What the encoding lacks can be written as a numeric reference.
                try FileAccess.write(try encoding.encode(text, .xmlcharrefreplace), to: path)
                return NodeResult(["file_path": .string(path), "success": true])
            }),
    ]

    private static func fileText(_ inputs: Inputs, _ encoding: TextEncoding) -> String {
        var text = inputs.string("xml_string")
        let hadDeclaration = XMLEncoding.isDeclared(in: text)
        var hasDeclaration = hadDeclaration
        if inputs["pretty_print"].bool ?? true, let document = try? XMLParser.parse(text) {
            var writer = XMLWriter(document, isPretty: true)
            text = writer.text() + "\n"
            hasDeclaration = false
        }
        if !hasDeclaration, hadDeclaration || inputs["xml_declaration"].bool ?? true {
            return "<?xml version=\"1.0\" encoding=\"\(encoding.registeredName)\"?>\n" + text
        }
        return XMLEncoding.redeclared(text, as: encoding)
    }

    private static let queryTypes: [NodeType] = [
        NodeType(
            "XPathQueryNode", family: Self.family, "Finds elements by a path.",
            parameters: [
                Self.source,
                .init(
                    "xpath", .string, required: true, aliases: ["query"],
                    "Steps `tag`, `*`, `.`, `..`, `//`; predicates `[n]`, `[last()]`, `[@a]`, `[@a='v']`, `[tag]`, "
                        + "`[tag='v']`."
                ),
            ],
            outputs: [
                .init("results", .list), .init("count", .integer), .init("first_text", .string), Self.success,
            ],
            .pure { inputs, context throws(NodeFailure) in
                let document = try Self.document(inputs, context)
                let found = try Self.reporting { () throws(NodeFailure) in try XPath(inputs.string("xpath")) }
                    .matches(in: document)
                let results = found.map { position -> Value in
                    let node = document[position]
                    return [
                        "tag": .string(node.name ?? ""), "text": .string(node.text),
                        "attrib": .object(Object(node.attributes.map { ($0.name, .string($0.value)) })),
                        "tail": .string(node.tail),
                    ]
                }
                return NodeResult([
                    "results": .list(results), "count": .int(found.count),
                    "first_text": .string(found.first.map { document[$0].text } ?? ""), "success": true,
                ])
            }),
        NodeType(
            "GetXMLElementNode", family: Self.family, "Finds one element by its tag.",
            parameters: [
                Self.source,
                .init("tag_name", .string, required: true, aliases: ["path"], "A tag at any depth, or a path."),
                .init("index", .integer, default: 0, "Which of several, from 0."),
            ],
            outputs: [
                .init("tag", .string), .init("text", .string), .init("attributes", .object),
                .init("child_count", .integer), .init("found", .boolean),
            ],
            .pure { inputs, context throws(NodeFailure) in
                let document = try Self.document(inputs, context)
                let name = inputs.string("tag_name")
                let found: [Int]
                if XMLCharacters.isName(name) {
                    found = document.descendants(of: document.root).filter { document[$0].name == name }
                } else {
                    found = try XPath(name).matches(in: document)
                }
                guard found.indices.contains(inputs.int("index")) else {
                    return NodeResult(["tag": "", "text": "", "attributes": [:], "child_count": 0, "found": false])
                }
                let position = found[inputs.int("index")]
                let node = document[position]
                return NodeResult([
                    "tag": .string(node.name ?? ""), "text": .string(node.text),
                    "attributes": .object(Object(node.attributes.map { ($0.name, .string($0.value)) })),
                    "child_count": .int(document.elements(in: position).count), "found": true,
                ])
            }),
        NodeType(
            "GetXMLAttributeNode", family: Self.family, "Reads an attribute of one element.",
            parameters: [
                Self.source, .init("xpath", .string, default: ".", "The element; by default the root."),
                .init("attribute_name", .string, required: true, aliases: ["attribute"], "The attribute."),
            ],
            outputs: [.init("value", .string), .init("found", .boolean)],
            .pure { inputs, context throws(NodeFailure) in
                let document = try Self.document(inputs, context)
                let path = inputs.firstText("xpath") ?? "."
                let value = try XPath(path).matches(in: document).first
                    .flatMap { document[$0].attribute(inputs.string("attribute_name")) }
                return NodeResult(["value": .string(value ?? ""), "found": .bool(value != nil)])
            }),
    ]

    private static let conversionTypes: [NodeType] = [
        NodeType(
            "XMLToJsonNode", family: Self.family, "Turns an XML document into an object.",
            parameters: [
                Self.source,
                .init("include_attributes", .boolean, default: true, "Keep attributes, under `@attributes`."),
                .init("text_key", .string, default: "#text", "The key of text beside attributes or elements."),
            ],
            outputs: [.init("json_data", .object), .init("json_string", .string), Self.success],
            .pure { inputs, context throws(NodeFailure) in
                let document = try Self.document(inputs, context)
                let content = XMLConversion.value(
                    of: document.root, in: document, includesAttributes: inputs["include_attributes"].bool ?? true,
                    textKey: inputs.string("text_key"))
                let data = Value.object([document[document.root].name ?? "": content])
                return NodeResult([
                    "json_data": data, "json_string": .string(data.jsonText(.pretty(indent: 2))), "success": true,
                ])
            }),
        NodeType(
            "JsonToXMLNode", family: Self.family, "Turns a value into an XML document.",
            parameters: [
                .init("json_data", .json, required: true, "The data."),
                .init("root_tag", .string, default: "root", "The tag of the root element."),
                .init("pretty_print", .boolean, default: true, "A line per element."),
            ],
            outputs: [.init("xml_string", .string), Self.success],
            .pure { inputs, _ throws(NodeFailure) in
                let document = try Self.reporting { () throws(NodeFailure) in
                    try XMLConversion.document(of: inputs["json_data"], rootTag: inputs.firstText("root_tag") ?? "root")
                }
                var writer = XMLWriter(document, isPretty: inputs["pretty_print"].bool ?? true)
                return NodeResult(["xml_string": .string(writer.text()), "success": true])
            }),
    ]

    /// The document that a node is given, or the one that was parsed last.
    private static func document(_ inputs: Inputs, _ context: PureContext) throws(NodeFailure) -> XMLDocument {
        let text = inputs.firstText("xml_string") ?? context.variable(Self.lastDocumentVariable)?.string
        guard let text else {
            throw NodeFailure(
                "ValidationError", "xml_string is required: no XML document was parsed before",
                outputs: ["success": false])
        }
        return try Self.document(text)
    }

    private static func document(_ text: String) throws(NodeFailure) -> XMLDocument {
        do {
            return try XMLParser.parse(text)
        } catch {
            throw NodeFailure("ValueError", "XML parse error: \(error)", outputs: ["success": false])
        }
    }

    private static func reporting<R>(_ work: () throws(NodeFailure) -> R) throws(NodeFailure) -> R {
        do {
            return try work()
        } catch {
            var failure = error
            failure.outputs["success"] = false
            throw failure
        }
    }
}
