package import CasareDomain

/// Everything there is to know about one type of node: validation, documentation and execution come from here.
package struct NodeType: Sendable, Identifiable {
    /// How an execution is journaled; see `docs/architecture.md`.
    package enum Effect: String, Sendable, Codable {
        /// Computed from its inputs alone: never journaled, recomputed on replay.
        case pure
        /// Reads the world: its result is journaled with the next commit.
        case captured
        /// Changes the world in a way that may be repeated: its result is committed before the next step.
        case idempotent
        /// Changes the world: its intent is committed before it, its result after it.
        case effect
    }

    /// The types of values that parameters and outputs declare.
    package enum ValueType: String, Sendable {
        case string, integer, number, boolean, list, object, any
        /// A list or object, or JSON text of one.
        case json
    }

    package struct Parameter: Sendable {
        package var name: String
        package var type: ValueType
        package var defaultValue: Value
        package var isRequired: Bool
        /// The accepted texts, compared as `choice(for:)` does; empty: anything.
        package var choices: [String]
        /// Other texts for a choice, such as short forms; accepted, but not offered. With these, the node itself finds
        /// the choice and refuses what is none: it is given the text as it was written.
        package var choiceAliases: [String: [String]]
        /// Inclusive bounds of a number.
        package var range: ClosedRange<Double>?
        /// Other names it is accepted under; the canonical name wins.
        package var aliases: [Alias]
        /// Expressions and scripts: templates inside are not substituted as text.
        package var isVerbatim: Bool
        package var documentation: String

        /// Another name of a parameter, whose numbers may be in another unit (`duration_ms` is 0.001 `duration`).
        package struct Alias: Sendable, ExpressibleByStringLiteral {
            package var name: String
            package var scale: Double

            package init(_ name: String, scale: Double = 1) {
                self.name = name
                self.scale = scale
            }

            package init(stringLiteral value: String) { self.init(value) }
        }

        package init(
            _ name: String, _ type: ValueType, default defaultValue: Value = .null, required: Bool = false,
            choices: [String] = [], choiceAliases: [String: [String]] = [:], range: ClosedRange<Double>? = nil,
            aliases: [Alias] = [], verbatim: Bool = false, _ documentation: String = ""
        ) {
            self.name = name
            self.type = type
            self.defaultValue = defaultValue
            self.isRequired = required
            self.choices = choices
            self.choiceAliases = choiceAliases
            self.range = range
            self.aliases = aliases
            self.isVerbatim = verbatim
            self.documentation = documentation
        }
    }

    package struct Output: Sendable {
        package var name: String
        package var type: ValueType
        package var aliases: [String]

        package init(_ name: String, _ type: ValueType = .any, aliases: [String] = []) {
            self.name = name
            self.type = type
            self.aliases = aliases
        }
    }

    /// What the node does.
    package enum Behaviour: Sendable {
        /// The interpreter itself carries it out.
        case structure(Structure)
        /// A computation, run in place. It may read and write variables and write log lines through its context.
        case pure(@Sendable (Inputs, inout PureContext) throws(NodeFailure) -> NodeResult)
        /// Work that reads or changes the world, run by the robot with a time limit. Cancelling its task must end it.
        case perform(@Sendable (Inputs, NodeEnvironment) async throws -> NodeResult)
        /// Known, and loads, but cannot run here: it fails with this reason when reached.
        case unsupported(reason: String)
    }

    /// The control-flow nodes (workflow format §5, §7, §8).
    package enum Structure: String, Sendable, CaseIterable {
        case start, end, comment, reroute, merge, trigger
        case `if`, `switch`
        case forLoopStart, forLoopEnd, whileLoopStart, whileLoopEnd, `break`, `continue`
        case `try`, `catch`, finally, retry, retrySuccess, retryFail, onError
        case fork, join, parallelForEach
        case errorRecovery
        case subflow, callSubworkflow, executeWorkflow
        case subflowInput, subflowOutput
    }

    package var id: String { self.name }
    package var name: String
    /// Other type names it is accepted under.
    package var aliases: [String]
    /// The family, as a heading: "Lists and dicts".
    package var family: String
    /// One sentence for people.
    package var summary: String
    package var parameters: [Parameter]
    /// Name prefixes of open-ended parameters, such as `item_` for `item_1`, `item_2`, …
    package var parameterPrefixes: [String]
    package var outputs: [Output]
    /// Names of the exec outputs in declared order; the first is followed when the node names none.
    package var execOutputs: [String]
    package var effect: Effect
    /// The effect of one use of this type, when its parameters decide it (`action`, `append_mode`, …); `nil`: `effect`.
    ///
    /// Takes the parameters by any of their names, as configured or as resolved; one that is missing has its default.
    /// What it cannot tell, such as a template not yet resolved, it answers with the most careful effect.
    package var effectFor: (@Sendable (Object) -> Effect)?
    /// It changes what the run's session holds. A journal cannot bring that back, so that a run which goes on elsewhere
    /// performs the node again before anything new, marked by `NodeEnvironment.isReopening`; its recorded result
    /// stands.
    package var opensSession: Bool
    /// It lets time pass, which goes on while no robot has the job: when it began is journaled unless it is soon over,
    /// and a run that goes on elsewhere tells it by `NodeEnvironment.begunAt`. A run that is to stop cancels it.
    package var isTimer: Bool
    /// A pure node that is given the time. It is journaled, so that a replay sees the same.
    package var readsClock: Bool
    package var behaviour: Behaviour
    /// Parameters that a secret can give; with them the type has the parameter `credential_name`.
    package var credentialFields: [CredentialField] = []
    /// Parameters whose texts become arguments of a program, which others on the robot's machine can read.
    package var argumentParameters: Set<String> = []

    package init(
        _ name: String, aliases: [String] = [], family: String, _ summary: String, parameters: [Parameter] = [],
        parameterPrefixes: [String] = [], outputs: [Output] = [], execOutputs: [String] = ["exec_out"],
        effect: Effect = .pure, effectFor: (@Sendable (Object) -> Effect)? = nil, opensSession: Bool = false,
        isTimer: Bool = false, readsClock: Bool = false, _ behaviour: Behaviour
    ) {
        self.name = name
        self.aliases = aliases
        self.family = family
        self.summary = summary
        self.parameters = parameters
        self.parameterPrefixes = parameterPrefixes
        self.outputs = outputs
        self.execOutputs = execOutputs
        self.effect = effect
        self.effectFor = effectFor
        self.opensSession = opensSession
        self.isTimer = isTimer
        self.readsClock = readsClock
        self.behaviour = behaviour
    }
}
