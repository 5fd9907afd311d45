import CasareDomain
import CasarePostgres
import CasareStore

extension APIRequest {
    /// A search by variables looks into so many versions of workflows for what they declare sensitive.
    private static let searchedVersionsMax = 2000
    /// Of so many at a time.
    private static let searchedVersionsBatch = 100

    /// Refuses to look for letters by the value of a sensitive variable, whoever asks: by that one could try out values
    /// until one is found. Call within `inTenant`.
    ///
    /// - Throws: `APIProblem` when a version of the workflow, or of any where the filter names none, declares one of the
    ///   filter's variables sensitive, or when there are more versions than are looked into.
    func check(_ filter: DeadLetterFilter, on connection: isolated PostgresConnection) throws {
        guard !filter.variables.isEmpty else { return }
        let versions = try WorkflowStore.versionNames(
            of: filter.workflow, filter.version, limit: Self.searchedVersionsMax + 1, on: connection)
        guard versions.count <= Self.searchedVersionsMax else {
            throw APIProblem.invalidInput(
                "variables",
                "there are more than \(Self.searchedVersionsMax) versions of workflows, of which any may declare them "
                    + "sensitive: name the workflow, and its version if that has so many")
        }
        for start in stride(from: 0, to: versions.count, by: Self.searchedVersionsBatch) {
            let batch = Set(versions[start..<min(start + Self.searchedVersionsBatch, versions.count)])
            let hidden = try self.sensitive(batch, on: connection)
            for version in batch {
                // Where nobody can say what is sensitive, everything is.
                let name = filter.variables.keys.first { hidden[version]?.contains($0) ?? true }
                guard let name else { continue }
                throw APIProblem.invalidInput(
                    "variables",
                    "\(name) is declared sensitive in version \(version.number) of workflow \(version.workflow), so "
                        + "nothing is found by its value; name a workflow and version in which it is not, or leave "
                        + "it out")
            }
        }
    }
}
