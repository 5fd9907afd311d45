extension Job {
    /// What a person says of a step that may or may not have happened.
    public enum Resolution: Hashable, Sendable {
        /// It happened, and what follows finds these outputs.
        case done(outputs: Object)
        /// It did not happen, or may happen twice: it is performed once more, under the same idempotency key.
        case retry
        /// It counts as done without outputs, whether or not it happened.
        case skip
        /// It counts as failed: the workflow's own handlers may deal with it, and nothing repeats it.
        case fail

        /// The answer's name, as people and programs see it.
        public enum Answer: String, Hashable, Sendable, Codable, CaseIterable {
            case done, retry, skip, fail
        }

        public var answer: Answer {
            switch self {
            case .done: .done
            case .retry: .retry
            case .skip: .skip
            case .fail: .fail
            }
        }

        /// How large the outputs may be as JSON text: as large as those of a step that a robot performs.
        public static let outputsBytesMax = 8 << 20

        /// What stands in journals where a value of a sensitive variable was. Nobody else may write it: a run would
        /// take it for such a value.
        public static let reservedText = "{{$sealed"

        /// The type of the error that a step ends with which nobody is to repeat.
        public static let failureType = "InDoubtError"

        /// The result that the step has in the journal from then on; `nil`: it has none, and is performed.
        ///
        /// - Parameters:
        ///   - question: what was asked.
        ///   - person: who answered.
        public func journaled(for question: Job.Question, by person: String, reason: String) -> Value? {
            switch self {
            case .done(let outputs): return ["outputs": .object(outputs)]
            case .skip: return ["outputs": [:]]
            case .retry: return nil
            case .fail:
                let message =
                    "Step \(question.step) (\(question.node)) may or may not have happened; \(person) decided that it "
                    + "counts as failed: \(reason)"
                return [
                    "error": .string(message), "type": .string(Self.failureType), "business": true, "outputs": [:],
                ]
            }
        }
    }
}
