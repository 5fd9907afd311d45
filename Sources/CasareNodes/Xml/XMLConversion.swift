import CasareDomain
import CasareEngine

/// Between XML and JSON-shaped values: repeated tags are lists, attributes stand under `@attributes`.
enum XMLConversion {
    static let attributesKey = "@attributes"

    static func value(
        of position: Int, in document: XMLDocument, includesAttributes: Bool, textKey: String
    ) -> Value {
        let node = document[position]
        var members: Object = [:]
        if includesAttributes, !node.attributes.isEmpty {
            members[self.attributesKey] = .object(Object(node.attributes.map { ($0.name, .string($0.value)) }))
        }
        var repeated: [String: [Value]] = [:]
        for child in document.elements(in: position) {
            let name = document[child].name ?? ""
            let value = self.value(
                of: child, in: document, includesAttributes: includesAttributes, textKey: textKey)
            repeated[name, default: []].append(value)
            // Sets the place of the first; the list replaces it below.
            if members[name] == nil { members[name] = value }
        }
        for (name, values) in repeated where values.count > 1 {
            members[name] = .list(values)
        }
        let text = self.trimmed(self.ownText(of: position, in: document))
        if members.isEmpty { return .string(text) }
        if !text.isEmpty { members[textKey] = .string(text) }
        return .object(members)
    }

    /// An element's own text, also that between its children.
    private static func ownText(of position: Int, in document: XMLDocument) -> String {
        document[position].children.reduce(document[position].text) { $0 + document[$1].tail }
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
        let end = text.lastIndex { !$0.isWhitespace }.map(text.index(after:)) ?? start
        return String(text[start..<end])
    }

    /// - Throws: `ValueError` for a key that cannot be a tag and for text that XML cannot hold.
    static func document(of value: Value, rootTag: String, textKey: String = "#text") throws(NodeFailure) -> XMLDocument
    {
        var builder = Builder(textKey: textKey)
        switch value {
        case .list:
            try builder.add(value, named: "item", to: try builder.element(rootTag, in: nil), depth: 1)
        case .object(let members) where members.count == 1 && members[rootTag] != nil && members[rootTag]?.list == nil:
            // What the other direction makes of a document whose root has this name.
            try builder.add(members[rootTag] ?? .null, named: rootTag, to: nil, depth: 0)
        case .null, .bool, .int, .double, .string, .object:
            try builder.add(value, named: rootTag, to: nil, depth: 0)
        }
        return builder.document
    }

    private struct Builder {
        let textKey: String
        var document = XMLDocument()

        init(textKey: String) { self.textKey = textKey }

        mutating func element(_ name: String, in parent: Int?) throws(NodeFailure) -> Int {
            guard XMLCharacters.isName(name) else { throw .value("'\(name)' cannot be the name of an XML element") }
            self.document.nodes.append(XMLDocument.Node(kind: .element(name: name), parent: parent))
            let position = self.document.nodes.count - 1
            if let parent { self.document.nodes[parent].children.append(position) }
            return position
        }

        mutating func add(_ value: Value, named name: String, to parent: Int?, depth: Int) throws(NodeFailure) {
            guard depth <= XMLParser.depthMax else {
                throw .value("The data is nested more than \(XMLParser.depthMax) deep")
            }
            if let items = value.list {
                for item in items {
                    guard let inner = item.list else {
                        try self.add(item, named: name, to: parent, depth: depth)
                        continue
                    }
                    // A list within a list has no tag of its own to repeat.
                    let position = try self.element(name, in: parent)
                    try self.add(.list(inner), named: "item", to: position, depth: depth + 1)
                }
                return
            }
            let position = try self.element(name, in: parent)
            guard let members = value.object else {
                self.document.nodes[position].text = try Self.checked(value.displayText)
                return
            }
            for (key, member) in members {
                if key == XMLConversion.attributesKey, let attributes = member.object {
                    for (name, value) in attributes {
                        guard XMLCharacters.isName(name) else {
                            throw .value("'\(name)' cannot be the name of an XML attribute")
                        }
                        self.document.nodes[position].attributes.append((name, try Self.checked(value.displayText)))
                    }
                } else if key == self.textKey {
                    self.document.nodes[position].text = try Self.checked(member.displayText)
                } else {
                    try self.add(member, named: key, to: position, depth: depth + 1)
                }
            }
        }

        private static func checked(_ text: String) throws(NodeFailure) -> String {
            if let scalar = text.unicodeScalars.first(where: { !XMLCharacters.isAllowed($0) }) {
                throw .value("XML cannot hold the character U+\(String(scalar.value, radix: 16, uppercase: true))")
            }
            return text
        }
    }
}
