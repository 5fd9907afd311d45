public import CasareDomain

/// Which jobs are made for the items of a queue.
public struct ItemPerformerInfo: Hashable, Sendable, Codable {
    /// Name of a workflow, which takes items until there is none.
    public var workflow: String
    public var variables: Object
    public var environment: String
    /// So many of them run at once, 1 to 100.
    public var jobsMax: Int

    public init(
        workflow: String, variables: Object = [:],
        environment: String = ItemQueue.Performer.environmentDefault, jobsMax: Int = 1
    ) {
        self.workflow = workflow
        self.variables = variables
        self.environment = environment
        self.jobsMax = jobsMax
    }

    public init(_ performer: ItemQueue.Performer) {
        self.init(
            workflow: performer.workflow, variables: performer.variables, environment: performer.environment,
            jobsMax: performer.jobsMax)
    }

    public var performer: ItemQueue.Performer {
        ItemQueue.Performer(
            workflow: self.workflow, variables: self.variables, environment: self.environment, jobsMax: self.jobsMax)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            workflow: try container.decode(String.self, forKey: .workflow),
            variables: try container.decodeIfPresent(Object.self, forKey: .variables) ?? [:],
            environment: try container.decodeIfPresent(String.self, forKey: .environment)
                ?? ItemQueue.Performer.environmentDefault,
            jobsMax: try container.decodeIfPresent(Int.self, forKey: .jobsMax) ?? 1)
        let path = decoder.codingPath
        try ShortText.check(
            self.workflow, path + [CodingKeys.workflow], charactersMax: ItemQueue.Performer.workflowCharactersMax)
        try ShortText.check(
            self.environment, path + [CodingKeys.environment],
            charactersMax: ItemQueue.Performer.environmentCharactersMax)
        try NumberBounds.check(self.jobsMax, in: ItemQueue.Performer.jobsRange, path + [CodingKeys.jobsMax])
    }
}
