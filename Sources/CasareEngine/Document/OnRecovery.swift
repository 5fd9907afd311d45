package import CasareDomain

/// What becomes of a step that may or may not have happened: of a node, by its config key `on_recovery`, or of every
/// node of a workflow that says nothing itself, by the setting of that name.
package enum OnRecovery: String, Sendable, Hashable, CaseIterable {
    case retry, skip, fail, ask

    /// As a document writes it; `nil` for what is no policy. `DocumentValidator` refuses that.
    package init?(written value: Value?) {
        guard let text = value?.string else { return nil }
        self.init(rawValue: text.lowercased())
    }
}
