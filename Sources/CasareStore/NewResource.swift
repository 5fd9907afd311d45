package import CasareDomain
import FoundationEssentials

/// Something to make that people name, describe by a spec and may keep in files: a schedule or a trigger.
package struct NewResource<ID: UUIDIdentifier, Spec: Hashable & Sendable>: Hashable, Sendable {
    package let id: ID
    package let name: String
    package let spec: Spec
    /// Nothing comes of it until somebody resumes it.
    package let isPaused: Bool
    /// Kept with what was done, and of the pause.
    package let reason: String?
    /// The mark of whose files keep it.
    package let managedBy: String?

    /// - Parameter id: `nil`: a new one.
    package init(
        id: ID? = nil, name: String, spec: Spec, isPaused: Bool = false, reason: String? = nil, managedBy: String? = nil
    ) {
        self.id = id ?? .new(at: Date())
        self.name = name
        self.spec = spec
        self.isPaused = isPaused
        self.reason = reason
        self.managedBy = managedBy
    }
}
