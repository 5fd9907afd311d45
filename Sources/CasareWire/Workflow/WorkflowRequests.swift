public import CasareDomain

/// `POST /api/v1/workflows`.
public struct PushWorkflowRequest: Hashable, Sendable, Codable {
    /// Overrides the name in the document's metadata.
    public var name: String?
    public var document: Value

    public init(name: String? = nil, document: Value) {
        self.name = name
        self.document = document
    }
}

/// `POST /api/v1/workflows/validate`.
public struct ValidateWorkflowRequest: Hashable, Sendable, Codable {
    public var document: Value

    public init(document: Value) { self.document = document }
}
