import CasareDomain
import CasareEngine
import CasareWire

/// Leaves the values of sensitive variables out of what is given away.
///
/// They are known as start values and as defaults in the document. What a step made of one, such as a session's token,
/// is not known to come from it.
struct CapsuleRedaction {
    /// Sensitive variables that have a value, in the order of the documents, with what stands for it.
    let leftOut: Object
    /// Hides the same values wherever else they stand.
    let masking: Masking
    /// Of the workflow and of every one that it may call.
    private let sensitive: Set<String>

    init(document: Value, variables: Object) {
        var leftOut: Object = [:]
        var values: [Value] = []
        for (name, declaration) in Self.declarations(in: document) where Self.isSensitive(declaration) {
            let known = ([variables[name]] + Self.defaultKeys.map { declaration[$0] }).compactMap(\.self)
                .filter { !$0.isNull }
            if let value = known.first, leftOut[name] == nil { leftOut[name] = ShownVariables.hidden(value) }
            values += known
        }
        self.leftOut = leftOut
        self.masking = Masking(values)
        self.sensitive = Set(leftOut.keys)
    }

    /// Start values, without the sensitive ones.
    func variables(_ variables: Object) -> Object {
        Object(
            variables.filter { !self.sensitive.contains($0.key) }.map { ($0.key, self.masking.masked($0.value)) })
    }

    /// What is said of events and failures, without secrets.
    ///
    /// - Throws: What cannot be written as JSON.
    func history(_ history: JobHistory) throws -> JobHistory {
        JobHistory(
            events: history.events.map { event in
                JobHistory.Event(at: event.at, kind: event.kind, detail: event.detail.map { self.masking.masked($0) })
            },
            attempts: try history.attempts.map { attempt in
                JobHistory.Attempt(
                    attempt: attempt.attempt, robot: attempt.robot, startedAt: attempt.startedAt,
                    finishedAt: attempt.finishedAt, isCrash: attempt.isCrash,
                    failure: try attempt.failure.map { failure in
                        try ValueDecoder.decode(
                            FailureInfo.self, from: self.masking.masked(try ValueEncoder.encode(failure)))
                    },
                    question: try attempt.question.map { question in
                        try ValueDecoder.decode(
                            JobHistory.Question.self, from: self.masking.masked(try ValueEncoder.encode(question)))
                    })
            })
    }

    /// As they are written, so that a document which does not load is no reason to give its secrets away.
    private static func declarations(in document: Value) -> [(name: String, declaration: Value)] {
        let own: [(name: String, declaration: Value)] =
            switch document["variables"] {
            case .object(let variables): variables.map { ($0.key, $0.value) }
            case .list(let variables): variables.compactMap { item in item["name"]?.string.map { ($0, item) } }
            case .null, .bool, .int, .double, .string, nil: []
            }
        return own + (document["subflows"]?.object?.values ?? []).flatMap(Self.declarations)
    }

    private static func isSensitive(_ declaration: Value) -> Bool { declaration["sensitive"]?.bool == true }

    // MARK: The document

    private static let defaultKeys = ["default_value", "value"]

    /// The same document in which something else stands for the defaults of sensitive variables. Everything else in it
    /// stays as it is: parts of it refer to each other by text.
    func document(_ document: Value) -> Value {
        guard case .object(var members) = document else { return document }
        switch members["variables"] {
        case .object(let variables):
            members["variables"] = .object(Object(variables.map { ($0.key, Self.withoutSecret($0.value)) }))
        case .list(let variables):
            members["variables"] = .list(variables.map(Self.withoutSecret))
        case .null, .bool, .int, .double, .string, nil:
            break
        }
        if let subflows = members["subflows"]?.object {
            members["subflows"] = .object(Object(subflows.map { ($0.key, self.document($0.value)) }))
        }
        return .object(members)
    }

    private static func withoutSecret(_ variable: Value) -> Value {
        guard case .object(var members) = variable, Self.isSensitive(variable) else { return variable }
        for key in Self.defaultKeys {
            guard let value = members[key] else { continue }
            // The journal refers to the parts of a called workflow's defaults, too. An empty text has none, and a run
            // may ask whether it is there.
            members[key] = value == "" ? .null : ShownVariables.hidden(value)
        }
        return .object(members)
    }
}
