package import CasareDomain

/// A job's start variables as people see them: without the values that its workflow declares sensitive, there and where
/// they stand in others.
package struct ShownVariables: Sendable {
    package let variables: Object
    private let originals: Object
    private let masking: Masking

    package init(_ originals: Object, sensitive: Set<String>) {
        var secrets: [Value] = []
        for (name, value) in originals where sensitive.contains(name) { secrets.append(value) }
        let masking = Masking(secrets)
        self.originals = originals
        self.masking = masking
        self.variables = Object(
            originals.map { name, value -> (String, Value) in
                (name, sensitive.contains(name) ? Self.hidden(value) : masking.masked(value))
            })
    }

    /// A text that may be made of the variables.
    package func masked(_ text: String) -> String { self.masking.masked(text) }

    /// What somebody gives for the job's variables who has seen them like this: whatever is given as it is shown stays
    /// as it is.
    package func restored(_ given: Object) -> Object {
        Object(
            given.map { name, value -> (String, Value) in
                guard let shown = self.variables[name], shown == value, let original = self.originals[name] else {
                    return (name, value)
                }
                return (name, original)
            })
    }

    /// Those of which not all is shown.
    private var hiddenNames: Set<String> {
        Set(self.originals.lazy.filter { name, value in self.variables[name] != value }.map(\.key))
    }

    /// The variables of a job that is run again by somebody who has seen the first one's like this; `nil`: the same.
    ///
    /// - Throws: when the patch cannot be made, or looks into what is hidden.
    package func variables(after choices: Job.RerunChoices) throws(JSONPatch.Invalid) -> Object? {
        guard choices.changesVariables else { return nil }
        try choices.patch?.check(hiding: self.hiddenNames)
        var meant = choices
        meant.variables = choices.variables.map(self.restored)
        meant.set = self.restored(choices.set)
        return try meant.variables(after: self.originals)
    }

    /// A value of the same shape, in which nothing of it can be read but names of members: a journal refers to the parts
    /// of a secret by their number.
    package static func hidden(_ value: Value) -> Value {
        switch value {
        case .null, .bool: return .null
        case .int, .double: return .string(Masking.mask)
        case .string(let text):
            // JSON in a text has parts, too.
            guard let parts = try? Value(parsingJSON: text) else { return .string(Masking.mask) }
            switch parts {
            case .list, .object: return .string(Self.hidden(parts).jsonText(.compact))
            case .null, .bool, .int, .double, .string: return .string(Masking.mask)
            }
        case .list(let elements): return .list(elements.map(Self.hidden))
        case .object(let members): return .object(Object(members.map { ($0.key, Self.hidden($0.value)) }))
        }
    }
}

extension WorkflowDocument {
    /// The variables that a document declares sensitive, by their names or in a list (workflow format §3): as they are
    /// written, so that a document which does not load is no reason to give its secrets away.
    package static func sensitiveNames(in document: Value) -> Set<String> {
        var names: Set<String> = []
        for (name, definition) in document["variables"]?.object ?? [:] where definition["sensitive"]?.bool == true {
            names.insert(name)
        }
        for definition in document["variables"]?.list ?? [] where definition["sensitive"]?.bool == true {
            if let name = definition["name"]?.string { names.insert(name) }
        }
        return names
    }
}
