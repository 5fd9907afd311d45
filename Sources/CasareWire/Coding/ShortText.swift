/// The rule for texts that name something: an environment, a tag, a token, a key.
///
/// Control characters are refused, tabs and line breaks among them: names stand in lists, logs and headers, where they
/// would hide or do harm, and a database cannot hold U+0000.
public enum ShortText {
    /// - Parameter place: the member or parameter, for the error.
    /// - Throws: of kind `malformed` for a control character, else of kind `invalid` for a wrong length.
    public static func check(_ text: String, _ place: String, charactersMax: Int) throws(WireDecodingError) {
        try self.checkCharacters(text, place)
        guard (1...charactersMax).contains(text.unicodeScalars.count) else {
            throw WireDecodingError(path: place, message: "expected 1 to \(charactersMax) characters")
        }
    }

    /// The same for the name of a thing that is looked for: a length that nothing has is simply not found.
    public static func checkCharacters(_ text: String, _ place: String) throws(WireDecodingError) {
        guard let character = text.unicodeScalars.first(where: { $0.properties.generalCategory == .control }) else {
            return
        }
        let digits = String(character.value, radix: 16, uppercase: true)
        let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        throw WireDecodingError(
            path: place, message: "holds the control character U+\(code); leave it out", kind: .malformed)
    }

    static func check(_ text: String, _ path: [any CodingKey], charactersMax: Int) throws(WireDecodingError) {
        try self.check(text, WireDecodingError.text(of: path), charactersMax: charactersMax)
    }

    /// Checks each of a list, and how many there are.
    static func check(
        _ texts: [String], _ path: [any CodingKey], countMax: Int, charactersMax: Int
    ) throws(WireDecodingError) {
        let place = WireDecodingError.text(of: path)
        guard texts.count <= countMax else {
            throw WireDecodingError(path: place, message: "expected at most \(countMax), got \(texts.count)")
        }
        for (position, text) in texts.enumerated() {
            try self.check(text, "\(place)[\(position)]", charactersMax: charactersMax)
        }
    }
}
