extension Job {
    /// How a run behaves, beside what its document says.
    public struct Options: Hashable, Sendable, Codable {
        /// After an error that nobody handles, end that branch and go on with the others.
        public var continueOnError: Bool
        /// Seconds one node may take; overrides the document's `timeout` setting. Positive.
        public var nodeTimeoutSeconds: Double?
        /// Seconds the whole run may take.
        public var timeoutSeconds: Double
        /// Record the trace and the nodes' outputs in the result.
        public var trace: Bool
        /// Overrides the default retry policy.
        public var retry: RetryPolicy?

        public static let timeoutSecondsDefault = 3600.0

        public init(
            continueOnError: Bool = false, nodeTimeoutSeconds: Double? = nil,
            timeoutSeconds: Double = Options.timeoutSecondsDefault, trace: Bool = false, retry: RetryPolicy? = nil
        ) {
            self.continueOnError = continueOnError
            self.nodeTimeoutSeconds = nodeTimeoutSeconds
            self.timeoutSeconds = timeoutSeconds
            self.trace = trace
            self.retry = retry
        }

        private enum CodingKeys: String, CodingKey {
            case continueOnError, nodeTimeoutSeconds, timeoutSeconds, trace, retry
        }

        /// Every key is optional, so that a job stored by an older version still reads.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                continueOnError: try container.decodeIfPresent(Bool.self, forKey: .continueOnError) ?? false,
                nodeTimeoutSeconds: try container.decodeIfPresent(Double.self, forKey: .nodeTimeoutSeconds),
                timeoutSeconds: try container.decodeIfPresent(Double.self, forKey: .timeoutSeconds)
                    ?? Self.timeoutSecondsDefault,
                trace: try container.decodeIfPresent(Bool.self, forKey: .trace) ?? false,
                retry: try container.decodeIfPresent(RetryPolicy.self, forKey: .retry))
        }
    }
}
