/// A header of a value and parameters: `text/plain; charset="utf-8"` (RFC 2045 §5.1, RFC 2231).
struct HeaderParameters {
    private(set) var value: String
    private var parameters: [String: String] = [:]

    private struct Section {
        var number: Int
        var isEncoded: Bool
        var text: String
    }

    init(_ text: String) {
        var parts = Self.split(text)
        self.value = parts.removeFirst().trimmed.lowercased()
        var sections: [String: [Section]] = [:]
        for part in parts {
            guard let equals = part.firstIndex(of: "=") else { continue }
            var name = part[..<equals].trimmed.lowercased()
            let text = Self.unquoted(part[part.index(after: equals)...].trimmed)
            // `name*0*`: a piece of a long value, and one that is encoded.
            let isEncoded = name.hasSuffix("*")
            if isEncoded { name.removeLast() }
            if let star = name.lastIndex(of: "*"), let number = Int(name[name.index(after: star)...]) {
                sections[String(name[..<star]), default: []].append(
                    Section(number: number, isEncoded: isEncoded, text: text))
            } else if isEncoded {
                sections[name] = [Section(number: 0, isEncoded: true, text: text)]
            } else if self.parameters[name] == nil {
                // Encoded words have no place here, and many mails have them.
                self.parameters[name] = EncodedWords.decode(text)
            }
        }
        for (name, pieces) in sections { self.parameters[name] = Self.joined(pieces) }
    }

    subscript(name: String) -> String? { self.parameters[name] }

    private static func joined(_ sections: [Section]) -> String {
        var bytes: [UInt8] = []
        var charset = ""
        for (position, section) in sections.sorted(by: { $0.number < $1.number }).enumerated() {
            guard section.isEncoded else {
                bytes += section.text.utf8
                continue
            }
            var text = Substring(section.text)
            if position == 0 {
                // `charset'language'text`.
                let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
                if parts.count == 3 { (charset, text) = (String(parts[0]), parts[2]) }
            }
            bytes += Self.percentDecoded(text)
        }
        return Charset.text(bytes, charset)
    }

    private static func percentDecoded(_ text: Substring) -> [UInt8] {
        let encoded = Array(text.utf8)
        var decoded: [UInt8] = []
        var index = 0
        while index < encoded.count {
            if encoded[index] == UInt8(ascii: "%"),
                let byte = TransferEncoding.hexadecimal(encoded[(index + 1)...].prefix(2))
            {
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(encoded[index])
                index += 1
            }
        }
        return decoded
    }

    /// Semicolons inside quotes separate nothing.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if character == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = isQuoted && character == "\\" && !isEscaped
            if character == ";", !isQuoted { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }

    private static func unquoted(_ text: String) -> String {
        guard text.hasPrefix("\"") else { return text }
        var plain = ""
        var isEscaped = false
        for character in text.dropFirst() {
            if character == "\"", !isEscaped { break }
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                plain.append(character)
                isEscaped = false
            }
        }
        return plain
    }
}
