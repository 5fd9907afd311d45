import FoundationEssentials

/// Why the fields that were given cannot be a secret's. It never repeats a value.
public struct SecretFieldsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The field at fault; `nil`: all of them together.
    public let field: String?
    /// What is wrong, as a sentence goes on behind the field's name.
    public let problem: String

    public init(field: String?, problem: String) {
        self.field = field
        self.problem = problem
    }

    public var description: String { self.field.map { "the field \($0) \(self.problem)" } ?? self.problem }
}

extension Secret.Kind {
    public static let customFieldsMax = 64
    public static let fieldNameCharactersMax = 64

    /// - Throws: for a field that is missing, that a secret of this kind does not have, or that is not of its form, and
    ///   for more than `Secret.bytesMax` bytes.
    public func check(_ fields: SecretFields) throws(SecretFieldsError) {
        guard fields.bytesCount <= Secret.bytesMax else {
            throw SecretFieldsError(
                field: nil,
                problem: "the fields have \(fields.bytesCount) bytes; at most \(Secret.bytesMax) may be kept")
        }
        switch self {
        case .custom: try Self.checkCustom(fields)
        case .usernamePassword, .apiKey, .oauth2Token, .sshKey, .certificate, .connectionString:
            try self.checkFixed(fields)
        }
    }

    private func checkFixed(_ fields: SecretFields) throws(SecretFieldsError) {
        let known = self.fields
        for name in fields.names where !known.contains(where: { $0.name == name }) {
            let list = known.map(\.name).joined(separator: ", ")
            let advice = Spelling.nearest(to: name, among: known.map(\.name)).map { "; did you mean \($0)?" } ?? ""
            throw SecretFieldsError(
                field: String(name.prefix(Self.fieldNameCharactersMax)),
                problem: "is none of \(self.rawValue), which has \(list)\(advice)")
        }
        for field in known {
            guard let text = fields[field.name] else {
                guard !field.isRequired else {
                    throw SecretFieldsError(field: field.name, problem: "is required for \(self.rawValue)")
                }
                continue
            }
            if let problem = field.form.problem(of: text) {
                throw SecretFieldsError(field: field.name, problem: problem)
            }
        }
        // Any one of them is of use by itself.
        let alternatives = ["access_token", "refresh_token", "client_secret"]
        guard self != .oauth2Token || alternatives.contains(where: { fields[$0] != nil }) else {
            throw SecretFieldsError(
                field: nil, problem: "oauth2_token needs one of \(alternatives.joined(separator: ", "))")
        }
    }

    private static func checkCustom(_ fields: SecretFields) throws(SecretFieldsError) {
        let names = fields.names
        guard !names.isEmpty else { throw SecretFieldsError(field: nil, problem: "a secret needs at least one field") }
        guard names.count <= self.customFieldsMax else {
            throw SecretFieldsError(
                field: nil, problem: "\(names.count) fields are too many; at most \(self.customFieldsMax) may be kept")
        }
        for name in names {
            guard SecretReference.isFieldName(name) else {
                throw SecretFieldsError(
                    field: String(name.prefix(self.fieldNameCharactersMax)),
                    problem: "cannot be called so: a field has a lower-case letter first, then letters, digits and "
                        + "\"_\", at most \(self.fieldNameCharactersMax)")
            }
            if let text = fields[name], let problem = Field.Form.text.problem(of: text) {
                throw SecretFieldsError(field: name, problem: problem)
            }
        }
    }
}

extension Secret.Kind.Field.Form {
    /// What is wrong with a value; `nil` for one that is of the form.
    func problem(of text: SecretText) -> String? {
        guard !text.isEmpty else { return "is empty" }
        return text.reveal { (text: String) -> String? in
            guard !text.utf8.contains(0) else { return "holds the character U+0000" }
            switch self {
            case .text: return nil
            case .line: return Self.isLine(text) ? nil : "holds a line break or another control character; leave it out"
            case .url: return Self.isURL(text, schemes: ["http", "https"]) ? nil : "is not an http or https URL"
            case .connection:
                return Self.isURL(text, schemes: nil) || Self.isPairs(text)
                    ? nil : "is neither a URL with a scheme nor pairs such as host=db.example user=app"
            case .privateKey:
                let blocks = PEMBlock.blocks(in: text)
                guard let block = blocks?.first, blocks?.count == 1, block.label.hasSuffix("PRIVATE KEY"),
                    block.isWellFormed
                else { return "is not a private key in PEM form, from -----BEGIN … PRIVATE KEY----- to its END" }
                return nil
            case .certificates:
                guard let blocks = PEMBlock.blocks(in: text), !blocks.isEmpty,
                    blocks.allSatisfy({ $0.label == "CERTIFICATE" && $0.isWellFormed })
                else { return "is not a certificate in PEM form, from -----BEGIN CERTIFICATE----- to its END" }
                return nil
            case .publicKey:
                if let blocks = PEMBlock.blocks(in: text), blocks.count == 1 {
                    return blocks[0].label.hasSuffix("PUBLIC KEY") && blocks[0].isWellFormed
                        ? nil : "is not a public key in PEM form"
                }
                return Self.isAuthorizedKey(text) ? nil : "is no public key as ssh-keygen writes it"
            }
        }
    }

    private static func isLine(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    private static func isURL(_ text: String, schemes: Set<String>?) -> Bool {
        guard Self.isLine(text), !text.contains(" "), let end = text.firstRange(of: "://") else { return false }
        let scheme = text[..<end.lowerBound].lowercased()
        guard let first = scheme.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            scheme.utf8.allSatisfy({ byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || Array("+.-".utf8).contains(byte)
            })
        else { return false }
        return schemes?.contains(scheme) ?? true && end.upperBound < text.endIndex
    }

    /// `key=value`, with white space or semicolons between, as libpq and ODBC have them.
    private static func isPairs(_ text: String) -> Bool {
        guard Self.isLine(text), let equals = text.firstIndex(of: "=") else { return false }
        let key = text[..<equals].filter { !$0.isWhitespace }
        return !key.isEmpty && key.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    private static func isAuthorizedKey(_ text: String) -> Bool {
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count == 1, let line = lines.first else { return false }
        let words = line.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("ssh-") || words[0].hasPrefix("ecdsa-") || words[0].hasPrefix("sk-")
        else { return false }
        return Data(base64Encoded: String(words[1])) != nil
    }
}
