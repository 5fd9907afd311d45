import CasareDomain

/// The secrets that one run has been given, and nothing else has. They go with the run.
///
/// A class for the same reason as `Variables`: all scopes of the run look into the same one. It never leaves the run.
/// What is put into it stays: a name that was found is found until the run ends, so that the same nodes find it on a
/// replay.
final class SecretBox {
    private var found: [String: SecretFields] = [:]
    private var problems: [String: SecretProblem] = [:]
    /// What must not be read by others, in all forms; made anew when something is found.
    private(set) var texts = SecretTexts()
    private(set) var masking = Masking.nothing

    /// Nothing was found, so that there is nothing to hide.
    var isEmpty: Bool { self.found.isEmpty }

    func has(_ reference: String) -> Bool { self.found[reference] != nil }

    func settle(_ answers: [String: SecretAnswer]) {
        for (reference, answer) in answers {
            switch answer {
            case .found(let fields):
                self.found[reference] = fields
                self.problems[reference] = nil
            case .refused(let problem):
                self.problems[reference] = problem
            }
        }
        self.texts = SecretTexts(self.found)
        self.masking = Masking([], derived: self.texts.hidden)
    }

    /// The fields of a reference.
    func fields(of reference: String) throws(SecretProblem) -> SecretFields {
        if let fields = self.found[reference] { return fields }
        throw self.problems[reference] ?? .notNamed(reference)
    }

    /// The one value of a reference: of the field that it names, or of what a secret of its kind is about.
    func value(of reference: String) throws(SecretProblem) -> SecretText {
        let fields = try self.fields(of: reference)
        let names = fields.names
        let main = names.count == 1 ? names.first : Self.mainFields.first { fields[$0] != nil }
        guard let main, let text = fields[main] else { throw .manyFields(of: reference, names) }
        return text
    }

    /// What one value is taken from where a secret has several fields. A secret of a kind has at most one before the
    /// others: a certificate comes with its key, a connection string with its password.
    private static let mainFields = [
        "connection_string", "certificate", "private_key", "api_key", "access_token", "password", "value",
    ]
}
