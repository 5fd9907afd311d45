import CasareDomain
import CasareWire

/// How a run without a server ended.
struct RunReport: Sendable {
    let workflow: String
    let seconds: Double
    let failure: Failure?
    let result: RunResult

    var status: Job.Status { self.failure == nil ? .completed : .failed }

    static let columns: [Column<RunReport>] = [
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("duration") { .duration(seconds: $0.seconds) },
        Column("error", shrinks: true) { .text($0.failure?.message) },
    ]

    /// The published JSON shape.
    func json() throws -> Value {
        [
            "workflow": .string(self.workflow), "status": .string(self.status.rawValue),
            "duration_ms": .int(Int((self.seconds * 1000).rounded())),
            "failure": try self.failure.map { try ValueEncoder.encode(FailureInfo($0)) } ?? .null,
            "result": .object(self.result.json),
        ]
    }

    func presentation() throws -> Presentation {
        let duration = TimeSpan.text(seconds: self.seconds)
        var sheet = Sheet("\(self.workflow) \(self.status.rawValue) after \(duration)", tone: self.status.tone)
        sheet.add("error", .text(self.failure?.message))
        sheet.add("node", .text(self.failure?.node))
        sheet.add(self.result)
        return Presentation(
            single: self, columns: Self.columns, name: self.workflow, json: try self.json(), sheet: sheet)
    }
}

extension Job.Status {
    var tone: Tone {
        switch self {
        case .completed: .good
        case .failed: .bad
        case .blocked, .cancelled: .attention
        case .pending, .running: .plain
        }
    }
}
