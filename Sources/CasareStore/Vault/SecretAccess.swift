package import CasareDomain
package import FoundationEssentials

/// What a run of a job is given of the secrets that it asked for: values still sealed, to be opened outside of the
/// transaction, and what it is not given.
package struct SecretAccess: Sendable {
    /// One reference that was answered.
    package struct Grant: Sendable {
        /// Where the value is.
        package enum Value: Sendable {
            case sealed(SealedSecret)
            /// A provider has it.
            case provider(name: String, path: String, version: Int?)
        }

        /// As it was asked for.
        package let reference: String
        package let secret: Secret
        /// The version that it holds now; 0: of a provider, and none was asked for.
        package let version: Int
        /// The one field that is meant; `nil`: all of them.
        package let field: String?
        package let value: Value

        /// What is given out of the secret's fields: the one that is meant, or all of them.
        ///
        /// - Throws: `SecretRefusal` for a field that the secret does not have.
        package func given(of all: SecretFields) throws(SecretRefusal) -> SecretFields {
            guard let field else { return all }
            guard let text = all[field] else {
                throw SecretRefusal(
                    reference: self.reference, code: .notFound,
                    why: "secret \(self.secret.name) has no field \(field); it has "
                        + all.names.joined(separator: ", "))
            }
            return [field: text]
        }
    }

    package var grants: [Grant] = []
    package var refusals: [SecretRefusal] = []
}

/// Why a reference is not answered.
package struct SecretRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The raw values are the types of errors that workflows see.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// There is no such secret, version or field.
        case notFound = "secret_not_found"
        /// The job's workflow does not name it, or it must not be given to anybody now.
        case denied = "secret_denied"
        /// It is there and cannot be had just now, or not by this process.
        case unavailable = "secret_unavailable"
    }

    package let reference: String
    package let code: Code
    /// A sentence that says what to do.
    package let why: String

    package init(reference: String, code: Code, why: String) {
        self.reference = reference
        self.code = code
        self.why = why
    }

    package var description: String { "\(self.code.rawValue): \(self.why)" }
}

/// A job that runs and was given a version of a secret.
package struct SecretConsumer: Hashable, Sendable {
    package let job: Job.ID
    package let workflow: String
    package let robot: String?
    package let version: Int
    package let since: Date
}
