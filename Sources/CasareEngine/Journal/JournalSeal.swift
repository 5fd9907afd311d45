package import CasareDomain

/// Keeps the values of secrets and of sensitive start variables out of the journal, and those that the documents of
/// called workflows give to their sensitive variables: a reference stands in their place, and a replay resolves it
/// again.
///
/// `{{$sealed:NAME}}` stands for a text, wherever it was found in one, and for a number `{{$sealed int:NAME}}` or
/// `{{$sealed double:NAME}}`; parts of a list or object are counted, as in `NAME.2`. A called workflow's variable is
/// `PATH..NAME`; a field of a secret is `$SECRET.FIELD`, and what it looks like in JSON, a URL or base64 has the form
/// behind that, as in `$SECRET.FIELD.url`. `{{$sealed}}` is a `{{$sealed` that was there before. What a step has made
/// of a secret, and what a sensitive variable was set to later, is written as it is, as is what a call hands to a
/// sensitive variable and is no other secret: there is nothing to resolve it from.
package struct JournalSeal: Sendable {
    private struct Secret {
        let reference: String
        let text: String
    }

    private static let mark = "{{$sealed"
    private static let end = "}}"

    /// The longest first, so that one inside another does not leave the rest of it readable.
    private let secrets: [Secret]
    private let texts: [String: String]

    /// - Parameter secrets: what the run has been given by now.
    /// - Returns: `nil` for a program that names no secrets and has no sensitive variables, own or of workflows that it
    ///   calls: journals of such are written as they are.
    init?(of program: Program, given variables: Object, secrets: SecretBox? = nil) {
        guard program.hasSensitiveVariables || !program.secretReferences.isEmpty else { return nil }
        self.init(
            program.variables,
            called: program.subflows.map { (path: $0.key, variables: $0.value.program.variables) }, given: variables,
            secrets: secrets)
    }

    /// For what somebody else than a run writes into its journal.
    ///
    /// - Parameters:
    ///   - text: The document of the run's workflow. Not all of its nodes need be in the catalogue; without them what a
    ///     call has handed over is written as it is.
    ///   - variables: The job's.
    /// - Returns: As for a program; also `nil` for a document that does not load, of which there are no runs.
    package init?(ofDocument text: String, given variables: Object, catalogue: NodeCatalogue) {
        guard let document = WorkflowDocument.parse(text: text).document, let bundled = try? document.bundled()
        else { return nil }
        if let program = try? Program(document, catalogue: catalogue) {
            var driver = RunDriver(
                program: program, runID: "", options: Job.Options(), variables: variables, journal: NoJournal(),
                environment: RunEnvironment(workingDirectory: "/"))
            try? driver.takeCall()  // One that the workflow refuses has had no steps.
            self.init(of: driver.program, given: driver.variables)
            return
        }
        let called = bundled.map { (path: $0.path, variables: $0.document.variables) }
        guard
            document.variables.contains(where: \.isSensitive) || text.contains("$secret:")
                || called.contains(where: { $0.variables.contains(where: \.isSensitive) })
        else { return nil }
        self.init(document.variables, called: called, given: variables)
    }

    private init(
        _ own: [WorkflowDocument.Variable], called: [(path: String, variables: [WorkflowDocument.Variable])],
        given variables: Object, secrets box: SecretBox? = nil
    ) {
        let known = box?.texts.all ?? []
        var secrets = known.filter(\.isHidden).map { Secret(reference: $0.reference, text: $0.text) }
        for variable in own where variable.isSensitive {
            secrets += Self.secrets(in: variables[variable.name] ?? variable.value, named: Self.written(variable.name))
        }
        for (path, declared) in called {
            for variable in declared where variable.isSensitive {
                // No name of the job's own variables has two dots on end.
                let name = "\(Self.written(path))..\(Self.written(variable.name))"
                secrets += Self.secrets(in: variable.value, named: name)
            }
        }
        self.secrets = secrets.sorted { ($1.text.count, $0.reference) < ($0.text.count, $1.reference) }
        self.texts = Dictionary(
            secrets.map { ($0.reference, $0.text) } + known.map { ($0.reference, $0.text) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func secrets(in value: Value, named name: String) -> [Secret] {
        let parts = Masking.leaves(of: value)
        return parts.enumerated().filter { $0.element.displayText.count >= Masking.charactersMin }.map { number, part in
            Secret(reference: parts.count == 1 ? name : "\(name).\(number)", text: part.displayText)
        }
    }

    /// A name without what ends a reference or counts its parts.
    static func written(_ name: String) -> String {
        var written = name
        for (character, code) in [("%", "%25"), ("}", "%7D"), (".", "%2E")] {
            written = ExpressionText.replacing(character, with: code, in: written, limit: .max)
        }
        return written
    }

    // MARK: Sealing

    /// A result in its stored form.
    package func sealed(stored json: Value) -> Value { self.sealed(StepResult(json: json)).json }

    func sealed(_ result: StepResult) -> StepResult {
        let inKeys = self.secrets.prefix { $0.text.count >= Masking.charactersInKeysMin }
        return Self.replaced(result) {
            self.sealed($0)
        } keys: {
            self.sealed($0, against: inKeys)
        }
    }

    private func sealed(_ value: Value) -> Value {
        switch value {
        case .null, .bool, .list, .object: return value
        case .int: return self.sealedNumber(value, as: "int")
        case .double: return self.sealedNumber(value, as: "double")
        case .string(let text): return .string(self.sealed(text, against: self.secrets[...]))
        }
    }

    private func sealedNumber(_ value: Value, as kind: String) -> Value {
        let text = value.displayText
        guard let secret = self.secrets.first(where: { $0.text == text }) else { return value }
        return .string("\(Self.mark) \(kind):\(secret.reference)\(Self.end)")
    }

    /// Looks for one secret after the other, but not in the references that stand there already.
    private func sealed(_ text: String, against secrets: ArraySlice<Secret>) -> String {
        // Few of them are in it, and each that is takes one more call.
        let secrets = secrets.drop { ExpressionText.position(of: $0.text, in: text) == nil }
        guard let secret = secrets.first else {
            return ExpressionText.replacing(Self.mark, with: Self.mark + Self.end, in: text, limit: .max)
        }
        return ExpressionText.split(text, by: secret.text, limit: .max)
            .map { self.sealed($0, against: secrets.dropFirst()) }
            .joined(separator: "\(Self.mark):\(secret.reference)\(Self.end)")
    }

    // MARK: Opening

    /// - Throws: `JournalMismatch` when the run has no value for a reference.
    func opened(_ result: StepResult, of step: Interpreter.Step) throws(JournalMismatch) -> StepResult {
        var missing: String?
        let opened = Self.replaced(result) {
            self.opened($0, noting: &missing)
        } keys: {
            self.opened(.string($0), noting: &missing).displayText
        }
        if let missing {
            throw JournalMismatch(
                step: step.index,
                recorded: missing.hasPrefix("$")
                    ? "\(step.node.id) with a value of the secret '\(missing.dropFirst())'"
                    : "\(step.node.id) with a value of the sensitive variable '\(missing)'",
                requested: "\(step.node.id) without one")
        }
        return opened
    }

    private func opened(_ value: Value, noting missing: inout String?) -> Value {
        guard case .string(let text) = value else { return value }
        var opened = ""
        var rest = text.startIndex
        while let mark = ExpressionText.position(of: Self.mark, in: text, from: rest),
            let end = ExpressionText.position(of: Self.end, in: text, from: mark.upperBound)
        {
            opened += text[rest..<mark.lowerBound]
            rest = end.upperBound
            let words = text[mark.upperBound..<end.lowerBound].split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2 else {
                opened += Self.mark
                continue
            }
            guard let known = self.texts[String(words[1])] else {
                missing = String(words[1])
                continue
            }
            switch words[0] {
            case " int": return Int(known).map(Value.int) ?? .string(known)
            case " double": return Double(known).map(Value.double) ?? .string(known)
            // A text among others.
            default: opened += known
            }
        }
        opened += text[rest...]
        return .string(opened)
    }

    // MARK: Texts and numbers

    /// - Parameter keys: of objects in the outputs. The outputs' own are names that the type of the node gives.
    private static func replaced(
        _ result: StepResult, _ change: (Value) -> Value, keys: (String) -> String
    ) -> StepResult {
        switch result {
        case .succeeded(var result):
            result.outputs = Self.replaced(result.outputs, change, keys)
            return .succeeded(result)
        case .failed(var failure):
            failure.outputs = Self.replaced(failure.outputs, change, keys)
            failure.message = change(.string(failure.message)).displayText
            return .failed(failure)
        }
    }

    private static func replaced(
        _ object: Object, _ change: (Value) -> Value, _ keys: (String) -> String
    ) -> Object {
        Object(object.map { ($0.key, Self.replaced($0.value, change, keys)) })
    }

    private static func replaced(_ value: Value, _ change: (Value) -> Value, _ keys: (String) -> String) -> Value {
        switch value {
        case .null, .bool: value
        case .int, .double, .string: change(value)
        case .list(let elements): .list(elements.map { Self.replaced($0, change, keys) })
        // What comes from outside may have a secret for a key.
        case .object(let members):
            .object(Object(members.map { (keys($0.key), Self.replaced($0.value, change, keys)) }))
        }
    }
}
