import CasareEngine

/// The encoding that an XML file is in, which its declaration names (XML 1.0 §4.3.3).
enum XMLEncoding {
    /// The text of a file.
    ///
    /// - Parameter given: What the node asks for. UTF-8, its default, leaves the word to the file.
    static func decode(_ bytes: [UInt8], _ given: TextEncoding) throws(NodeFailure) -> String {
        let encoding = given == .utf8 ? self.stated(by: bytes) ?? given : given
        return try encoding.decode(bytes, .strict)
    }

    /// Whether a text begins with an XML declaration.
    static func isDeclared(in text: String) -> Bool {
        let mark = "<?xml"
        return text.utf8.starts(with: mark.utf8)
            && text.utf8.dropFirst(mark.utf8.count).first.map(self.isBlank) ?? false
    }

    /// A text whose declaration, if it has one that names an encoding, names the one that the file is written in.
    static func redeclared(_ text: String, as encoding: TextEncoding) -> String {
        guard let range = self.name(in: text), self.known(text[range]) != encoding else { return text }
        return "\(text[..<range.lowerBound])\(encoding.registeredName)\(text[range.upperBound...])"
    }

    /// `nil` for a file that says nothing, and for an encoding that is not known here: that is left to UTF-8, which
    /// refuses what it is not.
    private static func stated(by bytes: [UInt8]) -> TextEncoding? {
        // What the first bytes show goes before what the file says (appendix F).
        if bytes.starts(with: TextEncoding.signature) { return nil }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) { return .utf16 }
        if bytes.starts(with: [0x3C, 0, 0x3F, 0]) { return .utf16LittleEndian }
        if bytes.starts(with: [0, 0x3C, 0, 0x3F]) { return .utf16BigEndian }
        let start = String(decoding: bytes.prefix(1024), as: UTF8.self)
        guard let range = self.name(in: start), let encoding = self.known(start[range]) else { return nil }
        switch encoding {
        // Some programs write so and then save the text as UTF-8. What could be read byte by byte is not UTF-16.
        case .utf16, .utf16LittleEndian, .utf16BigEndian: return nil
        case .utf8, .utf8WithSignature, .ascii, .latin1, .windows1252: return encoding
        }
    }

    private static func known(_ name: Substring) -> TextEncoding? {
        // It tells unknown names by throwing, and there is nothing else to say of them.
        try? TextEncoding(named: String(name))
    }

    /// Where the declaration of a text names its encoding.
    private static func name(in text: String) -> Range<String.Index>? {
        guard self.isDeclared(in: text), let end = text.utf8.firstRange(of: "?>".utf8)?.lowerBound,
            let key = text.utf8[..<end].firstRange(of: "encoding".utf8)?.upperBound
        else { return nil }
        let rest = text.utf8[key..<end]
        let quotes = "\"'".utf8
        guard let open = rest.firstIndex(where: { quotes.contains($0) }),
            rest[..<open].allSatisfy({ $0 == UInt8(ascii: "=") || self.isBlank($0) })
        else { return nil }
        let start = rest.index(after: open)
        guard let close = rest[start...].firstIndex(of: rest[open]) else { return nil }
        return start..<close
    }

    private static func isBlank(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
}

extension TextEncoding {
    /// The name by which other programs know it (IANA, "Character Sets").
    var registeredName: String {
        switch self {
        case .utf8, .utf8WithSignature: "UTF-8"
        case .ascii: "US-ASCII"
        case .latin1: "ISO-8859-1"
        case .windows1252: "windows-1252"
        case .utf16: "UTF-16"
        case .utf16LittleEndian: "UTF-16LE"
        case .utf16BigEndian: "UTF-16BE"
        }
    }
}
