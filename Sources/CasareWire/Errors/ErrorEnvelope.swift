public import CasareDomain
public import FoundationEssentials

/// The body of every answer that is not a success.
public struct ErrorEnvelope: Hashable, Sendable, Codable {
    public struct Problem: Hashable, Sendable {
        /// One of `ErrorCode`, or a newer one.
        public let code: String
        /// What happened to which thing, and what to do.
        public let message: String
        /// The member or parameter at fault, such as `jobs[3].priority`.
        public let field: String?
        /// By code: `validation_errors` or `issues`, the `status` that a job has, `replayed_as`, the `job_id` that
        /// holds a unique key, `unknown_route`.
        public let details: Object?

        public init(code: String, message: String, field: String? = nil, details: Object? = nil) {
            self.code = code
            self.message = message
            self.field = field
            self.details = details
        }
    }

    public struct Meta: Hashable, Sendable, Codable {
        public let requestID: String
        public let timestamp: Date

        public init(requestID: String, timestamp: Date) {
            self.requestID = requestID
            self.timestamp = timestamp
        }
    }

    public let success: Bool
    /// Always `null`: there is nothing beside the error.
    public let data: Value
    public let error: Problem
    public let meta: Meta

    public init(error: Problem, meta: Meta) {
        self.success = false
        self.data = .null
        self.error = error
        self.meta = meta
    }
}

extension ErrorEnvelope.Problem: Codable {
    private enum CodingKeys: String, CodingKey {
        case code, message, field, details
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            code: try container.decode(String.self, forKey: .code),
            message: try container.decode(String.self, forKey: .message),
            field: try container.decodeIfPresent(String.self, forKey: .field),
            details: try container.decodeIfPresent(Object.self, forKey: .details))
    }

    /// Leaves out what there is not.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.code, forKey: .code)
        try container.encode(self.message, forKey: .message)
        if let field { try container.encode(field, forKey: .field) }
        if let details { try container.encode(details, forKey: .details) }
    }
}
