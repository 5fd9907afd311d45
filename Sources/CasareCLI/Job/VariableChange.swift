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
    /// `nil`: there is none any more.
    let new: Value?
    /// The first job was not given it, and began with the workflow's.
    var isDefault = false

    /// - Parameter declared: the sensitive variables of the workflow; `nil` hides all values, as nobody could say.
    /// - Parameter defaults: what variables begin with that a job is not given.
    static func changes(
        from old: Object, by replacements: Object, hiding declared: Set<String>?, defaults: Object = [:]
    ) -> [VariableChange] {
        replacements.compactMap { name, new in
            let before = old[name] ?? defaults[name]
            guard before != new else { return nil }
            let isHidden = declared?.contains(name) ?? true
            return VariableChange(
                name: name, old: before.map { Self.shown($0, name, isHidden) }, new: Self.shown(new, name, isHidden),
                isDefault: old[name] == nil && before != nil)
        }
    }

    /// The same of variables that are changed in any way: those that are gone, too.
    static func changes(
        from old: Object, to new: Object, hiding declared: Set<String>?, defaults: Object = [:]
    ) -> [VariableChange] {
        let gone = old.filter { new[$0.key] == nil }.map { name, value in
            VariableChange(name: name, old: Self.shown(value, name, declared?.contains(name) ?? true), new: nil)
        }
        let others = Object(new.filter { old[$0.key] != $0.value }.map { ($0.key, $0.value) })
        return self.changes(from: old, by: others, hiding: declared, defaults: defaults) + gone
    }

    private static func shown(_ value: Value, _ name: String, _ isHidden: Bool) -> Value {
        guard !value.isNull else { return value }
        return isHidden || SecretNames.contains(name) ? .string(Masking.mask) : SecretNames.masked(value)
    }

    /// "amount: 3 → 5", on one line.
    var text: String {
        let old = self.old.map(Self.text) ?? "not set"
        let note = self.isDefault ? " (the default)" : ""
        let new = self.new.map(Self.text) ?? "removed"
        return TerminalText.line("\(self.name): \(old)\(note) → \(new)")
    }

    private static func text(_ value: Value) -> String {
        if value == .string(Masking.mask) { return Masking.mask }
        let text = value.jsonText(.compact)
        return text.count > self.charactersMax ? "\(text.prefix(self.charactersMax))…" : text
    }

    /// Without `old` where there was none, without `new` where there is none; with `default` where it is the workflow's.
    var json: Value {
        var members: Object = ["name": .string(self.name)]
        if let old { members["old"] = old }
        if let new { members["new"] = new }
        if self.isDefault { members["default"] = true }
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
    private var documents: [Version: Value?] = [:]

    init(_ client: CasareClient) { self.client = client }

    /// `nil` when the document cannot be had.
    func names(of workflow: String, version: Int) async -> Set<String>? {
        // Then everything counts as a secret: the change itself is none.
        await self.document(of: workflow, version: version).map { WorkflowDocument.sensitiveNames(in: $0) }
    }

    /// What variables begin with that a job is not given.
    func defaults(of workflow: String, version: Int) async -> Object {
        guard let json = await self.document(of: workflow, version: version),
            let document = WorkflowDocument.parse(json).document
        else { return [:] }
        return Object(document.variables.map { ($0.name, $0.value) })
    }

    private func document(of workflow: String, version: Int) async -> Value? {
        let key = Version(workflow: workflow, number: version)
        if let known = self.documents[key] { return known }
        let document = try? await self.client.workflowVersion(version, of: workflow).document
        self.documents[key] = .some(document)
        return document
    }
}
