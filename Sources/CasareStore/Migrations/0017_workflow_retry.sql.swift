extension Migration {
    /// Workflows say how their jobs are tried again.
    static let workflowRetry = Migration(
        version: 17, name: "workflow_retry",
        sql: #"""
            -- The document's settings.retry, beside it so that a failed attempt does not have to read the document. Of
            -- versions from before nobody had looked at it, and they go on without.
            ALTER TABLE workflow_versions ADD COLUMN retry json;
            """#)
}
