package import CasareDomain
import CasarePostgres

/// Whether what providers made for jobs can be renewed and given back, and how the providers are.
extension Doctor {
    /// Of what has not ended, so many are looked at.
    private static let secretLeasesMax = 10_000
    /// One that failed as often in a row is not about to work by itself.
    private static let secretLeaseFailures = 3

    static func secretProviders(on connection: isolated PostgresConnection) throws -> DoctorFinding {
        let row = try connection.execute(
            SecretLeaseQueries.troubled,
            ["failures": .int4(Int32(self.secretLeaseFailures)), "limit": .int(self.secretLeasesMax)]
        ).only()
        let (open, failing, troubled) = (try row.int("open"), try row.int("failing"), try row.int("troubled"))
        let facts: Object = ["credentials": .int(open), "failing": .int(failing), "troubled": .int(troubled)]
        guard troubled > 0 else {
            return DoctorFinding(
                .secretProviders, .ok,
                open == 0
                    ? "Providers have made no credentials for jobs that are still there."
                    : "\(self.count(open, "set")) of credentials that providers made for jobs, all in order.",
                facts: facts)
        }
        let provider = try row.optionalString("provider") ?? ""
        let why = try row.optionalString("error") ?? ""
        return DoctorFinding(
            .secretProviders, failing > 0 ? .critical : .warning,
            "\(self.count(troubled, "set")) of credentials that providers made for jobs cannot be kept as they should, "
                + "of \(provider) first: \(why)",
            facts: facts,
            advice: [
                "-- They end by themselves at the provider. Until then: is it reachable, unsealed, and are this",
                "-- server's rights there as docs/secret-providers.md lists them?",
            ])
    }

    /// Adds to what was found in the database how the providers themselves are, which a server that runs knows.
    package static func judged(_ findings: [DoctorFinding], with health: [ProviderHealth]) -> [DoctorFinding] {
        findings.map { finding in
            guard finding.check == .secretProviders, !health.isEmpty else { return finding }
            let sick = health.filter { !$0.isHealthy }
            var facts = finding.facts
            facts["providers"] = .list(
                health.map { one in
                    [
                        "name": .string(one.name), "kind": .string(one.kind.rawValue),
                        "is_healthy": .bool(one.isHealthy),
                        "problem": one.problem.map { .string($0) } ?? .null,
                    ]
                })
            guard let first = sick.first else {
                return DoctorFinding(
                    .secretProviders, finding.level,
                    "\(self.count(health.count, "provider")) of secrets asked, and all give them out. "
                        + finding.summary,
                    facts: facts,
                    advice: finding.advice)
            }
            return DoctorFinding(
                .secretProviders, .critical,
                "\(sick.map(\.name).joined(separator: ", ")) of \(self.count(health.count, "provider")) of secrets "
                    + "gives none out: \(first.problem ?? ""). \(finding.summary)",
                facts: facts,
                advice: [
                    "-- Jobs that need its secrets are tried again until it answers; nothing else is used instead."
                ]
                    + finding.advice)
        }
    }
}
