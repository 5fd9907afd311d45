public import FoundationEssentials

/// A named workflow with numbered, immutable versions.
public struct Workflow: Identifiable, Hashable, Sendable {
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    public let id: ID
    public let name: String
    /// The newest version, from 1.
    public let latestVersion: Int
    public let createdAt: Date
    public let updatedAt: Date

    public init(id: ID, name: String, latestVersion: Int, createdAt: Date, updatedAt: Date) {
        self.id = id
        self.name = name
        self.latestVersion = latestVersion
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

extension Workflow {
    /// One version of a workflow, as it was pushed.
    public struct Version: Hashable, Sendable {
        public let workflow: Workflow.ID
        public let name: String
        public let number: Int
        /// SHA-256 of the stored document, lower-case hex.
        public let checksum: String
        /// The document's JSON text, byte for byte as it is stored.
        public let document: String
        public let createdAt: Date
        /// Name of the token that pushed it.
        public let createdBy: String

        public init(
            workflow: Workflow.ID, name: String, number: Int, checksum: String, document: String, createdAt: Date,
            createdBy: String
        ) {
            self.workflow = workflow
            self.name = name
            self.number = number
            self.checksum = checksum
            self.document = document
            self.createdAt = createdAt
            self.createdBy = createdBy
        }
    }
}
