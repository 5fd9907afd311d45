/// An XML document as a list of nodes that refer to each other by position, so that neither a walk nor the end of its
/// life needs a deep stack. Text is kept as ElementTree does, since that is what documents expect: `text` before the
/// first child, `tail` after a node's end.
struct XMLDocument: Sendable {
    enum Kind: Sendable, Hashable {
        case element(name: String)
        case comment
        case instruction
    }

    struct Node: Sendable {
        var kind: Kind
        var attributes: [(name: String, value: String)] = []
        /// Of a comment or instruction: what stands between its marks.
        var text = ""
        var tail = ""
        var children: [Int] = []
        var parent: Int?

        var name: String? {
            if case .element(let name) = self.kind { name } else { nil }
        }

        func attribute(_ name: String) -> String? { self.attributes.first { $0.name == name }?.value }
    }

    var nodes: [Node] = []
    var root = 0
    /// Comments and instructions before and after the root element.
    var prologue: [Int] = []
    var epilogue: [Int] = []

    subscript(position: Int) -> Node { self.nodes[position] }

    /// The elements among a node's children.
    func elements(in position: Int) -> [Int] {
        self.nodes[position].children.filter { self.nodes[$0].name != nil }
    }

    /// All elements below a node, in document order.
    func descendants(of position: Int) -> [Int] {
        var found: [Int] = []
        var open = Array(self.elements(in: position).reversed())
        while let next = open.popLast() {
            found.append(next)
            open += self.elements(in: next).reversed()
        }
        return found
    }

    /// The whole text below an element, without marks.
    func wholeText(of position: Int) -> String {
        self.nodes[position].children.reduce(into: self.nodes[position].text) { text, child in
            if self.nodes[child].name != nil { text += self.wholeText(of: child) }
            text += self.nodes[child].tail
        }
    }
}

/// Which characters XML allows where (XML 1.0, fifth edition, §2.2 and §2.3).
enum XMLCharacters {
    static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    static func startsName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3A, 0x41...0x5A, 0x5F, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2FF, 0x370...0x37D,
            0x37F...0x1FFF, 0x200C...0x200D, 0x2070...0x218F, 0x2C00...0x2FEF, 0x3001...0xD7FF, 0xF900...0xFDCF,
            0xFDF0...0xFFFD, 0x10000...0xEFFFF:
            true
        default: false
        }
    }

    static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2D, 0x2E, 0x30...0x39, 0xB7, 0x300...0x36F, 0x203F...0x2040: true
        default: self.startsName(scalar)
        }
    }

    static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        return self.startsName(first) && text.unicodeScalars.allSatisfy(self.continuesName)
    }
}
