import CasareDomain
import FoundationEssentials

/// The texts by which a secret's values would be known: as they are, and as they stand in JSON, in a URL, in base64, in
/// hexadecimal digits.
struct SecretTexts {
    struct Known: Hashable {
        /// By which a journal refers to it: the secret's field and the form.
        let reference: String
        let text: String
        /// It is looked for. What is too short, or looks like another form, is only known by its reference: another
        /// value of the same secret may have been journaled in that form.
        let isHidden: Bool
    }

    /// Fields whose values say who and where, and are known to others anyway. Hiding `admin` or `5432` wherever they
    /// occur would hide everything else.
    static let openFields: Set<String> = [
        "username", "user", "login", "email", "user_id", "host", "hostname", "server", "port", "database", "dbname",
        "header", "token_type", "client_id", "scope", "token_url", "public_key", "chain",
    ]
    /// Of what base64 makes of a value: shorter pieces occur anywhere.
    private static let base64CharactersMin = 6
    /// Of a value of several lines, such as a key: programs print them line by line.
    private static let lineCharactersMin = 16
    private static let linesMax = 200

    private(set) var all: [Known] = []
    /// What is looked for.
    var hidden: [String] { self.all.lazy.filter(\.isHidden).map(\.text) }

    init() {}

    init(_ secrets: [String: SecretFields]) {
        for (reference, fields) in secrets.sorted(by: { $0.key < $1.key }) {
            for name in fields.names where !Self.openFields.contains(name) {
                fields[name]?.reveal { self.add($0, of: "$\(JournalSeal.written(reference)).\(name)") }
            }
            // What signs a request in (RFC 7617), in one piece.
            if let user = fields["username"], let password = fields["password"] {
                let pair = user.reveal { user in password.reveal { "\(user):\($0)" } }
                self.add(Data(pair.utf8).base64EncodedString(), as: "$\(JournalSeal.written(reference)).basic")
            }
        }
    }

    private mutating func add(_ text: String, as reference: String, isNew: Bool = true) {
        self.all.append(
            Known(reference: reference, text: text, isHidden: isNew && text.count >= Masking.charactersMin))
    }

    private mutating func add(_ text: String, of field: String) {
        self.add(text, as: field)
        let isLong = text.count >= Masking.charactersMin
        var known: Set<String> = [text]
        let written = WrittenForms.inJSON(text) + WrittenForms.inURL(text) + WrittenForms.inHexadecimal(text)
        for form in written {
            self.add(form.text, as: "\(field).\(form.name)", isNew: isLong && known.insert(form.text).inserted)
        }
        // What cuts or escapes a value in yet another way leaves this.
        let piece = WrittenForms.piece(of: text)
        self.add(piece ?? text, as: "\(field).piece", isNew: piece != nil)
        for shift in 0..<3 {
            let standard = Self.base64(text, after: shift)
            let isTelling = standard.count >= Self.base64CharactersMin
            self.add(standard, as: "\(field).base64_\(shift)", isNew: isTelling)
            let urlSafe = String(standard.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
            self.add(urlSafe, as: "\(field).base64url_\(shift)", isNew: isTelling && urlSafe != standard)
        }
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count > 1 else { return }
        for (number, line) in lines.prefix(Self.linesMax).enumerated() {
            let isTelling = line.count >= Self.lineCharactersMin && !line.hasPrefix("-----")
            self.add(String(line), as: "\(field).line_\(number)", isNew: isTelling)
        }
    }

    /// The characters of base64 (RFC 4648 §4) that the text alone decides, where so many other bytes come before it:
    /// in the middle of something longer it looks different by its place, and there are three.
    private static func base64(_ text: String, after shift: Int) -> String {
        let bytes = [UInt8](repeating: 0, count: shift) + Array(text.utf8) + [0, 0]
        let encoded = Data(bytes).base64EncodedString()
        let first = (8 * shift + 5) / 6
        let end = 8 * (shift + text.utf8.count) / 6
        guard first < end else { return "" }
        return String(encoded.dropFirst(first).prefix(end - first))
    }
}
