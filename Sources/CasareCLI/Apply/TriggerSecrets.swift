import CasareDomain
import CasareWire

/// Where new hooks get their secrets from: never from the files that describe them.
enum TriggerSecrets: Hashable, Sendable {
    /// Nobody has said.
    case none
    /// The server makes them up, and they are shown once.
    case generated
    /// By name of trigger.
    case given(Object)

    /// - Parameter argument: `generate`, a file, or `-` for stdin; a file is a YAML or JSON object of texts.
    /// - Throws: `.usage` for what is no such object. No message repeats a secret.
    init(argument: String?) throws(CommandFailure) {
        guard let argument else {
            self = .none
            return
        }
        if argument == "generate" {
            self = .generated
            return
        }
        let input = TextInput(argument)
        let secrets = try VariableFile.parse(try input.read(), name: input.name)
        for (name, secret) in secrets where secret.string == nil {
            throw CommandFailure(
                .usage, "\(input.name): \(name): expected a text in quotes, got \(secret.kindName)")
        }
        self = .given(secrets)
    }

    /// Why nothing can be done, looked at before anything is: a hook is new, and there is no secret for it.
    func refusal(of plans: [ResourcePlan]) -> CommandFailure? {
        for plan in plans where plan.action == .create && plan.wanted?.needsSecret == true {
            switch self {
            case .generated: break
            case .given(let secrets) where secrets[plan.key.name] != nil: break
            case .given:
                return CommandFailure(
                    .usage, "nothing was done: \(plan.key.text) is new, and --secrets holds none of that name")
            case .none:
                return CommandFailure(
                    .usage,
                    "nothing was done: \(plan.key.text) is new and needs a secret; add --secrets generate, or "
                        + "--secrets FILE with \"NAME: secret\" lines, or - for stdin")
            }
        }
        return nil
    }

    /// `nil`: the server makes one up, or none is needed.
    func secret(of wanted: WantedResource) -> String? {
        guard wanted.needsSecret, case .given(let secrets) = self else { return nil }
        return secrets[wanted.key.name]?.string
    }
}
