import CasareDomain
import CasareWire

/// How a run without a server ended.
struct RunReport: Sendable {
    let workflow: String
    let seconds: Double
    let failure: Failure?
    let result: RunResult
    /// `nil`: the whole workflow was run.
    var partial: PartialRun?
    /// Each visit of a node, where the result is to have them, and how many are left out.
    var trace: (records: [Value], leftOut: Int)?

    var status: Job.Status { self.failure == nil ? .completed : .failed }

    static let columns: [Column<RunReport>] = [
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("duration") { .duration(seconds: $0.seconds) },
        Column("partial", wide: true) { .text($0.partial?.text) },
        Column("error", shrinks: true) { .text($0.failure?.message) },
    ]

    /// The published JSON shape.
    func json() throws -> Value {
        var json: Object = [
            "workflow": .string(self.workflow), "status": .string(self.status.rawValue),
            "duration_ms": .int(Int((self.seconds * 1000).rounded())),
            "failure": try self.failure.map { try ValueEncoder.encode(FailureInfo($0)) } ?? .null,
            "partial": self.partial?.json ?? .null,
            "result": .object(self.result.json),
        ]
        if let (records, leftOut) = self.trace {
            json["trace"] = .list(records)
            json["trace_left_out"] = .int(leftOut)
        }
        return .object(json)
    }

    func presentation() throws -> Presentation {
        let duration = TimeSpan.text(seconds: self.seconds)
        var sheet = Sheet("\(self.workflow) \(self.status.rawValue) after \(duration)", tone: self.status.tone)
        sheet.add("partial", .text(self.partial?.text))
        sheet.add("error", .text(self.failure?.message))
        sheet.add("node", .text(self.failure?.node))
        if let partial, let outputs = partial.outputs { sheet.add(outputs, titled: "Outputs of \(partial.node)") }
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
        case .blocked, .paused, .cancelled: .attention
        case .pending, .running: .plain
        }
    }
}
