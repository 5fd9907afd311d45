import CasareClient
import CasareDomain
import CasareEngine
import CasareWire

/// A variable that a job that is run again starts with and the first one did not.
struct VariableChange: Hashable, Sendable {
    /// Longer values are cut where people read them.
    private static let charactersMax = 80

    let name: String
    /// `nil`: there was none. What is secret is hidden.
    let old: Value?
    let new: Value

    /// - Parameter declared: the sensitive variables of the workflow; `nil` hides all values, as nobody could say.
    static func changes(from old: Object, by replacements: Object, hiding declared: Set<String>?) -> [VariableChange] {
        replacements.compactMap { name, new in
            guard old[name] != new else { return nil }
            let isHidden = declared?.contains(name) ?? true
            return VariableChange(
                name: name, old: old[name].map { Self.shown($0, name, isHidden) }, new: Self.shown(new, name, isHidden))
        }
    }

    private static func shown(_ value: Value, _ name: String, _ isHidden: Bool) -> Value {
        guard !value.isNull else { return value }
        return isHidden || SecretNames.contains(name) ? .string(Masking.mask) : SecretNames.masked(value)
    }

    /// "amount: 3 → 5", on one line.
    var text: String {
        TerminalText.line("\(self.name): \(self.old.map(Self.text) ?? "not set") → \(Self.text(self.new))")
    }

    private static func text(_ value: Value) -> String {
        if value == .string(Masking.mask) { return Masking.mask }
        let text = value.jsonText(.compact)
        return text.count > self.charactersMax ? "\(text.prefix(self.charactersMax))…" : text
    }

    /// Without `old` where there was none.
    var json: Value {
        var members: Object = ["name": .string(self.name)]
        if let old { members["old"] = old }
        members["new"] = self.new
        return .object(members)
    }
}

/// Which variables the versions of workflows declare sensitive; each is asked for once.
actor DeclaredSecrets {
    private struct Version: Hashable {
        let workflow: String
        let number: Int
    }

    private let client: CasareClient
    private var known: [Version: Set<String>?] = [:]

    init(_ client: CasareClient) { self.client = client }

    /// `nil` when the document cannot be had.
    func names(of workflow: String, version: Int) async -> Set<String>? {
        let key = Version(workflow: workflow, number: version)
        if let known = self.known[key] { return known }
        // Then everything counts as a secret: the change itself is none.
        let document = try? await self.client.workflowVersion(version, of: workflow).document
        let names = document.map { Self.names(in: $0) }
        self.known[key] = .some(names)
        return names
    }

    /// As the document declares them, by their names or in a list (workflow format §3).
    static func names(in document: Value) -> Set<String> {
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
