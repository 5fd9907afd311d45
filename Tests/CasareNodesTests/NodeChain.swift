import CasareDomain
import CasareEngine
import CasareNodes
import Testing

/// Nodes one after the other, run by the engine as a document is: with templates, coercion and a journal.
struct NodeChain: Sendable {
    struct Node: Sendable {
        var id: String
        var type: String
        var config: Object

        init(_ id: String, _ type: String, _ config: Object = [:]) {
            self.id = id
            self.type = type
            self.config = config
        }
    }

    let program: Program
    let directory: String
    let environment: RunEnvironment

    init(_ nodes: [Node], in directory: String, policy: NodePolicy = .standard) throws {
        var document = WorkflowDocument(name: "chain")
        document.nodes = nodes.map { .init(id: $0.id, type: $0.type, config: $0.config) }
        document.connections = zip(nodes, nodes.dropFirst()).map {
            .init(source: $0.id, sourcePort: "exec_out", target: $1.id, targetPort: "exec_in")
        }
        self.program = try Program(document, catalogue: StandardNodes.catalogue)
        self.directory = directory
        self.environment = RunEnvironment(workingDirectory: directory, policy: policy)
    }

    func run(journal: MemoryJournal = MemoryJournal()) async throws -> RunConclusion {
        try await RunDriver(
            program: self.program, runID: "run", options: Job.Options(trace: true), variables: [:], journal: journal,
            environment: self.environment
        ).run()
    }

    /// The result of a run that must come to an end.
    func finish(journal: MemoryJournal = MemoryJournal()) async throws -> (result: RunResult, failure: Failure?) {
        guard case .finished(let result, let failure, _) = try await self.run(journal: journal) else {
            throw NodeFailure("Test", "The run did not finish")
        }
        return (result, failure)
    }
}
