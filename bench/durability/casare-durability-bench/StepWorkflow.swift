import CasareDomain
import CasareEngine
import CasarePostgres
import CasareStore

/// Steps of one class of effect, one after the other.
struct StepWorkflow: Sendable {
    let effect: NodeType.Effect
    let steps: Int

    private var nodeType: String {
        switch self.effect {
        case .pure: "BenchPureNode"
        case .captured: "BenchCapturedNode"
        case .idempotent: "BenchIdempotentNode"
        case .effect: "BenchEffectNode"
        }
    }

    /// - Parameters:
    ///   - stepTime: how long each takes, as if it waited for the network.
    ///   - performed: a step begins, of the job with this ID. Pure ones are not told of.
    func type(stepTime: Duration, performed: @escaping @Sendable (String) -> Void) -> NodeType {
        let outputs: [NodeType.Output] = [.init("result")]
        switch self.effect {
        case .pure:
            return NodeType(
                self.nodeType, family: "Benchmark", "Computes nothing.", outputs: outputs, effect: .pure,
                .pure { _, _ throws(NodeFailure) in NodeResult(["result": 1]) })
        case .captured, .idempotent, .effect:
            return NodeType(
                self.nodeType, family: "Benchmark", "Waits.", outputs: outputs, effect: self.effect,
                .perform { _, environment in
                    performed(String(environment.idempotencyKey.prefix { $0 != "/" }))
                    if stepTime > .zero { try await Task.sleep(for: stepTime) }
                    return NodeResult(["result": 1])
                })
        }
    }

    /// Stores the workflow.
    func push(on connection: isolated PostgresConnection) throws -> Workflow.Version {
        let name = "\(self.effect.rawValue)-\(self.steps)"
        let nodes = (0..<self.steps).map { #""s\#($0)":{"node_type":"\#(self.nodeType)"}"# }.joined(separator: ",")
        let connections = (1..<max(1, self.steps)).map {
            #"{"source_node":"s\#($0 - 1)","source_port":"exec_out","target_node":"s\#($0)","target_port":"exec_in"}"#
        }.joined(separator: ",")
        let document = #"{"metadata":{"name":"\#(name)"},"nodes":{\#(nodes)},"connections":[\#(connections)]}"#
        return try WorkflowStore.push(name: name, document: document, by: "bench", on: connection).version
    }

    /// Submits so many jobs of it, in one commit.
    func submit(_ count: Int, to database: Database) async throws {
        try await database.asTenant(.default) { connection in
            let version = try self.push(on: connection)
            let jobs = (0..<count).map { _ in NewJob(workflow: version.workflow, workflowVersion: version.number) }
            _ = try JobStore.submit(jobs, by: "bench", on: connection)
        }
    }
}
