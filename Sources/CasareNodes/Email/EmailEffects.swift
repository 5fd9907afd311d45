import CasareDomain
import CasareEngine

/// How often a use of a mail node may happen, told from its parameters.
enum EmailEffects {
    /// Mails that were marked are not found again by the criteria that found them.
    static let read: @Sendable (Object) -> NodeType.Effect = { config in
        config.knownFlag("mark_as_read", default: false) == false ? .captured : .effect
    }

    /// A mail that is gone cannot be deleted again.
    static func delete(_ flag: String) -> @Sendable (Object) -> NodeType.Effect {
        { $0.knownFlag(flag, default: false) == false ? .idempotent : .effect }
    }
}
