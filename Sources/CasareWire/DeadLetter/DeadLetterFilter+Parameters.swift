public import CasareDomain

/// A filter as parameters of a query, by name; those of `GET /api/v1/dlq`.
extension DeadLetterFilter {
    /// Names of the parameters, of which `status` takes several with commas between, and `variables` a JSON object.
    public enum Parameter: String, Hashable, Sendable, CaseIterable {
        case status, workflow, version, kind, type, fingerprint, error, node, robot, environment, tag, since, until
        case variables
    }

    /// What is given; in the order of the names.
    public var parameters: [(name: String, value: String)] {
        Parameter.allCases.compactMap { parameter in
            self.text(of: parameter).map { (parameter.rawValue, $0) }
        }
    }

    private func text(of parameter: Parameter) -> String? {
        switch parameter {
        case .status:
            self.statuses.isEmpty
                ? nil
                : DeadLetter.Status.allCases.filter(self.statuses.contains).map(\.rawValue).joined(separator: ",")
        case .workflow: self.workflow
        case .version: self.version.map(String.init)
        case .kind: self.kind?.rawValue
        case .type: self.type
        case .fingerprint: self.fingerprint
        case .error: self.error
        case .node: self.node
        case .robot: self.robot
        case .environment: self.environment
        case .tag: self.tag
        case .since: self.since.map(Timestamp.text)
        case .until: self.until.map(Timestamp.text)
        case .variables: self.variables.isEmpty ? nil : Value.object(self.variables).jsonText(.compact)
        }
    }

    /// - Throws: for the first parameter that cannot be read, or that no letter can match. Those with other names are
    ///   not looked at, and an empty one counts as not given.
    public init(parameters: [String: String]) throws(WireDecodingError) {
        self.init()
        for parameter in Parameter.allCases {
            guard let text = parameters[parameter.rawValue], !text.isEmpty else { continue }
            try self.set(parameter, text)
        }
        do throws(Invalid) {
            try self.check()
        } catch {
            throw WireDecodingError(path: error.member, message: error.description)
        }
    }

    private mutating func set(_ parameter: Parameter, _ text: String) throws(WireDecodingError) {
        func refuse(_ expected: String) -> WireDecodingError {
            WireDecodingError(path: parameter.rawValue, message: "expected \(expected)")
        }
        switch parameter {
        case .status:
            for name in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let status = DeadLetter.Status(rawValue: String(name)) else {
                    throw refuse(
                        "one of " + DeadLetter.Status.allCases.map(\.rawValue).joined(separator: ", ")
                            + ", or several with commas between")
                }
                self.statuses.insert(status)
            }
        case .workflow: self.workflow = text
        case .version:
            guard let version = Int(text) else { throw refuse("a number from 1") }
            self.version = version
        case .kind:
            guard let kind = Failure.Kind(rawValue: text) else {
                throw refuse("one of " + Failure.Kind.allCases.map(\.rawValue).joined(separator: ", "))
            }
            self.kind = kind
        case .type: self.type = text
        case .fingerprint: self.fingerprint = text
        case .error: self.error = text
        case .node: self.node = text
        case .robot: self.robot = text
        case .environment: self.environment = text
        case .tag: self.tag = text
        case .since, .until:
            guard let date = Timestamp.date(text) else { throw refuse("a time such as 2026-01-02T03:04:05Z") }
            if parameter == .since { self.since = date } else { self.until = date }
        case .variables:
            // Where in the text the mistake is helps less than what was expected.
            guard let object = (try? Value(parsingJSON: text))?.object else {
                throw refuse(#"a JSON object of variables and their values, such as {"amount": 5}"#)
            }
            self.variables = object
        }
    }
}
