import CasareEngine
import CasareNodes
import Testing

/// What a crash may repeat hangs on these classes: a type changes its class here too, or not at all.
@Suite struct EffectClassTests {
    private static let captured: Set = [
        "BeginTransactionNode", "DatabaseConnectNode", "DateTimeAddNode", "EnvironmentVariableNode", "FTPConnectNode",
        "FTPDisconnectNode", "FTPGetSizeNode", "FTPListNode", "FileExistsNode", "FileWatcherNode",
        "GetCurrentDateTimeNode",
        "GetFileInfoNode", "GetFileSizeNode", "GetTableColumnsNode", "GetTimestampNode", "HttpRequestNode",
        "ListDirectoryNode", "ListFilesNode", "OAuth2TokenValidateNode", "ProcessListNode", "RandomChoiceNode",
        "RandomNumberNode",
        "RandomStringNode", "RandomUUIDNode", "ReadCSVNode", "ReadEmailsNode", "ReadFileNode", "ReadJSONFileNode",
        "ReadXMLFileNode", "SetEnvironmentVarNode", "ShuffleListNode", "SystemInfoNode", "TableExistsNode",
        "UUIDGeneratorNode",
        "WaitNode",
    ]
    private static let idempotent: Set = [
        "CloseDatabaseNode", "CreateDirectoryNode", "FTPUploadNode", "HttpDownloadFileNode", "MarkEmailNode",
        "OAuth2AuthorizeNode", "OAuth2CallbackServerNode", "RollbackTransactionNode", "StructuredDataSuperNode",
        "UnzipFilesNode", "WriteCSVNode", "WriteFileNode", "WriteJSONFileNode", "WriteXMLFileNode", "ZipFilesNode",
    ]
    private static let effect: Set = [
        "AppendFileNode", "CommitTransactionNode", "CopyFileNode", "DatabaseSuperNode", "DeleteDirectoryNode",
        "DeleteEmailNode",
        "DeleteFileNode", "EmailSuperNode", "ExecuteBatchNode", "ExecuteNonQueryNode", "ExecuteQueryNode",
        "FTPDeleteNode", "FTPDownloadNode", "FTPMakeDirNode", "FTPRemoveDirNode", "FTPRenameNode",
        "FileSystemSuperNode", "HttpSuperNode", "HttpUploadFileNode", "LogToFileNode", "MoveEmailNode", "MoveFileNode",
        "OAuth2TokenExchangeNode", "ProcessKillNode", "RunBatchScriptNode", "RunCommandNode", "RunJavaScriptNode",
        "RunPythonFileNode",
        "RunPythonScriptNode", "SaveAttachmentNode", "SendEmailNode", "WebhookNotifyNode",
    ]

    @Test func `every type has the class that it was given here; the rest only computes`() {
        for type in StandardNodes.catalogue.types {
            if case .unsupported = type.behaviour { continue }
            let expected: NodeType.Effect =
                if Self.captured.contains(type.name) {
                    .captured
                } else if Self.idempotent.contains(type.name) {
                    .idempotent
                } else if Self.effect.contains(type.name) {
                    .effect
                } else {
                    .pure
                }
            #expect(type.effect == expected, "\(type.name)")
        }
        for name in Self.captured.union(Self.idempotent).union(Self.effect) {
            #expect(StandardNodes.catalogue.type(named: name)?.name == name)
        }
    }

    /// A node that talks to the world cannot be recomputed on another machine. Only the headers that HttpAuthNode makes
    /// of the robot's own environment are made again: a journal would keep their secret.
    @Test func `what runs outside of the engine is journaled`() {
        for type in StandardNodes.catalogue.types where type.name != "HttpAuthNode" {
            guard case .perform = type.behaviour else { continue }
            #expect(type.effect != .pure, "\(type.name)")
        }
    }
}
