import CasareDomain

/// Texts that nodes were given or have made and that are secrets though no variable is declared so: what is called one,
/// what a computation has made of one, passwords in URLs. They are hidden wherever they turn up later, as the values of
/// sensitive variables are.
///
/// It is for runs that somebody watches: to look through all that nodes get and give costs more than a quick node
/// takes.
struct DerivedSecrets {
    /// The newest are kept: whatever is shown is searched for each of them.
    static let textsMax = 100
    /// Shorter texts are words that occur anywhere, such as a computation's `string` or `GET`.
    static let charactersMin = 8
    /// Longer texts are documents with a secret in them.
    private static let bytesMax = 4096
    /// What stands before the credentials in a header field.
    private static let schemes = ["Basic ", "Bearer "]

    /// The oldest first.
    private(set) var texts: [String] = []

    /// - Parameters:
    ///   - isComputed: The outputs come from the inputs alone.
    ///   - masking: What hides the secrets that are known.
    mutating func note(inputs: Object, outputs: Object, isComputed: Bool, masking: Masking) {
        self.addNamed(.object(inputs), isSecret: false)
        self.addNamed(.object(outputs), isSecret: false)
        guard isComputed, SecretNames.masked(masking.masked(inputs)) != inputs else { return }
        // What is only passed on was no secret before.
        let given = Set(Self.texts(in: .object(inputs)))
        for text in Self.texts(in: .object(outputs)) where !given.contains(text) && masking.masked(text) == text {
            self.add(text)
        }
    }

    private mutating func addNamed(_ value: Value, isSecret: Bool) {
        switch value {
        case .null, .bool, .int, .double:
            break
        case .string(let text):
            for password in Userinfo.passwords(in: text) { self.add(password) }
            guard isSecret else { return }
            self.add(text)
            for scheme in Self.schemes where ExpressionText.begins(text, with: scheme) {
                self.add(String(text.unicodeScalars.dropFirst(scheme.unicodeScalars.count)))
            }
        case .list(let elements):
            for element in elements { self.addNamed(element, isSecret: isSecret) }
        case .object(let members):
            for (name, member) in members { self.addNamed(member, isSecret: SecretNames.contains(name)) }
        }
    }

    private mutating func add(_ text: String) {
        guard text.utf8.count <= Self.bytesMax, text.unicodeScalars.count >= Self.charactersMin,
            !self.texts.contains(text)
        else { return }
        if self.texts.count == Self.textsMax { self.texts.removeFirst() }
        self.texts.append(text)
    }

    private static func texts(in value: Value) -> [String] {
        switch value {
        case .null, .bool, .int, .double: []
        case .string(let text): [text]
        case .list(let elements): elements.flatMap { Self.texts(in: $0) }
        case .object(let members): members.flatMap { Self.texts(in: $0.value) }
        }
    }
}
