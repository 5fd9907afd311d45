import CasareDomain
import CasareEngine

/// How often a use of a file node may happen, told from its parameters.
///
/// What a step did before its robot died is not known. Where doing it again would fail because it was already done, or
/// would do harm, the step is an `effect`, and in doubt it is asked about rather than repeated.
enum FileEffects {
    static let delete: @Sendable (Object) -> NodeType.Effect = { config in
        config.knownFlag("ignore_missing", default: false) == true ? .idempotent : .effect
    }

    static let copy: @Sendable (Object) -> NodeType.Effect = { config in
        config.knownFlag("overwrite", default: false) == true ? .idempotent : .effect
    }

    static let createDirectory: @Sendable (Object) -> NodeType.Effect = { config in
        config.knownFlag("exist_ok", default: true) == true ? .idempotent : .effect
    }
}
