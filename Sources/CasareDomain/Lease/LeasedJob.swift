/// Everything that a robot needs to run a job that it has leased.
public struct LeasedJob: Hashable, Sendable {
    public let lease: Lease
    /// How often a robot has begun the job, this time included.
    public let attempt: Int
    public let workflowName: String
    public let workflowVersion: Int
    /// The workflow document's JSON text.
    public let document: String
    public let variables: Object
    public let options: Job.Options
    public let priority: Priority
    /// The tenant's, as it was when the job was leased.
    public let policy: SafetyPolicy
    /// The job that first ran the steps which this one has taken over: its random numbers go on.
    public let origin: Job.ID?
    /// What the job belongs to; `nil`: nobody has said, as of jobs from before anybody did.
    public let trace: TraceCarrier?
    /// How long the job could have been leased before it was; `nil`: nobody has said.
    public let waited: Duration?
    /// How long before the lease the job was due for the first time: when it was made, or at the later time at which it
    /// was to begin; `nil`: nobody has said.
    public let sinceDue: Duration?
    /// The lease under which the attempt before this one was made; `nil` for the first, and where nobody knows.
    public let previousToken: Lease.Token?

    public init(
        lease: Lease, attempt: Int, workflowName: String, workflowVersion: Int, document: String, variables: Object,
        options: Job.Options, priority: Priority, policy: SafetyPolicy = SafetyPolicy(), origin: Job.ID? = nil,
        trace: TraceCarrier? = nil, waited: Duration? = nil, sinceDue: Duration? = nil,
        previousToken: Lease.Token? = nil
    ) {
        self.lease = lease
        self.attempt = attempt
        self.workflowName = workflowName
        self.workflowVersion = workflowVersion
        self.document = document
        self.variables = variables
        self.options = options
        self.priority = priority
        self.policy = policy
        self.origin = origin
        self.trace = trace
        self.waited = waited
        self.sinceDue = sinceDue
        self.previousToken = previousToken
    }
}
