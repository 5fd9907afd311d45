import CasareDomain
import CasareEngine
import CasareWire
import FoundationEssentials

/// Everything that a job's run came from and left behind, in one file: enough to run it again elsewhere without doing
/// anything again.
struct Capsule: Sendable {
    /// Of the file. A program refuses formats that it does not know.
    static let format = 1
    /// Members of the job in which the value of a variable may stand: keys are often made of them.
    private static let membersInWords = ["failure", "question", "idempotency_key", "queue_key", "unique"]

    let exportedAt: Date
    /// As the API shows it, without its result.
    let job: Object
    /// The job whose ID seeds the random numbers of expressions: where steps were taken over, the one that did them
    /// first.
    let seedID: String
    /// The version of the workflow that the job is pinned to, with its subflows.
    let document: Value
    /// In the order of the journal; where results were left out, only steps that failed have theirs.
    let steps: [StepInfo]
    /// `nil`: the server had none to give.
    let history: JobHistory?
    let result: RunResult?
    /// Sensitive variables that had a value, with what stands for it: of the same shape, because the journal refers to
    /// the parts of such a value by their number.
    let leftOut: Object

    /// - Throws: What cannot be written as JSON.
    init(
        _ records: JobRecords, document: Value, seedID: String, exportedAt: Date, withResults: Bool
    ) throws {
        let redaction = CapsuleRedaction(document: document, variables: records.job.variables)
        var info = records.job
        info.result = nil
        guard var job = try ValueEncoder.encode(info).object else {
            preconditionFailure("A job is an object in JSON")
        }
        job["result"] = nil
        job["variables"] = .object(redaction.variables(records.job.variables))
        for member in Self.membersInWords { job[member] = job[member].map(redaction.masking.masked) }
        self.exportedAt = exportedAt
        self.job = job
        self.seedID = seedID
        self.document = redaction.document(document)
        self.steps = try records.steps.map { step in
            guard let result = step.result else { return step }
            // How a step failed is what the job's own failure says.
            let keepsResult = if case .failed = step.outcome { true } else { withResults }
            return try StepInfo(
                step: step.step, node: step.node, nodeType: step.nodeType, effect: step.effect,
                result: keepsResult ? redaction.masking.masked(result).jsonText(.compact) : nil,
                // That there was one tells a step that ended from one in doubt.
                resultBytes: keepsResult ? nil : result.jsonText(.compact).utf8.count, startedAt: step.startedAt,
                finishedAt: step.finishedAt)
        }
        self.history = try records.history.map(redaction.history)
        self.result =
            withResults
            ? records.job.result.flatMap { RunResult(json: redaction.masking.masked(.object($0.json))) } : nil
        self.leftOut = redaction.leftOut
    }

    // MARK: What a replay needs of the job

    var id: String { self.job["id"]?.string ?? "" }
    var workflow: String { self.job["workflow"]?.string ?? "" }
    var variables: Object { self.job["variables"]?.object ?? [:] }
    /// The message of the error that the job ended with.
    var error: String? { self.job["failure"]?["message"]?.string }
}

extension Capsule {
    /// The published JSON shape.
    func json() throws -> Value {
        [
            "format": .int(Self.format),
            "casare": .string(CasareVersion.current),
            "exported_at": .string(Timestamp.text(self.exportedAt)),
            "left_out": .object(self.leftOut),
            "job": .object(self.job),
            "seed_id": .string(self.seedID),
            "workflow": self.document,
            "steps": .list(try self.steps.map { try ValueEncoder.encode($0) }),
            "history": try self.history.map { try ValueEncoder.encode($0) } ?? .null,
            "result": self.result.map { .object($0.json) } ?? .null,
        ]
    }

    /// - Parameter name: What messages call the file.
    /// - Throws: `.versionSkew` for a newer format, `.failure` for what is no capsule.
    init(parsing text: String, name: String) throws(CommandFailure) {
        let json: Value
        do throws(JSONError) {
            json = try Value(parsingJSON: text)
        } catch {
            throw CommandFailure(.failure, "\(name) is not JSON: \(error)")
        }
        guard let format = json["format"]?.int, let job = json["job"]?.object, let document = json["workflow"] else {
            throw CommandFailure(
                .failure, "\(name) is not a capsule; casarectl job export JOB --file FILE writes one")
        }
        guard format == Self.format else {
            throw CommandFailure(
                .versionSkew,
                "\(name) has format \(format) and this casarectl knows format \(Self.format); upgrade this one")
        }
        do throws(WireDecodingError) {
            self.exportedAt = try ValueDecoder.decode(from: json["exported_at"] ?? .null)
            self.steps = try ValueDecoder.decode(from: json["steps"] ?? .null)
            let history = json["history"] ?? .null
            self.history = history.isNull ? nil : try ValueDecoder.decode(JobHistory.self, from: history)
        } catch {
            throw CommandFailure(.failure, "\(name) is a capsule that does not read: \(error)")
        }
        self.job = job
        self.document = document
        self.seedID = json["seed_id"]?.string ?? job["id"]?.string ?? ""
        self.result = json["result"].flatMap(RunResult.init(json:))
        self.leftOut = json["left_out"]?.object ?? [:]
    }
}
