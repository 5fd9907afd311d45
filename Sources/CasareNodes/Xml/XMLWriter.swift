/// Writes a document, either as it is or with a line per element.
struct XMLWriter {
    private static let indent = "  "

    let document: XMLDocument
    /// Lines are broken only where the document has nothing but white space, so that no text changes.
    let isPretty: Bool
    private var output = ""

    init(_ document: XMLDocument, isPretty: Bool) {
        self.document = document
        self.isPretty = isPretty
    }

    mutating func text() -> String {
        self.output = ""
        for node in self.document.prologue + [self.document.root] + self.document.epilogue {
            if !self.output.isEmpty { self.output += "\n" }
            self.write(node, depth: 0, isPretty: self.isPretty)
        }
        return self.output
    }

    private mutating func write(_ position: Int, depth: Int, isPretty: Bool) {
        let node = self.document[position]
        switch node.kind {
        case .comment: self.output += "<!--\(node.text)-->"
        case .instruction: self.output += "<?\(node.text)?>"
        case .element(let name):
            self.output += "<\(name)"
            for (name, value) in node.attributes {
                self.output += " \(name)=\"\(Self.escaped(value, isAttribute: true))\""
            }
            if node.children.isEmpty, node.text.isEmpty {
                self.output += "/>"
                return
            }
            self.output += ">"
            let breaksLines = isPretty && !node.children.isEmpty && self.isOnlyMarks(node)
            if !breaksLines { self.output += Self.escaped(node.text) }
            for child in node.children {
                if breaksLines { self.output += "\n" + String(repeating: Self.indent, count: depth + 1) }
                self.write(child, depth: depth + 1, isPretty: breaksLines)
                if !breaksLines { self.output += Self.escaped(self.document[child].tail) }
            }
            if breaksLines { self.output += "\n" + String(repeating: Self.indent, count: depth) }
            self.output += "</\(name)>"
        }
    }

    private func isOnlyMarks(_ node: XMLDocument.Node) -> Bool {
        node.text.allSatisfy(\.isWhitespace)
            && node.children.allSatisfy { self.document[$0].tail.allSatisfy(\.isWhitespace) }
    }

    private static func escaped(_ text: String, isAttribute: Bool = false) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\r": escaped.append(contentsOf: "&#13;".unicodeScalars)
            case "\"" where isAttribute: escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "\n" where isAttribute: escaped.append(contentsOf: "&#10;".unicodeScalars)
            case "\t" where isAttribute: escaped.append(contentsOf: "&#9;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
