import CasareDomain

/// How other programs write a text: in JSON, in a URL, in hexadecimal digits.
enum WrittenForms {
    /// How a text is put between the quotes of JSON.
    private enum JSONStyle {
        /// Characters beyond ASCII as they are: as RFC 8259 lets them be, and most programs do.
        case plain
        /// Those as `\u` and four digits, as Python does.
        case ascii
        /// With `\/` beside that, as PHP does.
        case asciiSlashes
    }

    /// JSON in JSON is escaped once more, by a program that may do it in another way. Three times is what an answer in a
    /// request in a log comes to; the names are part of journals.
    private static let jsonStyles: [(name: String, styles: [JSONStyle])] = [
        ("json", [.plain]), ("json_a", [.ascii]), ("json_s", [.asciiSlashes]), ("json_pp", [.plain, .plain]),
        ("json_pa", [.plain, .ascii]), ("json_ps", [.plain, .asciiSlashes]), ("json_aa", [.ascii, .ascii]),
        ("json_as", [.ascii, .asciiSlashes]), ("json_sa", [.asciiSlashes, .ascii]),
        ("json_ss", [.asciiSlashes, .asciiSlashes]), ("json_ppp", [.plain, .plain, .plain]),
        ("json_ppa", [.plain, .plain, .ascii]), ("json_paa", [.plain, .ascii, .ascii]),
        ("json_aaa", [.ascii, .ascii, .ascii]), ("json_sss", [.asciiSlashes, .asciiSlashes, .asciiSlashes]),
    ]

    static func inJSON(_ text: String) -> [(name: String, text: String)] {
        // Most values are of letters and digits, and look the same in all of them.
        guard text.utf8.contains(where: Self.isEscaped) else { return Self.jsonStyles.map { ($0.name, text) } }
        return Self.jsonStyles.map { name, styles in (name, styles.reduce(text) { Self.escaped($0, $1) }) }
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte >= 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            || byte == UInt8(ascii: "/")
    }

    private static func escaped(_ text: String, _ style: JSONStyle) -> String {
        let plain = Value.string(text).jsonText(.compact).dropFirst().dropLast()
        var escaped = ""
        for scalar in plain.unicodeScalars {
            switch (style, scalar) {
            case (.plain, _): escaped.unicodeScalars.append(scalar)
            case (.asciiSlashes, "/"): escaped += "\\/"
            case (.ascii, _), (.asciiSlashes, _):
                guard !scalar.isASCII else {
                    escaped.unicodeScalars.append(scalar)
                    continue
                }
                for unit in String(scalar).utf16 { escaped += "\\u" + Self.digits(Int(unit), count: 4) }
            }
        }
        return escaped
    }

    /// RFC 3986 §2.3: all but the unreserved characters; and what leaves some of the others as they are.
    static func inURL(_ text: String) -> [(name: String, text: String)] {
        [
            ("url", Self.percentEncoded(text)), ("form", Self.percentEncoded(text, space: "+")),
            ("url_small", Self.percentEncoded(text, isSmall: true)),
            ("form_small", Self.percentEncoded(text, space: "+", isSmall: true)),
            // As JavaScript's encodeURIComponent, and as a path.
            ("url_component", Self.percentEncoded(text, beside: "!'()*")),
            ("url_path", Self.percentEncoded(text, beside: "/")),
        ]
    }

    private static func percentEncoded(
        _ text: String, beside kept: String = "", space: String = "%20", isSmall: Bool = false
    ) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): encoded += space
            case _ where kept.utf8.contains(byte): encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded += "%" + Self.digits(Int(byte), count: 2, isSmall: isSmall)
            }
        }
        return encoded
    }

    static func inHexadecimal(_ text: String) -> [(name: String, text: String)] {
        [("hex", true), ("hex_large", false)].map { name, isSmall in
            (name, text.utf8.reduce(into: "") { $0 += Self.digits(Int($1), count: 2, isSmall: isSmall) })
        }
    }

    /// The longest run of letters and digits in a text, which is the same in every form that leaves those as they are.
    ///
    /// - Returns: `nil` where it could be a word of a language, or is all of the text.
    static func piece(of text: String) -> String? {
        let runs = text.utf8.split { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                false
            default: true
            }
        }
        guard let longest = runs.max(by: { $0.count < $1.count }), longest.count >= Self.pieceCharactersMin,
            longest.count < text.utf8.count
        else { return nil }
        let isDigit: (UInt8) -> Bool = { $0 <= UInt8(ascii: "9") }
        guard longest.contains(where: isDigit), !longest.allSatisfy(isDigit) else { return nil }
        return String(decoding: longest, as: UTF8.self)
    }

    private static let pieceCharactersMin = 12

    private static func digits(_ number: Int, count: Int, isSmall: Bool = true) -> String {
        let digits = String(number, radix: 16, uppercase: !isSmall)
        return String(repeating: "0", count: count - digits.count) + digits
    }
}
