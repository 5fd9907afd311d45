import CasareDomain
import CasareEngine

/// A template in the syntax of Python's `str.format`, with named fields only.
struct FormatTemplate {
    private enum Part {
        case text(String)
        case field(Field)
    }

    private struct Field {
        /// `user`, then `.name` and `[0]`.
        let name: String
        let path: DottedPath
        let isQuoted: Bool
        let format: FormatSpecification
    }

    private var parts: [Part] = []

    init(_ text: String) throws(NodeFailure) {
        var rest = Array(text.unicodeScalars)[...]
        var plain = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                rest.removeFirst()
                plain.append(scalar)
            case "{":
                guard let end = rest.firstIndex(of: "}") else { throw .value("A field of the template has no }") }
                self.parts += [.text(String(plain)), .field(try Self.field(rest[..<end]))]
                plain = .init()
                rest = rest[(end + 1)...]
            case "}":
                throw .value("A single } in the template: write }} for a brace")
            default:
                plain.append(scalar)
            }
        }
        self.parts.append(.text(String(plain)))
    }

    private static func field(_ scalars: ArraySlice<Unicode.Scalar>) throws(NodeFailure) -> Field {
        let text = String(String.UnicodeScalarView(scalars))
        // A colon inside brackets belongs to a key.
        var (depth, colon): (Int, Int?) = (0, nil)
        for index in scalars.indices where colon == nil {
            switch scalars[index] {
            case "[": depth += 1
            case "]": depth -= 1
            case ":" where depth == 0: colon = index
            case "{": throw .value("The field {\(text)} holds another field")
            default: break
            }
        }
        var name = String(String.UnicodeScalarView(scalars[..<(colon ?? scalars.endIndex)]))
        let format = colon.map { String(String.UnicodeScalarView(scalars[($0 + 1)...])) } ?? ""
        var isQuoted = false
        if let mark = name.lastIndex(of: "!") {
            switch name[mark...] {
            case "!r", "!a": isQuoted = true
            case "!s": break
            default: throw .value("The field {\(text)} has an unknown conversion: use !r or !s")
            }
            name = String(name[..<mark])
        }
        if name.isEmpty { throw .value("A field of the template has no name") }
        return Field(
            name: name, path: DottedPath(name), isQuoted: isQuoted, format: try FormatSpecification(format))
    }

    /// - Throws: `KeyError` for a field without a value, `ValueError` when the text would be longer than texts may get.
    func filled(from values: Object) throws(NodeFailure) -> String {
        var result = ""
        for part in self.parts {
            switch part {
            case .text(let text):
                result += text
            case .field(let field):
                guard let value = values[field.name] ?? field.path.value(in: .object(values)) else {
                    throw NodeFailure("KeyError", "The template's field '\(field.name)' has no value")
                }
                let text = try field.format.text(of: field.isQuoted ? .string(Self.quoted(value)) : value)
                try TextLimit.check(result.utf8.count + text.utf8.count)
                result += text
            }
        }
        return result
    }

    /// Text in quotes, everything else as it is displayed.
    private static func quoted(_ value: Value) -> String {
        guard let text = value.string else { return value.displayText }
        let quote: Unicode.Scalar =
            text.utf8.contains(UInt8(ascii: "'")) && !text.utf8.contains(UInt8(ascii: "\"")) ? "\"" : "'"
        var result = String(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + String(quote)
    }
}
