import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

/// Every recorded workflow, against a catalogue that knows the structures and takes all other types as plain nodes.
@Suite struct DocumentCorpusTests {
    /// What the original refused, and we do too.
    private static let refused: [String: Set<String>] = [
        "p55_bad_connection.json": ["ORPHANED_CONNECTION", "SELF_CONNECTION", "CIRCULAR_DEPENDENCY"],
        "p56_cycle_without_loop_nodes.json": ["CIRCULAR_DEPENDENCY"],
        "p58_empty_workflow.json": ["EMPTY_WORKFLOW"],
    ]
    /// Warnings about the flow that are right; everything else starts at one place and reaches all its nodes.
    private static let warned: [String: Set<String>] = [
        "p47_data_only_nodes.json": ["NO_START_NODE", "ORPHAN_NODE"],
        "p76_two_start_nodes.json": ["MULTIPLE_START_NODES", "UNREACHABLE_NODES", "NO_END_NODE"],
    ]
    private static let flowCodes: Set<String> = [
        "NO_ENTRY_POINT", "NO_START_NODE", "MULTIPLE_START_NODES", "NO_END_NODE", "ORPHAN_NODE", "UNREACHABLE_NODES",
        "UNPAIRED_NODE",
    ]

    @Test(arguments: try Self.files())
    func `a recorded workflow is accepted unless it is broken`(file: String) throws {
        let name = try #require(file.split(separator: "/").last.map(String.init))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let (document, shapeIssues) = WorkflowDocument.parse(text: text)
        let issues = shapeIssues + (document.map { $0.validate(against: Self.catalogue(for: $0)) } ?? [])
        #expect(Set(issues.filter(\.isError).map(\.code)) == Self.refused[name, default: []])
        if Self.refused[name] == nil {
            #expect(Set(issues.map(\.code)).intersection(Self.flowCodes) == Self.warned[name, default: []], "\(issues)")
        }
    }

    private static func files() throws -> [String] {
        let tests = #filePath.split(separator: "/").prefix { $0 != "CasareEngineTests" }.joined(separator: "/")
        return try ["original", "probes"].flatMap { folder in
            let path = "/\(tests)/Corpus/\(folder)"
            return try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { $0.hasSuffix(".json") && !["authority.json", "expected.json"].contains($0) }
                .sorted().map { "\(path)/\($0)" }
        }
    }

    private static func catalogue(for document: WorkflowDocument) -> NodeCatalogue {
        let known = DocumentFixtures.catalogue
        let others = Set(document.nodes.map(\.type)).filter { known.type(named: $0) == nil }.sorted().map { name in
            NodeType(
                name, family: "", "", execOutputs: self.execOutputs[name] ?? ["exec_out"],
                name.contains("Trigger") ? .structure(.trigger) : .pure { _, _ in NodeResult() })
        }
        return NodeCatalogue(known.types + others)
    }

    private static let execOutputs = [
        "WhileLoopStartNode": ["body", "completed"], "ValidateNode": ["valid", "invalid"],
    ]
}
