import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials

/// A run of a start and one node behind it, where it can do no harm: in a folder of its own, without scripts, without a
/// network of its machine's, and not for long.
struct OneNodeRun {
    /// Those that wait for somebody.
    private static let waiting: Set<String> = ["OAuth2CallbackServerNode", "WaitNode", "FileWatcherNode"]

    /// Whether the document could be run at all.
    let isCompiled: Bool
    /// The engine itself carries the node out, by rules of its own.
    let isStructure: Bool
    let failure: Failure?

    init(_ name: String, _ config: Object, in directory: String) async throws {
        var document = WorkflowDocument(name: "one")
        document.nodes = [
            .init(id: "start", type: "StartNode", config: [:]), .init(id: "node", type: name, config: config),
        ]
        document.connections = [
            .init(source: "start", sourcePort: "exec_out", target: "node", targetPort: "exec_in")
        ]
        if case .structure = RunFolder.type(name).behaviour {
            self.isStructure = true
        } else {
            self.isStructure = false
        }
        let program: Program
        do {
            program = try Program(document, catalogue: StandardNodes.catalogue)
        } catch {
            self.isCompiled = false
            self.failure = Failure(kind: .business, message: "\(error)", type: "ProgramError")
            return
        }
        self.isCompiled = true
        let policy = NodePolicy(allowedRoots: [directory], allowsScripts: false)
        let conclusion = try await RunDriver(
            program: program, runID: UUID().uuidString,
            options: Job.Options(timeoutSeconds: Self.waiting.contains(name) ? 0.3 : 30, trace: true), variables: [:],
            journal: MemoryJournal(),
            environment: RunEnvironment(
                workingDirectory: directory, policy: policy, sleep: { _ in }, executionsMax: 200)
        ).run()
        switch conclusion {
        case .finished(let result, let failure, let entries):
            // What a run leaves must fit into JSON.
            for entry in entries { _ = entry.result?.json.jsonText() }
            _ = Value.object(result.variables.merging(result.nodeOutputs ?? [:])).jsonText()
            self.failure = failure
        case .inDoubt(let question, _, _):
            self.failure = Failure(kind: .timeout, message: "\(question)", type: "InDoubt")
        case .interrupted:
            self.failure = Failure(kind: .timeout, message: "It was interrupted", type: "Interrupted")
        }
    }
}
