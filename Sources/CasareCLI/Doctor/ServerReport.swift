import CasareDomain
import FoundationEssentials

/// What a look at a server from here found.
struct ServerReport: Hashable, Sendable, Encodable {
    enum Check: String, Hashable, Sendable, Encodable, CaseIterable {
        case connection, identity, version, readiness, clock, metrics, robots, collector
    }

    /// What one check found.
    struct Finding: Hashable, Sendable, Encodable {
        let check: Check
        let level: DoctorFinding.Level
        let summary: String
        /// What it was judged by; its members depend on the check.
        let facts: Object
        /// What to do, the first thing first.
        let advice: [String]

        init(
            _ check: Check, _ level: DoctorFinding.Level, _ summary: String, facts: Object = [:], advice: [String] = []
        ) {
            self.check = check
            self.level = level
            self.summary = summary
            self.facts = facts
            self.advice = advice
        }

        static let columns: [Column<Finding>] = [
            Column("check") { .text($0.check.rawValue) },
            Column("level") { .state($0.level.rawValue, $0.level.tone) },
            Column("summary", shrinks: true) { .text($0.summary) },
            Column("advice", wide: true) { .text($0.advice.isEmpty ? nil : $0.advice.joined(separator: " ")) },
        ]
    }

    /// That of the worst finding.
    let level: DoctorFinding.Level
    let checkedAt: Date
    let findings: [Finding]

    init(_ findings: [Finding], checkedAt: Date) {
        self.level = findings.map(\.level).max() ?? .ok
        self.checkedAt = checkedAt
        self.findings = findings
    }

    func presentation(_ output: OutputOptions) throws -> Presentation {
        let lines = self.findings.map { finding in
            DoctorLine(
                check: finding.check.rawValue, level: finding.level, summary: finding.summary, advice: finding.advice)
        }
        return try Presentation(
            report: self, sheet: DoctorLine.sheet(lines, of: "The server"), parts: self.findings,
            columns: Finding.columns, name: \.check.rawValue, for: output)
    }
}

/// One check as people see it, whatever was looked at.
struct DoctorLine: Hashable, Sendable {
    let check: String
    let level: DoctorFinding.Level
    let summary: String
    let advice: [String]

    /// The bad ones with what to do, then the good ones.
    static func sheet(_ lines: [DoctorLine], of subject: String) -> Sheet {
        let counts = DoctorFinding.Level.allCases.reversed().compactMap { level -> String? in
            let count = lines.count { $0.level == level }
            return count > 0 ? "\(count) \(level.rawValue)" : nil
        }
        let worst = lines.map(\.level).max() ?? .ok
        var sheet = Sheet("\(subject): \(counts.joined(separator: ", "))", tone: worst.tone)
        for level in [DoctorFinding.Level.critical, .warning] {
            for line in lines where line.level == level {
                sheet.sections.append(
                    .lines(
                        title: "\(level.rawValue.uppercased())  \(line.check)",
                        [line.summary] + line.advice.map { "  \($0)" }))
            }
        }
        let fine = lines.filter { $0.level == .ok }
        if !fine.isEmpty {
            let headings = [
                Heading(key: "check", isWide: false, canShrink: false),
                Heading(key: "summary", isWide: false, canShrink: true),
            ]
            sheet.sections.append(
                .table(title: "Fine", headings, fine.map { [.text($0.check), .text($0.summary)] }))
        }
        return sheet
    }
}
