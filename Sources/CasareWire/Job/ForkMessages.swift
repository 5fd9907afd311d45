public import CasareDomain

/// `POST /api/v1/jobs/{id}/fork`.
public struct ForkJobRequest: Hashable, Sendable, Codable {
    /// Position in the job's journal, from 0: the first step that is done anew.
    public var fromStep: Int
    /// Replaces the job's variables; `nil` keeps them. What was recorded keeps what it was given.
    public var variables: Object?
    /// Kept with what was done.
    public var reason: String?

    public init(fromStep: Int, variables: Object? = nil, reason: String? = nil) {
        self.fromStep = fromStep
        self.variables = variables
        self.reason = reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            fromStep: try container.decode(Int.self, forKey: .fromStep),
            variables: try container.decodeIfPresent(Object.self, forKey: .variables),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        guard StepInfo.stepRange.contains(self.fromStep) else {
            throw WireDecodingError(decoder.codingPath + [CodingKeys.fromStep], "expected a number from 0")
        }
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}

/// `start`, `failed`, or the number of a step.
extension Job.ResumePoint: Codable {
    private static let startName = "start"
    private static let failedName = "failed"

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // `try?` as these are questions: which of the two is it?
        if let step = try? container.decode(Int.self), StepInfo.stepRange.contains(step) {
            self = .step(step)
            return
        }
        let name = try? container.decode(String.self)
        guard name == Self.startName || name == Self.failedName else {
            throw WireDecodingError(decoder.codingPath, "expected start, failed or the number of a step, from 0")
        }
        self = name == Self.startName ? .start : .failed
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .start: try container.encode(Self.startName)
        case .failed: try container.encode(Self.failedName)
        case .step(let step): try container.encode(step)
        }
    }
}
