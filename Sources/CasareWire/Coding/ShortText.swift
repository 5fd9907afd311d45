import CasareDomain

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

    /// The same for the name of a thing that is found by it: white space alone is none.
    static func check(name: String, _ place: String, charactersMax: Int) throws(WireDecodingError) {
        try self.check(name, place, charactersMax: charactersMax)
        guard name.contains(where: { !$0.isWhitespace }) else {
            throw WireDecodingError(path: place, message: "is empty; give it a name")
        }
    }

    /// The same for a name in whose place an ID may stand.
    ///
    /// - Parameter things: whose IDs those are, for the error: `schedules`.
    static func check<ID: UUIDIdentifier>(
        name: String, notA id: ID.Type, of things: String, _ place: String, charactersMax: Int
    ) throws(WireDecodingError) {
        try self.check(name: name, place, charactersMax: charactersMax)
        guard ID(name) == nil else {
            throw WireDecodingError(path: place, message: "is a UUID, as the IDs of \(things) are; give it a name")
        }
    }

    /// Checks tags or capabilities, and how many there are. A robot's settings list them with commas between: it could
    /// not have one with a comma.
    static func check(labels: [String], _ path: [any CodingKey]) throws(WireDecodingError) {
        let list = WireDecodingError.text(of: path)
        let countMax = Job.Requirements.labelsMax
        guard labels.count <= countMax else {
            throw WireDecodingError(path: list, message: "expected at most \(countMax), got \(labels.count)")
        }
        for (position, label) in labels.enumerated() {
            let place = "\(list)[\(position)]"
            try self.check(label, place, charactersMax: Job.Requirements.labelCharactersMax)
            guard !label.utf8.contains(UInt8(ascii: ",")) else {
                throw WireDecodingError(path: place, message: "holds a comma; give what is between commas one by one")
            }
        }
    }
}
