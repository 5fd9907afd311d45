public import CasareDomain

/// `POST /api/v1/jobs/{id}/resolve`: what became of the step that a blocked job asks about.
public struct ResolveJobRequest: Hashable, Sendable, Codable {
    /// The step that the answer is about, as the job's question names it.
    public var step: Int
    /// The job's attempt at which the question was seen. With it an answer that comes late is not taken for one to the
    /// same question asked once more.
    public var attempt: Int?
    public var answer: Job.Resolution.Answer
    /// The step's outputs, where it was done.
    public var result: Object?
    /// Kept with what was done.
    public var reason: String

    public init(_ resolution: Job.Resolution, ofStep step: Int, attempt: Int? = nil, reason: String) {
        self.step = step
        self.attempt = attempt
        self.answer = resolution.answer
        switch resolution {
        case .done(let outputs): self.result = outputs.isEmpty ? nil : outputs
        case .retry, .skip, .fail: self.result = nil
        }
        self.reason = reason
    }

    public var resolution: Job.Resolution {
        switch self.answer {
        case .done: .done(outputs: self.result ?? [:])
        case .retry: .retry
        case .skip: .skip
        case .fail: .fail
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let path = decoder.codingPath
        self.step = try container.decode(Int.self, forKey: .step)
        self.attempt = try container.decodeIfPresent(Int.self, forKey: .attempt)
        self.answer = try container.decode(Job.Resolution.Answer.self, forKey: .answer)
        self.result = try container.decodeIfPresent(Object.self, forKey: .result)
        self.reason = try container.decode(String.self, forKey: .reason)
        guard StepInfo.stepRange.contains(self.step) else {
            throw WireDecodingError(path + [CodingKeys.step], "expected a number from 0")
        }
        if let attempt, !(1...Int(Int32.max)).contains(attempt) {
            throw WireDecodingError(path + [CodingKeys.attempt], "expected a number from 1")
        }
        try ControlReason.check(self.reason, path + [CodingKeys.reason])
        try Self.checkReserved(self.reason, path + [CodingKeys.reason])
        guard let result else { return }
        guard self.answer == .done else {
            throw WireDecodingError(
                path + [CodingKeys.result], "belongs to the answer done; leave it out, or answer done")
        }
        let text = Value.object(result).jsonText(.compact)
        let bytes = text.utf8.count
        guard bytes <= Job.Resolution.outputsBytesMax else {
            throw WireDecodingError(
                path + [CodingKeys.result],
                "takes \(bytes) bytes and may take \(Job.Resolution.outputsBytesMax), as the result of any step; leave "
                    + "out what no later step needs")
        }
        try Self.checkReserved(text, path + [CodingKeys.result])
    }

    private static func checkReserved(_ text: String, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard text.contains(Job.Resolution.reservedText) else { return }
        throw WireDecodingError(
            path,
            "holds \(Job.Resolution.reservedText), which stands for values of sensitive variables in journals; leave it out"
        )
    }
}
