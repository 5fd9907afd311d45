package import CasareDomain

/// What came of one reference of a workflow to a secret.
package enum SecretAnswer: Sendable {
    /// The values that the reference means: all fields of the secret, or the one that it names.
    case found(SecretFields)
    case refused(SecretProblem)
}

/// Why a node does not get a secret. It says nothing of values.
package struct SecretProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The raw value is the type of the node's failure.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// There is no such secret, version or field, or what the workflow writes can be none.
        case notFound = "secret_not_found"
        /// The job may not have it.
        case denied = "secret_denied"
        /// It cannot be had just now: another attempt may get it.
        case unavailable = "secret_unavailable"

        /// Whether asking again, in a while and without anybody's doing, may end differently.
        package var isRetryable: Bool {
            switch self {
            case .notFound, .denied: false
            case .unavailable: true
            }
        }
    }

    package let kind: Kind
    /// A whole sentence that names the reference and says what to do.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { self.message }

    /// As a node's failure. The workflow's own handlers may deal with it; only what may pass is tried again.
    var failure: NodeFailure { NodeFailure(self.kind.rawValue, self.message, isBusiness: !self.kind.isRetryable) }
}

/// What a run asks for the values of secrets.
package struct SecretRequest: Sendable {
    /// All references of the program, as `SecretReference.named(in:)` has them.
    package let references: [String]
    /// The fields that an earlier attempt got for a reference, by what it recorded.
    package let recordedFields: [String: [String]]
}

extension SecretProblem {
    /// Of a run that was given nowhere to ask.
    static func noSource(_ reference: String) -> SecretProblem {
        SecretProblem(
            .unavailable,
            "The secret \"\(reference)\" cannot be had: nothing was said about where this run takes secrets from")
    }

    /// Of a name that only the run could know.
    static func notNamed(_ reference: String) -> SecretProblem {
        SecretProblem(
            .denied,
            "The workflow does not name the secret \"\(reference)\", so that no run of it is given that: write the "
                + "name in a node's credential_name, or as {{$secret:\(reference)}}, and not as a template or an input")
    }

    /// Of text that can name no secret.
    static func noReference(_ text: String) -> SecretProblem {
        SecretProblem(
            .notFound,
            "\"\(DocumentLimits.shortened(text))\" names no secret: a name is \(Secret.Name.rule), then perhaps .field "
                + "and @version; for an alias, add it to the workflow's credential_bindings")
    }

    static func noField(_ field: String, of reference: String, having fields: [String]) -> SecretProblem {
        SecretProblem(
            .notFound,
            "The secret \"\(reference)\" has no field \(field); it has \(fields.joined(separator: ", "))")
    }

    static func manyFields(of reference: String, _ fields: [String]) -> SecretProblem {
        SecretProblem(
            .notFound,
            "The secret \"\(reference)\" has several fields (\(fields.joined(separator: ", "))): say which, as in "
                + "{{$secret:\(reference).\(fields.first ?? "field")}}")
    }
}
