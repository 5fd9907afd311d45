import CasareDomain
import CasareEngine
import Synchronization

/// Workflow versions compiled for execution, so that each need not be parsed and checked for every job of it.
final class ProgramCache: Sendable {
    private struct Key: Hashable {
        let workflow: String
        let version: Int
    }

    private struct Entry {
        let document: String
        let program: Program
        var usedAt: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var documentBytes = 0
        /// Counts uses, to tell which entry has not been used for the longest.
        var uses = 0
    }

    private let catalogue: NodeCatalogue
    private let countMax: Int
    private let documentBytesMax: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - countMax: how many versions are kept.
    ///   - documentBytesMax: how long the kept versions' documents may be together; a program takes a multiple of it.
    init(catalogue: NodeCatalogue, countMax: Int = 64, documentBytesMax: Int = 4 << 20) {
        self.catalogue = catalogue
        self.countMax = countMax
        self.documentBytesMax = documentBytesMax
    }

    var count: Int { self.state.withLock { $0.entries.count } }

    func keeps(_ job: LeasedJob) -> Bool {
        self.state.withLock { $0.entries[Key(workflow: job.workflowName, version: job.workflowVersion)] != nil }
    }

    /// The job's workflow; compiled anew when the same name and number stand for another document, as after a workflow
    /// was deleted and pushed again.
    func program(of job: LeasedJob) -> Result<Program, ProgramError> {
        let key = Key(workflow: job.workflowName, version: job.workflowVersion)
        let known = self.state.withLock { state -> Program? in
            guard state.entries[key]?.document == job.document else { return nil }
            state.uses += 1
            state.entries[key]?.usedAt = state.uses
            return state.entries[key]?.program
        }
        if let known { return .success(known) }
        let compiled = Self.compile(job.document, self.catalogue)
        if case .success(let program) = compiled { self.keep(program, job.document, as: key) }
        return compiled
    }

    private func keep(_ program: Program, _ document: String, as key: Key) {
        let bytes = document.utf8.count
        guard bytes <= self.documentBytesMax else { return }
        self.state.withLock { state in
            state.uses += 1
            let former = state.entries.updateValue(
                Entry(document: document, program: program, usedAt: state.uses), forKey: key)
            state.documentBytes += bytes - (former?.document.utf8.count ?? 0)
            while state.entries.count > self.countMax || state.documentBytes > self.documentBytesMax {
                guard let oldest = state.entries.min(by: { $0.value.usedAt < $1.value.usedAt }) else { return }
                state.entries[oldest.key] = nil
                state.documentBytes -= oldest.value.document.utf8.count
            }
        }
    }

    private static func compile(_ text: String, _ catalogue: NodeCatalogue) -> Result<Program, ProgramError> {
        let (document, issues) = WorkflowDocument.parse(text: text)
        guard let document else { return .failure(.invalid(issues.filter { $0.severity == .error })) }
        do throws(ProgramError) {
            return .success(try Program(document, catalogue: catalogue))
        } catch {
            return .failure(error)
        }
    }
}
