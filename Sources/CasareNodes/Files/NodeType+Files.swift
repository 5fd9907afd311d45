import CasareDomain
import CasareEngine

extension NodeType.Behaviour {
    /// Work whose failure also sets the outputs `success` (and `error`) that such nodes declare.
    static func reporting(
        error: Bool = false, _ work: @escaping @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult
    ) -> NodeType.Behaviour {
        .perform { inputs, environment in
            do {
                return try await work(inputs, environment)
            } catch var failure as NodeFailure {
                if failure.outputs["success"] == nil { failure.outputs["success"] = false }
                if error, failure.outputs["error"] == nil { failure.outputs["error"] = .string(failure.message) }
                throw failure
            }
        }
    }

    /// The same for blocking work on files.
    static func files(
        _ work: @escaping @Sendable (Inputs, NodeEnvironment) throws -> NodeResult
    ) -> NodeType.Behaviour {
        .reporting { inputs, environment in
            try await BlockingWork.run { try work(inputs, environment) }
        }
    }

    /// The same for work that may take long.
    static func files(
        _ work: @escaping @Sendable (Inputs, NodeEnvironment, BlockingWork.Cancellation) throws -> NodeResult
    ) -> NodeType.Behaviour {
        .reporting { inputs, environment in
            try await BlockingWork.run { try work(inputs, environment, $0) }
        }
    }
}

extension Inputs {
    /// The first of several parameters that holds text.
    func firstText(_ names: String...) -> String? {
        for name in names {
            if let text = self[name].string, !text.isEmpty { return text }
        }
        return nil
    }
}

extension Object {
    /// Whether a configured flag is on, of what is known before the node runs; `nil`: a template decides.
    func knownFlag(_ name: String, default fallback: Bool) -> Bool? {
        switch self[name] {
        case .bool(let flag): return flag
        case .int(let number): return number != 0
        case nil, .null: return fallback
        case .string(let text):
            switch text.lowercased() {
            case "true", "1", "yes", "on": return true
            case "false", "0", "no", "off", "": return false
            default: return nil
            }
        case .double, .list, .object: return nil
        }
    }
}
