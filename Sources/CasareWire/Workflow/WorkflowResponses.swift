public import CasareDomain
public import FoundationEssentials

/// Something that is wrong, or doubtful, in a workflow document.
public struct IssueInfo: Hashable, Sendable, Codable {
    public enum Severity: String, Hashable, Sendable, Codable, CaseIterable {
        case error, warning
    }

    public let severity: Severity
    public let code: String
    public let message: String
    /// The node, connection or member it is about.
    public let location: String?
    public let suggestion: String?

    public init(severity: Severity, code: String, message: String, location: String?, suggestion: String?) {
        self.severity = severity
        self.code = code
        self.message = message
        self.location = location
        self.suggestion = suggestion
    }
}

public struct PushWorkflowResponse: Hashable, Sendable, Codable {
    public let workflowID: Workflow.ID
    public let name: String
    public let version: Int
    /// False when the newest version already is this document.
    public let isNew: Bool
    /// Warnings only: a document with errors is refused.
    public let issues: [IssueInfo]

    public init(workflowID: Workflow.ID, name: String, version: Int, isNew: Bool, issues: [IssueInfo]) {
        self.workflowID = workflowID
        self.name = name
        self.version = version
        self.isNew = isNew
        self.issues = issues
    }
}

public struct ValidateWorkflowResponse: Hashable, Sendable, Codable {
    /// There is no issue of severity `error`.
    public let isValid: Bool
    public let issues: [IssueInfo]

    public init(isValid: Bool, issues: [IssueInfo]) {
        self.isValid = isValid
        self.issues = issues
    }
}

public struct WorkflowInfo: Hashable, Sendable, Codable {
    public let id: Workflow.ID
    public let name: String
    public let latestVersion: Int
    public let createdAt: Date
    public let updatedAt: Date

    public init(_ workflow: Workflow) {
        self.id = workflow.id
        self.name = workflow.name
        self.latestVersion = workflow.latestVersion
        self.createdAt = workflow.createdAt
        self.updatedAt = workflow.updatedAt
    }
}

public struct WorkflowPage: Hashable, Sendable, Codable {
    public let workflows: [WorkflowInfo]
    /// Asks for what follows; `null` on the last page.
    public let nextCursor: String?

    public init(workflows: [WorkflowInfo], nextCursor: String?) {
        self.workflows = workflows
        self.nextCursor = nextCursor
    }
}

/// `GET` and `PUT /api/v1/workflows/{workflow}/robots`.
public struct WorkflowRobotsInfo: Hashable, Sendable, Codable {
    public let workflowID: Workflow.ID
    public let name: String
    /// Those that alone run it, in the order of their IDs; none: any robot does.
    public let robots: [Robot.ID]
    public let assignedAt: Date?
    /// The name of a token.
    public let assignedBy: String?

    public init(workflowID: Workflow.ID, name: String, robots: [Robot.ID], assignedAt: Date?, assignedBy: String?) {
        self.workflowID = workflowID
        self.name = name
        self.robots = robots
        self.assignedAt = assignedAt
        self.assignedBy = assignedBy
    }
}

public struct WorkflowVersionInfo: Hashable, Sendable, Codable {
    public let workflowID: Workflow.ID
    public let name: String
    public let version: Int
    /// SHA-256 of the stored document, lower-case hex.
    public let checksum: String
    public let createdAt: Date
    public let createdBy: String
    /// Absent from lists.
    public let document: Value?

    public init(
        workflowID: Workflow.ID, name: String, version: Int, checksum: String, createdAt: Date, createdBy: String,
        document: Value?
    ) {
        self.workflowID = workflowID
        self.name = name
        self.version = version
        self.checksum = checksum
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.document = document
    }
}

public struct WorkflowVersionPage: Hashable, Sendable, Codable {
    /// Newest first.
    public let versions: [WorkflowVersionInfo]
    public let nextCursor: String?

    public init(versions: [WorkflowVersionInfo], nextCursor: String?) {
        self.versions = versions
        self.nextCursor = nextCursor
    }
}
