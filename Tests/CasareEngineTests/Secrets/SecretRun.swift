import CasareDomain
import FoundationEssentials
import Synchronization

@testable import CasareEngine

/// A world in which runs are given secrets, and what they asked for.
final class SecretRun: Sendable {
    let world = World()
    private let given: Mutex<[String: SecretAnswer]>
    private let asked = Mutex<[SecretRequest]>([])

    init(_ secrets: [String: SecretFields] = [:]) {
        self.given = Mutex(secrets.mapValues { SecretAnswer.found($0) })
    }

    /// What runs asked for, run after run.
    var requests: [SecretRequest] { self.asked.withLock { $0 } }

    func give(_ answer: SecretAnswer, for reference: String) { self.given.withLock { $0[reference] = answer } }

    /// Signs in with what a secret, its config, a variable or nobody gives, and does it before the world.
    private var signIn: NodeType {
        NodeType(
            "SignInNode", family: "", "",
            parameters: [
                .init("credential_name", .string, default: ""), .init("username", .string, default: ""),
                .init("password", .string, default: ""),
            ], outputs: [.init("success", .boolean), .init("error", .string)], effect: .effect,
            .perform { inputs, _ in
                self.world.note("\(inputs.string("username")):\(inputs.string("password"))")
                return NodeResult()
            }
        ).taking([
            CredentialField("username", from: CredentialField.usernameFields, variable: "test_username"),
            CredentialField("password", from: CredentialField.passwordFields, variable: "test_password"),
        ])
    }

    /// Shows its code, which is a script and no expression.
    private var script: NodeType {
        NodeType(
            "ScriptNode", family: "", "", parameters: [.init("code", .string, verbatim: true)], effect: .effect,
            .perform { inputs, _ in
                self.world.note(inputs.string("code"))
                return NodeResult()
            })
    }

    var catalogue: NodeCatalogue { NodeCatalogue(self.world.catalogue.types + [self.signIn, self.script]) }

    func program(_ json: Value) throws -> Program {
        let (document, issues) = WorkflowDocument.parse(json)
        guard let document else { throw ProgramError.invalid(issues) }
        return try Program(document, catalogue: self.catalogue)
    }

    /// Runs one attempt; what is not durable at its end is recorded.
    func attempt(
        _ json: Value, variables: Object = [:], journal: any Journal = MemoryJournal(), hasSource: Bool = true,
        isStopRequested: @escaping @Sendable () -> Bool = { false },
        onEvent: (@Sendable (RunEvent) -> Void)? = nil
    ) async throws -> RunConclusion {
        var environment = RunEnvironment(workingDirectory: "/tmp", isStopRequested: isStopRequested, onEvent: onEvent)
        if hasSource {
            environment.secrets = { request in
                self.asked.withLock { $0.append(request) }
                let given = self.given.withLock { $0 }
                return Dictionary(
                    request.references.map { reference in
                        let missing = SecretProblem(.notFound, "There is no secret \"\(reference)\"")
                        return (reference, given[reference] ?? .refused(missing))
                    }, uniquingKeysWith: { first, _ in first })
            }
        }
        let conclusion = try await RunDriver(
            program: try self.program(json), runID: "test-run", options: Job.Options(trace: true),
            variables: variables, journal: journal, environment: environment
        ).run()
        switch conclusion {
        case .finished(_, _, let entries), .inDoubt(_, _, let entries), .interrupted(let entries):
            try await journal.record(entries)
        }
        return conclusion
    }

    /// The same to the end.
    func run(
        _ json: Value, variables: Object = [:], journal: any Journal = MemoryJournal(), hasSource: Bool = true,
        onEvent: (@Sendable (RunEvent) -> Void)? = nil
    ) async throws -> (result: RunResult, failure: Failure?) {
        let conclusion = try await self.attempt(
            json, variables: variables, journal: journal, hasSource: hasSource, onEvent: onEvent)
        guard case .finished(let result, let failure, _) = conclusion else {
            throw NodeFailure("Unfinished", "The run has not come to its end")
        }
        return (result, failure)
    }
}

extension SecretText: ExpressibleByStringLiteral {
    convenience init(stringLiteral value: String) { self.init(value) }
}

extension MemoryJournal {
    /// All that stands in it, as one text.
    var text: String {
        self.entries().map { "\($0.node) \($0.nodeType) \($0.result?.json.jsonText(.compact) ?? "")\n" }.joined()
    }
}

/// A document with its own words for secrets.
func document(_ json: Value, bindings: Object, subflows: Object = [:]) -> Value {
    guard case .object(var members) = json else { return json }
    members["credential_bindings"] = .object(bindings)
    if !subflows.isEmpty { members["subflows"] = .object(subflows) }
    return .object(members)
}
