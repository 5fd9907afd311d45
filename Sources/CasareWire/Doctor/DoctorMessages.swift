public import CasareDomain
public import FoundationEssentials

/// `GET /api/v1/doctor/db`.
public struct DoctorReport: Hashable, Sendable, Codable {
    /// What one check found.
    public struct Finding: Hashable, Sendable, Codable {
        public let check: DoctorFinding.Check
        public let level: DoctorFinding.Level
        public let summary: String
        /// What it was judged by; its members depend on the check.
        public let facts: Object
        /// Commands and SQL to run, the first one first.
        public let advice: [String]

        public init(_ finding: DoctorFinding) {
            self.check = finding.check
            self.level = finding.level
            self.summary = finding.summary
            self.facts = finding.facts
            self.advice = finding.advice
        }
    }

    /// That of the worst finding.
    public let level: DoctorFinding.Level
    public let checkedAt: Date
    /// One for each check, the bad ones too.
    public let findings: [Finding]

    public init(_ findings: [DoctorFinding], checkedAt: Date) {
        self.level = findings.map(\.level).max() ?? .ok
        self.checkedAt = checkedAt
        self.findings = findings.map(Finding.init)
    }
}
