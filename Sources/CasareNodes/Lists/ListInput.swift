import CasareDomain
import CasareEngine

extension PureContext {
    /// A list given as such, as JSON text, or as the name of a variable that holds one; `nil` for anything else.
    ///
    /// For parameters that also take other values: one declared as a list is brought to one before its node runs.
    func list(_ value: Value) -> [Value]? {
        guard let text = value.string else { return value.list }
        if let parsed = try? Value(parsingJSON: text), let list = parsed.list { return list }
        return self.value(at: text)?.list
    }

    /// A dictionary given as such, as JSON text, or as the name of a variable that holds one; `nil` for anything else.
    func object(_ value: Value) -> Object? {
        guard let text = value.string else { return value.object }
        if let parsed = try? Value(parsingJSON: text), let object = parsed.object { return object }
        return self.value(at: text)?.object
    }
}
