import CasareEngine

/// What replaces a match: text with references to groups, in Python's notation.
struct PatternReplacement {
    private enum Part {
        case text([Unicode.Scalar])
        case group(Int)
    }

    private var parts: [Part] = []

    init(_ text: String, groupCount: Int, names: [String: Int]) throws(NodeFailure) {
        var rest = Array(text.unicodeScalars)[...]
        var plain: [Unicode.Scalar] = []
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                plain.append(scalar)
                continue
            }
            guard let letter = rest.popFirst() else { throw .value("The replacement ends in a lone backslash") }
            var reference: String?
            switch letter {
            case "n": plain.append("\n")
            case "r": plain.append("\r")
            case "t": plain.append("\t")
            case "\\": plain.append("\\")
            case "0"..."9":
                reference = String(letter)
                if let second = rest.first, ("0"..."9").contains(second), letter != "0" {
                    rest.removeFirst()
                    reference = "\(letter)\(second)"
                }
            case "g":
                guard rest.popFirst() == "<", let end = rest.firstIndex(of: ">") else {
                    throw .value("\\g in the replacement needs a group in angle brackets")
                }
                reference = String(String.UnicodeScalarView(rest[..<end]))
                rest = rest[(end + 1)...]
            case "a"..."z", "A"..."Z": throw .value("bad escape \\\(letter) in the replacement")
            default: plain += ["\\", letter]
            }
            guard let reference else { continue }
            guard let group = Int(reference) ?? names[reference], group <= groupCount else {
                throw .value("The replacement refers to group \(reference), which the pattern does not have")
            }
            self.parts += [.text(plain), .group(group)]
            plain = []
        }
        self.parts.append(.text(plain))
    }

    var partCount: Int { self.parts.count }

    /// How long the replacement of one match is as UTF-8.
    func utf8Count(_ text: [Unicode.Scalar], _ groups: [Range<Int>?]) -> Int {
        var groupBytes: [Int: Int] = [:]
        return self.parts.reduce(0) { bytes, part in
            switch part {
            case .text(let scalars): return bytes + scalars.utf8Count
            case .group(let number):
                if let known = groupBytes[number] { return bytes + known }
                let own = groups[number].map { text[$0].utf8Count } ?? 0
                groupBytes[number] = own
                return bytes + own
            }
        }
    }

    func append(to result: inout [Unicode.Scalar], _ text: [Unicode.Scalar], _ groups: [Range<Int>?]) {
        for part in self.parts {
            switch part {
            case .text(let scalars): result += scalars
            case .group(let number): result += groups[number].map { text[$0] } ?? []
            }
        }
    }
}
