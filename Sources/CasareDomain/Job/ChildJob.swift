/// A job that a running job wants to have beside it.
public struct ChildJob: Hashable, Sendable {
    public enum Source: Hashable, Sendable {
        /// A stored workflow, by its ID or name, in its newest version.
        case stored(String)
        /// A document that came with the running job. The name counts where the document has none.
        case document(Value, name: String)
    }

    public let source: Source
    /// Start values.
    public let variables: Object

    public init(source: Source, variables: Object) {
        self.source = source
        self.variables = variables
    }

    /// How one ended.
    public struct Ending: Hashable, Sendable {
        /// `nil`: it completed.
        public let failure: Failure?
        /// Its variables at the end.
        public let variables: Object

        public init(failure: Failure?, variables: Object) {
            self.failure = failure
            self.variables = variables
        }
    }
}
