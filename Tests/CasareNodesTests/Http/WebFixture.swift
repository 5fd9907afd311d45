import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Synchronization
import Testing

/// The HTTP nodes with a client of their own, and a run's directory.
struct WebFixture: Sendable {
    let folder: RunFolder
    let web: WebClient
    let time: TestTime

    private var catalogue: NodeCatalogue { NodeCatalogue(HttpNodes.types(self.web)) }

    func type(_ name: String) -> NodeType {
        guard let type = self.catalogue.type(named: name) else { preconditionFailure("No node type \(name)") }
        return type
    }

    /// Runs one node with inputs that are taken as resolved and coerced.
    func perform(_ name: String, _ inputs: Object) async throws -> Object {
        let type = self.type(name)
        guard case .perform(let work) = type.behaviour else { preconditionFailure("\(name) is pure") }
        return try await work(Inputs(type, inputs), self.folder.environment).outputs
    }

    /// The failure of a node that must fail.
    func failure(_ name: String, _ inputs: Object) async throws -> NodeFailure {
        do {
            return NodeFailure("none", "it succeeded with \(try await self.perform(name, inputs))")
        } catch let failure as NodeFailure {
            return failure
        }
    }

    /// What a node says of a request that it must not know the outcome of.
    func doubt(_ name: String, _ inputs: Object) async throws -> OutcomeUnknown {
        do {
            return OutcomeUnknown("none: it succeeded with \(try await self.perform(name, inputs))")
        } catch let unknown as OutcomeUnknown {
            return unknown
        }
    }

    /// The same on a step that may happen twice.
    var repeatingInDoubt: WebFixture {
        var folder = self.folder
        folder.repeatsInDoubt = true
        return WebFixture(folder: folder, web: self.web, time: self.time)
    }

    /// Runs one node by the engine, with its configuration as a document has it.
    ///
    /// - Parameter reading: Ports of the node, by any of their names, that are put into variables of these names.
    func run(
        _ name: String, _ config: Object, reading ports: [String] = [], journal: MemoryJournal = MemoryJournal()
    ) async throws -> RunResult {
        guard
            case .finished(let result, _, _) = try await self.conclusion(name, config, reading: ports, journal: journal)
        else { throw NodeFailure("none", "The run did not finish") }
        return result
    }

    func conclusion(
        _ name: String, _ config: Object, reading ports: [String] = [], journal: MemoryJournal = MemoryJournal()
    ) async throws -> RunConclusion {
        var nodes: Object = ["n": ["node_type": .string(name), "config": .object(config)]]
        var connections: [Value] = []
        var last = "n"
        for port in ports {
            let reader = "read_\(port)"
            nodes[reader] = [
                "node_type": "SetVariableNode",
                "config": ["variable_name": .string(port), "value": .string("{{n.\(port)}}")],
            ]
            connections.append([
                "source_node": .string(last), "source_port": "exec_out", "target_node": .string(reader),
                "target_port": "exec_in",
            ])
            last = reader
        }
        let document: Value = [
            "metadata": ["name": "w"],
            "nodes": .object(nodes), "connections": .list(connections),
        ]
        let (parsed, issues) = WorkflowDocument.parse(document)
        let program = try Program(
            try #require(parsed, "\(issues)"),
            catalogue: NodeCatalogue(ControlFlowNodes.types + VariableNodes.types + HttpNodes.types(self.web)))
        let driver = RunDriver(
            program: program, runID: "run", options: Job.Options(trace: true), variables: [:], journal: journal,
            environment: RunEnvironment(workingDirectory: self.folder.path, policy: self.folder.policy))
        return try await driver.run()
    }
}

extension WebFixture {
    /// What a run of these nodes ends with, one after the other.
    func failure(of nodes: Value, _ order: [String]) async throws -> Failure? {
        let connections = zip(order, order.dropFirst()).map { source, target -> Value in
            [
                "source_node": .string(source), "source_port": "exec_out", "target_node": .string(target),
                "target_port": "exec_in",
            ]
        }
        let (parsed, issues) = WorkflowDocument.parse([
            "metadata": ["name": "w"], "nodes": nodes, "connections": .list(connections),
        ])
        let catalogue = NodeCatalogue(
            ControlFlowNodes.types + ErrorHandlingNodes.types + HttpNodes.types(self.web))
        let driver = RunDriver(
            program: try Program(try #require(parsed, "\(issues)"), catalogue: catalogue), runID: "run",
            options: Job.Options(), variables: [:], journal: MemoryJournal(),
            environment: RunEnvironment(workingDirectory: self.folder.path, policy: self.folder.policy))
        guard case .finished(_, let failure, _) = try await driver.run() else { return nil }
        return failure
    }
}

/// Time that passes only when somebody waits, and who waited how long.
final class TestTime: Sendable {
    private struct State {
        var now = ContinuousClock.now
        var waits: [Duration] = []
    }

    private let state = Mutex(State())

    var waits: [Duration] { self.state.withLock(\.waits) }

    func pass(_ duration: Duration) { self.state.withLock { $0.now += duration } }

    var web: WebTime {
        WebTime(
            now: { self.state.withLock(\.now) },
            sleep: { duration in
                try Task.checkCancellation()
                self.state.withLock {
                    $0.waits.append(duration)
                    $0.now += duration
                }
            })
    }
}

/// The HTTP nodes as on a robot that allows internal addresses, unless another policy is given.
///
/// - Parameters:
///   - names: Host names with their addresses; all others are unknown.
///   - isInternal: Which addresses the guard refuses.
func withWeb<R>(
    policy: NodePolicy = NodePolicy(allowsInternalURLs: true), authoritiesFile: String? = nil,
    names: [String: [String]] = [:],
    isInternal: @escaping @Sendable (IPAddress) -> Bool = { $0.isInternal },
    _ body: (WebFixture) async throws -> R
) async throws -> R {
    try await withWeb(
        policy: policy, authoritiesFile: authoritiesFile,
        resolver: { (names[$0] ?? []).compactMap { IPAddress($0) } }, isInternal: isInternal, body)
}

func withWeb<R>(
    policy: NodePolicy, authoritiesFile: String? = nil,
    resolver: (@Sendable (String) async throws -> [IPAddress])?,
    isInternal: @escaping @Sendable (IPAddress) -> Bool = { $0.isInternal },
    _ body: (WebFixture) async throws -> R
) async throws -> R {
    try await withRunFolder { folder in
        var folder = folder
        folder.policy = policy
        let time = TestTime()
        let web = WebClient(
            time: time.web, authoritiesFile: authoritiesFile, resolver: resolver, isInternal: isInternal)
        do {
            let result = try await body(WebFixture(folder: folder, web: web, time: time))
            await web.shutdown()
            return result
        } catch {
            await web.shutdown()
            throw error
        }
    }
}
