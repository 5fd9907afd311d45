package import CasareDomain

/// Something about a workflow document that a person should know (workflow format §11).
package struct ValidationIssue: Sendable, Hashable {
    package enum Severity: String, Sendable, Codable {
        /// The document does not run.
        case error
        /// The document runs, though perhaps not as it was meant.
        case warning
    }

    package var severity: Severity
    /// A stable name, such as `UNKNOWN_NODE_TYPE`.
    package var code: String
    /// What is wrong with which thing.
    package var message: String
    /// `node:<id>`, `connection:<index>`, `metadata.name`, …; `nil`: the document as a whole.
    package var location: String?
    /// What to do about it.
    package var suggestion: String?

    package init(
        _ severity: Severity, _ code: String, _ message: String, at location: String? = nil, suggestion: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.location = location
        self.suggestion = suggestion
    }

    package var isError: Bool { self.severity == .error }

    /// The issue as the API and the command line give it out.
    package var json: Value {
        .object([
            "severity": .string(self.severity.rawValue),
            "code": .string(self.code),
            "message": .string(self.message),
            "location": self.location.map(Value.string) ?? .null,
            "suggestion": self.suggestion.map(Value.string) ?? .null,
        ])
    }
}

extension ValidationIssue {
    package static func error(
        _ code: String, _ message: String, at location: String? = nil, suggestion: String? = nil
    ) -> ValidationIssue {
        ValidationIssue(.error, code, message, at: location, suggestion: suggestion)
    }

    package static func warning(
        _ code: String, _ message: String, at location: String? = nil, suggestion: String? = nil
    ) -> ValidationIssue {
        ValidationIssue(.warning, code, message, at: location, suggestion: suggestion)
    }
}
