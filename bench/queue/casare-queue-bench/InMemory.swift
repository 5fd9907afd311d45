import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials

/// No-op nodes through the engine, without a database.
enum InMemory {
    private static let passes = 20_000
    /// The loop's start, the node in it, and its end.
    private static let nodesPerPass = 3

    @Sendable static func run(_ request: Request) async throws -> OperationResult {
        let text = """
            {"metadata":{"name":"loop"},"nodes":{
            "each":{"node_type":"ForLoopStartNode","config":{"mode":"range","end":\(Self.passes)}},
            "body":{"node_type":"SetVariableNode","config":{"variable_name":"x","value":1}},
            "next":{"node_type":"ForLoopEndNode","config":{"paired_start_id":"each"}}},
            "connections":[
            {"source_node":"each","source_port":"body","target_node":"body","target_port":"exec_in"},
            {"source_node":"body","source_port":"exec_out","target_node":"next","target_port":"exec_in"}]}
            """
        guard let document = WorkflowDocument.parse(text: text).document else {
            throw BenchError("the loop cannot be read")
        }
        let program = try Program(document, catalogue: StandardNodes.catalogue)
        let startedAt = Marks.start()
        let deadline = startedAt + .seconds(request.params.seconds ?? 4)
        var nodes = 0
        while ContinuousClock.now < deadline {
            let driver = RunDriver(
                program: program, runID: UUID().uuidString, options: .init(), variables: [:], journal: NoJournal(),
                environment: RunEnvironment(workingDirectory: request.scratch))
            guard case .finished(_, .none, _) = try await driver.run() else { throw BenchError("the loop failed") }
            nodes += Self.passes * Self.nodesPerPass
        }
        return OperationResult(jobs: nodes, seconds: (Marks.stop() - startedAt).inSeconds)
    }
}
