package import CasareDomain
import Crypto
package import FoundationEssentials

extension MemoryQueue {
    struct WorkflowRecord: Sendable {
        let id: Workflow.ID
        let name: String
        let createdAt: Date
        /// From number 1 on; never empty.
        var versions: [Workflow.Version]
    }

    /// As `WorkflowStore.push`.
    package mutating func push(name: String, document: String, by creator: String, now: Date) -> WorkflowStore.Pushed {
        let checksum = Self.checksum(document)
        if let latest = self.record(named: name)?.versions.last, latest.checksum == checksum {
            return WorkflowStore.Pushed(version: latest, isNew: false)
        }
        return WorkflowStore.Pushed(version: self.add(document, checksum, to: name, by: creator, now), isNew: true)
    }

    /// As `WorkflowStore.keep`.
    mutating func keep(name: String, document: String, by creator: String, now: Date) -> Workflow.Version {
        let checksum = Self.checksum(document)
        return self.record(named: name)?.versions.last { $0.checksum == checksum }
            ?? self.add(document, checksum, to: name, by: creator, now)
    }

    /// A page in the order of names, from the first name after `after`.
    package func workflows(after: String = "", limit: Int) -> [Workflow] {
        self.workflowsByName.keys.filter { $0 > after }.sorted().prefix(limit).compactMap { name in
            self.record(named: name).map(Workflow.init)
        }
    }

    package func workflow(_ id: Workflow.ID) -> Workflow? { self.workflows[id].map(Workflow.init) }

    /// Finds a workflow by what a person writes: its ID, or else its name.
    package func workflow(idOrName text: String) throws(StoreError) -> Workflow {
        if let id = Workflow.ID(text), let workflow = self.workflow(id) { return workflow }
        guard let record = self.record(named: text) else { throw .notFound(.workflow, text) }
        return Workflow(record)
    }

    /// Newest first, below version `before`.
    package func versions(
        of workflow: Workflow.ID, before: Int = .max, limit: Int
    ) -> [WorkflowStore.VersionSummary] {
        let versions = self.workflows[workflow]?.versions ?? []
        return versions.reversed().lazy.filter { $0.number < before }.prefix(limit).map { version in
            WorkflowStore.VersionSummary(
                number: version.number, checksum: version.checksum, createdAt: version.createdAt,
                createdBy: version.createdBy)
        }
    }

    /// One version with its document; the newest for `nil`.
    package func version(_ number: Int?, of workflow: Workflow.ID) throws(StoreError) -> Workflow.Version {
        let versions = self.workflows[workflow]?.versions ?? []
        let found = if let number { versions.first { $0.number == number } } else { versions.last }
        guard let found else {
            throw .notFound(.workflowVersion, "\(number.map(String.init) ?? "latest") of \(workflow)")
        }
        return found
    }

    private func record(named name: String) -> WorkflowRecord? {
        self.workflowsByName[name].flatMap { self.workflows[$0] }
    }

    private mutating func add(
        _ document: String, _ checksum: String, to name: String, by creator: String, _ now: Date
    ) -> Workflow.Version {
        let id = self.workflowsByName[name] ?? Workflow.ID.new(at: now, using: &self.generator)
        let version = Workflow.Version(
            workflow: id, name: name, number: (self.workflows[id]?.versions.count ?? 0) + 1, checksum: checksum,
            document: document, createdAt: now, createdBy: creator)
        self.workflowsByName[name] = id
        self.workflows[id, default: WorkflowRecord(id: id, name: name, createdAt: now, versions: [])]
            .versions.append(version)
        return version
    }

    private static func checksum(_ document: String) -> String { SHA256.hash(data: Array(document.utf8)).hex }
}

extension Workflow {
    fileprivate init(_ record: MemoryQueue.WorkflowRecord) {
        self.init(
            id: record.id, name: record.name, latestVersion: record.versions.count, createdAt: record.createdAt,
            updatedAt: record.versions.last?.createdAt ?? record.createdAt)
    }
}
