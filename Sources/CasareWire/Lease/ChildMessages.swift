public import CasareDomain

/// `POST /api/v1/jobs/{id}/children`: a job beside the one that the robot holds.
public struct SubmitChildRequest: Hashable, Sendable, Codable {
    public var token: Lease.Token
    /// The step that wants it. Each step has one, however often it is asked for.
    public var step: Int
    /// The ID or name of a stored workflow; with a document, the name for one that has none.
    public var workflow: String
    public var document: Value?
    public var variables: Object

    public init(token: Lease.Token, step: Int, child: ChildJob) {
        self.token = token
        self.step = step
        self.variables = child.variables
        switch child.source {
        case .stored(let name):
            self.workflow = name
            self.document = nil
        case .document(let document, let name):
            self.workflow = name
            self.document = .some(document)
        }
    }

    public var child: ChildJob {
        let source: ChildJob.Source =
            if let document { .document(document, name: self.workflow) } else { .stored(self.workflow) }
        return ChildJob(source: source, variables: self.variables)
    }
}

public struct SubmitChildResponse: Hashable, Sendable, Codable {
    public let id: Job.ID

    public init(id: Job.ID) { self.id = id }
}

/// `GET /api/v1/jobs/{id}/children/{child}`.
public struct ChildStateResponse: Hashable, Sendable, Codable {
    public let hasEnded: Bool
    public let failure: Failure?
    /// At its end.
    public let variables: Object

    public init(_ ending: ChildJob.Ending?) {
        self.hasEnded = ending != nil
        self.failure = ending?.failure
        self.variables = ending?.variables ?? [:]
    }

    public var ending: ChildJob.Ending? {
        self.hasEnded ? ChildJob.Ending(failure: self.failure, variables: self.variables) : nil
    }
}
