import CasareDomain
import CasareEngine
import CasareNodes
import CasareTestSupport
import FoundationEssentials
import Testing

/// Every workflow of the corpus, run in the process.
struct CorpusTests {
    @Test(arguments: Corpus.all)
    func `a workflow of the corpus does what it must`(entry: Corpus.Entry) async throws {
        let text = try String(contentsOf: URL(filePath: entry.path), encoding: .utf8)
        let (parsed, issues) = WorkflowDocument.parse(text: text)
        let refusals = entry.expected["refused"]?.list?.compactMap(\.string) ?? []
        guard var document = parsed else {
            #expect(Set(issues.filter { $0.severity == .error }.map(\.code)).isSuperset(of: refusals))
            #expect(!refusals.isEmpty, "\(issues)")
            return
        }
        for file in entry.expected["needs_files"]?.list?.compactMap(\.string) ?? [] {
            let child = try String(contentsOf: URL(filePath: "\(entry.directory)/\(file)"), encoding: .utf8)
            document.subflows.append((file, try Value(parsingJSON: child)))
        }
        let program: Program
        do {
            program = try Program(document, catalogue: StandardNodes.catalogue)
        } catch .invalid(let found) {
            #expect(Set(found.map(\.code)).isSuperset(of: refusals), "\(found)")
            #expect(!refusals.isEmpty, "\(found)")
            return
        }
        #expect(refusals.isEmpty)
        try await withTemporaryDirectory { directory in
            let driver = RunDriver(
                program: program, runID: "corpus-\(entry.name)", options: entry.options, variables: [:],
                journal: MemoryJournal(), environment: RunEnvironment(workingDirectory: directory))
            guard case .finished(let result, _, _) = try await driver.run() else {
                Issue.record("The run did not finish")
                return
            }
            let differences = entry.differences(from: .object(result.json))
            #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
        }
    }

    @Test func `the corpus is there`() {
        #expect(Corpus.all.count == 71)
    }
}
