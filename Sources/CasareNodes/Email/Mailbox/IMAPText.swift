import CasareEngine
import FoundationEssentials

/// A piece of an IMAP command.
enum IMAPPart: Equatable {
    case text(String)
    /// Sent by its length, after the server has said that it wants it.
    case literal([UInt8])
}

/// What goes into IMAP commands (RFC 3501 §4, §5.1.3).
enum IMAPText {
    /// A string that may have any characters but CR, LF and NUL.
    static func string(_ text: String, of parameter: String) throws(NodeFailure) -> IMAPPart {
        try CommandText.check(text, of: parameter)
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return .literal(Array(text.utf8)) }
        return .text(CommandText.quoted(text))
    }

    /// The name of a folder, in the modified UTF-7 that IMAP has for it.
    static func folder(_ name: String, of parameter: String) throws(NodeFailure) -> IMAPPart {
        guard !name.isEmpty else { throw .value("\(parameter) is required") }
        try CommandText.check(name, of: parameter)
        var encoded = ""
        var pending: [UInt16] = []
        func finish() {
            guard !pending.isEmpty else { return }
            let bytes = pending.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
            let base64 = Data(bytes).base64EncodedString().replacing("=", with: "").replacing("/", with: ",")
            encoded += "&\(base64)-"
            pending = []
        }
        for unit in name.utf16 {
            guard (0x20...0x7E).contains(unit), let byte = UInt8(exactly: unit) else {
                pending.append(unit)
                continue
            }
            finish()
            encoded += byte == UInt8(ascii: "&") ? "&-" : String(UnicodeScalar(byte))
        }
        finish()
        return try self.string(encoded, of: parameter)
    }

    /// Search criteria as IMAP writes them, made safe to stand in a command.
    ///
    /// - Returns: Their parts, and whether they have characters beyond ASCII, which stand in quotes only.
    static func criteria(_ text: String) throws(NodeFailure) -> (parts: [IMAPPart], isUnicode: Bool) {
        try CommandText.check(text, of: "search_criteria")
        var parts: [IMAPPart] = []
        var plain = ""
        var quoted: String?
        var isEscaped = false
        for character in text {
            guard let open = quoted else {
                if character == "\"" {
                    quoted = ""
                } else if character.isASCII, character != "{", character != "}" {
                    plain.append(character)
                } else {
                    throw .value("search_criteria must have \(character) in quotes: \(text)")
                }
                continue
            }
            if isEscaped || (character != "\\" && character != "\"") {
                quoted = open + String(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                quoted = nil
                switch try self.string(open, of: "search_criteria") {
                case .text(let string): plain += string
                case .literal(let bytes):
                    parts += [.text(plain), .literal(bytes)]
                    plain = ""
                }
            }
        }
        guard quoted == nil else { throw .value("search_criteria has a quote that is not closed: \(text)") }
        return (parts + [.text(plain)], isUnicode: !parts.isEmpty)
    }
}
