import CasareClient
import CasareDomain
import CasareEngine
import CasareNodes
import CasareWire
import FoundationEssentials

/// Until when a job waits in the steps that it is in, by their numbers.
///
/// The journal has when a wait began, and the workflow how long it takes. Of one whose duration is computed, or that
/// stands in several workflows under one ID, only the run knows.
enum WaitEnds {
    /// How deep subflows are looked into; no run calls deeper.
    private static let depthMax = Program.callDepthMax

    /// - Returns: Nothing, too, where the server does not give the workflow: it is an extra.
    static func known(for steps: [StepInfo], of job: JobInfo, from client: CasareClient) async -> [Int: Date] {
        let waits = steps.filter { $0.outcome == .waiting }
        guard !waits.isEmpty, !job.status.isTerminal else { return [:] }
        let version = try? await client.workflowVersion(job.workflowVersion, of: job.workflowID.description)
        guard let document = version?.document else { return [:] }
        return self.ends(of: waits, in: document)
    }

    static func ends(of waits: [StepInfo], in document: Value) -> [Int: Date] {
        let seconds = self.seconds(in: document, depth: 0)
        var ends: [Int: Date] = [:]
        for step in waits {
            let known = Set(seconds.filter { $0.node == step.node }.map { $0.seconds })
            guard known.count == 1, let duration = known.first.flatMap(\.self) else { continue }
            ends[step.step] = step.startedAt.addingTimeInterval(duration)
        }
        return ends
    }

    /// How long the nodes take that only wait, those of subflows among them; `nil` for one that computes it.
    private static func seconds(in json: Value, depth: Int) -> [(node: String, seconds: Double?)] {
        guard depth <= self.depthMax, let document = WorkflowDocument.parse(json).document else { return [] }
        let own = document.nodes.compactMap { node -> (node: String, seconds: Double?)? in
            guard let type = StandardNodes.catalogue.type(named: node.type), type.isTimer else { return nil }
            return (node: node.id, seconds: self.seconds(of: node, type, in: document))
        }
        return own + document.subflows.flatMap { self.seconds(in: $0.document, depth: depth + 1) }
    }

    private static func seconds(
        of node: WorkflowDocument.Node, _ type: NodeType, in document: WorkflowDocument
    ) -> Double? {
        guard let parameter = type.parameters.first(where: { $0.name == "duration" }) else { return nil }
        let names = [parameter.name] + parameter.aliases.map(\.name)
        let isDelivered = document.connections.contains { $0.target == node.id && names.contains($0.targetPort) }
        guard !isDelivered else { return nil }
        let given = names.first { node.config[$0].map { !$0.isNull } ?? false }
        guard let given else { return parameter.defaultValue.double }
        let scale = parameter.aliases.first { $0.name == given }?.scale ?? 1
        return node.config[given]?.double.map { $0 * scale }
    }
}
