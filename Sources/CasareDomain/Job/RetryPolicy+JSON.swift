extension RetryPolicy {
    private static let memberNames = [
        "backoff", "delays_seconds", "delay_seconds", "initial_seconds", "factor", "step_seconds", "max_seconds",
        "max_attempts", "jitter",
    ]
    private static let kindsName = "by_kind"

    /// Reads a policy that a person wrote: `Members` as JSON, or `"never"`. A member that there is not is refused: it
    /// would count for nothing.
    ///
    /// - Throws: for the first member at fault, which the message names.
    public init(json: Value) throws(Invalid) {
        if json == .string(Self.neverName) {
            self = .never
            return
        }
        guard case .object(var given) = json else { throw Self.noPolicy(json) }
        var rules: [Failure.Kind: Members?] = [:]
        if let kinds = given[Self.kindsName], !kinds.isNull {
            guard case .object(let kinds) = kinds else {
                throw Invalid(
                    description: "by_kind is \(kinds.kindName); expected an object such as {\"timeout\": \"never\"}")
            }
            for (name, rule) in kinds {
                let kind = try Self.kind(named: name)
                do throws(Invalid) {
                    rules[kind] = .some(try rule == .string(Self.neverName) ? nil : Members(json: rule, also: []))
                } catch {
                    throw Invalid(description: "by_kind.\(name): \(error.description)")
                }
            }
        }
        given[Self.kindsName] = nil
        try self.init(try Members(json: .object(given), also: [Self.kindsName]), byKind: rules)
    }

    fileprivate static func noPolicy(_ json: Value) -> Invalid {
        Invalid(
            description: "it is \(json.kindName); expected an object such as "
                + "{\"backoff\": \"fixed\", \"delay_seconds\": 30, \"max_attempts\": 3}, or \"\(Self.neverName)\"")
    }

    fileprivate static func check(_ names: [String], also: [String]) throws(Invalid) {
        guard let unknown = names.first(where: { !Self.memberNames.contains($0) }) else { return }
        let known = Self.memberNames + also
        let advice =
            Spelling.nearest(to: unknown, among: known).map { "did you mean \($0)?" }
            ?? "the members are \(known.joined(separator: ", "))"
        throw Invalid(description: "there is no member \"\(unknown)\"; \(advice)")
    }
}

extension RetryPolicy.Members {
    /// - Parameter also: names that are known, and not looked at here.
    fileprivate init(json: Value, also: [String]) throws(RetryPolicy.Invalid) {
        guard case .object(let given) = json else { throw RetryPolicy.noPolicy(json) }
        try RetryPolicy.check(given.keys, also: also)
        func member<R>(
            _ name: String, _ expected: String, _ read: (Value) -> R?
        ) throws(RetryPolicy.Invalid) -> R? {
            guard let value = given[name], !value.isNull else { return nil }
            guard let result = read(value) else {
                throw RetryPolicy.Invalid(description: "\(name) is \(value.jsonText(.compact)); expected \(expected)")
            }
            return result
        }
        func seconds(_ name: String) throws(RetryPolicy.Invalid) -> Double? {
            try member(name, "a number of seconds") { $0.double }
        }
        let names = RetryPolicy.BackoffName.allCases.map(\.rawValue).joined(separator: ", ")
        self.backoff = try member("backoff", "one of \(names)") { $0.string.flatMap(RetryPolicy.BackoffName.init) }
        self.delaysSeconds = try member("delays_seconds", "a list of seconds") { value in
            guard let list = value.list else { return nil }
            let delays = list.compactMap(\.double)
            return delays.count == list.count ? delays : nil
        }
        self.delaySeconds = try seconds("delay_seconds")
        self.initialSeconds = try seconds("initial_seconds")
        self.factor = try member("factor", "a number") { $0.double }
        self.stepSeconds = try seconds("step_seconds")
        self.maxSeconds = try seconds("max_seconds")
        self.maxAttempts = try member("max_attempts", "a whole number") { $0.int }
        self.jitter = try member("jitter", "a number from 0 to 1") { $0.double }
    }
}
