import CasareDomain
package import CasareEngine

/// The nodes that work on an FTP or SFTP server (node catalogue §1.13).
package enum FTPNodes {
    package static let types: [NodeType] = Self.connectionTypes + Self.transferTypes + Self.placeTypes

    static let family = "FTP"

    private static let remotePath = NodeType.Parameter(
        "remote_path", .string, required: true, aliases: ["path"],
        "The path on the server; a relative one begins where the connection does.")
    private static let binaryMode = NodeType.Parameter(
        "binary_mode", .boolean, default: true, "Transfer bytes as they are; otherwise as text, with line ends adapted."
    )

    private static let connectionTypes: [NodeType] = [
        NodeType(
            "FTPConnectNode", family: Self.family,
            "Connects to an FTP or SFTP server; the following FTP nodes use the connection.",
            parameters: [
                .init(
                    "host", .string, required: true,
                    "The server's name or address, or ftp://, ftps:// or sftp:// and it."),
                .init(
                    "port", .integer, default: 21, range: 1...65535,
                    "The port; 21 also stands for the standard port of another protocol."),
                .credential, .init("username", .string, default: "", "Who signs in; nobody: anonymous."),
                .init("password", .string, default: "", "The password, or the passphrase of the private key."),
                .init(
                    "protocol", .string, choices: ["ftp", "ftps", "sftp"],
                    "By default what the host or the port says: 22 is SFTP, 990 is FTP under TLS from the start."),
                .init("passive", .boolean, default: true, "The server opens the ports of transfers, not the robot."),
                .serverTimeout(),
                .init(
                    "use_tls", .boolean, default: false,
                    "FTP with AUTH TLS and protected transfers; a server without TLS is refused."),
                .certificateAuthority,
                .init(
                    "host_key", .string, default: "",
                    "SFTP: the SHA256 fingerprint that the server's host key must have."),
                .init(
                    "known_hosts", .string, default: "",
                    "SFTP: the file with the host keys to trust; by default that of the robot's account."),
                .init("private_key_path", .string, default: "", "SFTP: the private key to sign in with."),
                .allowInternalURLs,
            ] + RetryRule.parameters,
            outputs: [.init("connected", .boolean), .init("server_message", .string)],
            effect: .captured, opensSession: true, Self.behaviour("connected", FTPActions.connect)
        ).taking(
            Credentials.account("ftp") + [CredentialField("host", from: CredentialField.hostFields)]),
        NodeType(
            "FTPDisconnectNode", family: Self.family, "Closes the FTP connection, if there is one.",
            outputs: [.init("disconnected", .boolean)],
            // Like the connecting, it is done again when a run goes on elsewhere, so that the run finds what it left.
            effect: .captured, opensSession: true, Self.behaviour("disconnected", FTPActions.disconnect)),
    ]

    private static let transferTypes: [NodeType] = [
        NodeType(
            "FTPUploadNode", family: Self.family, "Sends a file to the server.",
            parameters: [
                .init("local_path", .string, required: true, "The file to send."), Self.remotePath, Self.binaryMode,
                .init("create_dirs", .boolean, default: false, "Make the directory it goes to, if that is missing."),
            ] + RetryRule.parameters,
            outputs: [.init("uploaded", .boolean), .init("bytes_sent", .integer)],
            effect: .idempotent, Self.behaviour("uploaded", FTPActions.upload)),
        NodeType(
            "FTPDownloadNode", family: Self.family, "Fetches a file from the server; it appears whole or not at all.",
            parameters: [
                Self.remotePath, .init("local_path", .string, required: true, "Where it goes."), Self.binaryMode,
                .overwrite,
            ] + RetryRule.parameters,
            outputs: [.init("downloaded", .boolean), .init("bytes_received", .integer)],
            // As with copying: without `overwrite` a repetition would meet its own file.
            effect: .effect, effectFor: FileEffects.copy, Self.behaviour("downloaded", FTPActions.download)),
        NodeType(
            "FTPListNode", family: Self.family, "Lists a directory of the server.",
            parameters: [
                .init(
                    "remote_path", .string, default: ".", aliases: ["path"],
                    "The directory; by default where the connection begins."),
                .init("detailed", .boolean, default: false, "The server's own lines with details, instead of names."),
            ],
            outputs: [.init("items", .list), .init("count", .integer)],
            effect: .captured, .perform(FTPActions.list)),
        NodeType(
            "FTPGetSizeNode", family: Self.family, "Gives the size of a file on the server in bytes.",
            parameters: [Self.remotePath], outputs: [.init("size", .integer), .init("found", .boolean)],
            effect: .captured, Self.behaviour("found", FTPActions.size)),
    ]

    private static let placeTypes: [NodeType] = [
        NodeType(
            "FTPDeleteNode", family: Self.family, "Deletes a file on the server.",
            parameters: [Self.remotePath], outputs: [.init("deleted", .boolean)],
            effect: .effect, Self.behaviour("deleted", FTPActions.delete)),
        NodeType(
            "FTPMakeDirNode", family: Self.family, "Makes a directory on the server.",
            parameters: [
                Self.remotePath,
                .init(
                    "parents", .boolean, default: false,
                    "Make the directories above that are missing too; one that exists is no error."),
            ],
            outputs: [.init("created", .boolean)],
            effect: .effect,
            effectFor: { $0.knownFlag("parents", default: false) == true ? .idempotent : .effect },
            Self.behaviour("created", FTPActions.makeDirectory)),
        NodeType(
            "FTPRemoveDirNode", family: Self.family, "Removes an empty directory on the server.",
            parameters: [Self.remotePath], outputs: [.init("removed", .boolean)],
            effect: .effect, Self.behaviour("removed", FTPActions.removeDirectory)),
        NodeType(
            "FTPRenameNode", family: Self.family, "Renames or moves a file or directory on the server.",
            parameters: [
                .init("old_path", .string, required: true, "What to rename."),
                .init("new_path", .string, required: true, "Its new path."),
            ],
            outputs: [.init("renamed", .boolean)],
            effect: .effect, Self.behaviour("renamed", FTPActions.rename)),
    ]

    /// Work whose failure sets the output that tells of its success.
    private static func behaviour(
        _ output: String, _ work: @escaping @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult
    ) -> NodeType.Behaviour {
        .perform { inputs, environment in
            do {
                return try await work(inputs, environment)
            } catch var failure as NodeFailure {
                failure.outputs[output] = false
                throw failure
            }
        }
    }
}
