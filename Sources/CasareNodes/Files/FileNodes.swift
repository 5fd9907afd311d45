package import CasareEngine
import CasareDomain

/// The nodes that read and change files (node catalogue §1.8 and §1.9).
package enum FileNodes {
    package static let types: [NodeType] =
        Self.contentTypes + Self.placeTypes + Self.queryTypes + Self.pathTypes + Self.dataTypes
        + Self.superTypes

    static let family = "Files and directories"
    private static let success = NodeType.Output("success", .boolean)

    private static let contentTypes: [NodeType] = [
        NodeType(
            "ReadFileNode", family: Self.family, "Reads a file as text, or as bytes in base64.",
            parameters: [
                .filePath, .encoding, .binaryMode, .encodingErrors, .sizeMax, .allowDangerousPaths,
            ],
            outputs: [.init("content", .string), .init("size", .integer), Self.success],
            effect: .captured, .files(FileActions.read)),
        NodeType(
            "WriteFileNode", family: Self.family, "Writes a whole file: the new content appears at once or not at all.",
            parameters: [
                .filePath, .content, .encoding, .binaryMode, .createDirectories, .encodingErrors,
                .init("append_mode", .boolean, default: false, "Add to the end instead of replacing the content."),
                .allowDangerousPaths,
            ],
            outputs: [
                .init("file_path", .string), .init("attachment_file", .list), .init("bytes_written", .integer),
                Self.success,
            ],
            effect: .idempotent,
            effectFor: { $0.knownFlag("append_mode", default: false) == false ? .idempotent : .effect },
            .files(FileActions.write)),
        NodeType(
            "AppendFileNode", family: Self.family, "Adds to the end of a file.",
            parameters: [.filePath, .content, .encoding, .createIfMissing, .allowDangerousPaths],
            outputs: [.init("file_path", .string), .init("bytes_written", .integer), Self.success],
            effect: .effect, .files(FileActions.append)),
    ]

    private static let placeTypes: [NodeType] = [
        NodeType(
            "DeleteFileNode", family: Self.family, "Deletes a file.",
            parameters: [.filePath, .ignoreMissing, .allowDangerousPaths],
            outputs: [.init("deleted_path", .string), Self.success],
            effect: .effect, effectFor: FileEffects.delete, .files(FileActions.delete)),
        NodeType(
            "CopyFileNode", family: Self.family, "Copies a file with its permissions and modification time.",
            parameters: [.sourcePath, .destinationPath, .overwrite, .createDirectories, .allowDangerousPaths],
            outputs: [.init("dest_path", .string), .init("bytes_copied", .integer), Self.success],
            effect: .effect, effectFor: FileEffects.copy, .files(FileActions.copy)),
        NodeType(
            "MoveFileNode", family: Self.family, "Moves or renames a file.",
            parameters: [.sourcePath, .destinationPath, .overwrite, .createDirectories, .allowDangerousPaths],
            outputs: [.init("dest_path", .string), Self.success],
            effect: .effect, .files(FileActions.move)),
        NodeType(
            "CreateDirectoryNode", family: Self.family, "Makes a directory.",
            parameters: [
                .init(
                    "directory_path", .string, required: true, aliases: ["dir_path", "path"], "The directory to make."),
                .parents, .existOK, .allowDangerousPaths,
            ],
            outputs: [.init("dir_path", .string), Self.success],
            effect: .idempotent, effectFor: FileEffects.createDirectory, .files(DirectoryActions.create)),
        NodeType(
            "DeleteDirectoryNode", family: Self.family, "Deletes a directory.",
            parameters: [
                .init(
                    "directory_path", .string, required: true, aliases: ["dir_path", "path"],
                    "The directory to delete."),
                .init("recursive", .boolean, default: false, "Delete what it holds too; else it must be empty."),
                .init("ignore_missing", .boolean, default: false, "One that does not exist counts as deleted."),
                .allowDangerousPaths,
            ],
            outputs: [.init("deleted_path", .string), Self.success],
            effect: .effect, effectFor: FileEffects.delete, .files(DirectoryRemoval.delete)),
    ]

    private static let queryTypes: [NodeType] = [
        NodeType(
            "ListFilesNode", family: Self.family, "Lists the files of a directory, sorted.",
            parameters: [
                .init(
                    "directory_path", .string, default: "", aliases: ["dir_path", "path"],
                    "The directory; by default the run's own."),
                .pattern, .recursive, .allowDangerousPaths,
            ],
            outputs: [.init("files", .list), .init("count", .integer), Self.success],
            effect: .captured, .files(DirectoryActions.listFiles)),
        NodeType(
            "ListDirectoryNode", family: Self.family, "Lists the files and directories of a directory, sorted.",
            parameters: [
                .init("dir_path", .string, required: true, aliases: ["directory_path", "path"], "The directory."),
                .pattern, .recursive, .filesOnly, .directoriesOnly, .allowDangerousPaths,
            ],
            outputs: [.init("items", .list), .init("count", .integer), Self.success],
            effect: .captured, .files(DirectoryActions.listDirectory)),
        NodeType(
            "FileExistsNode", family: Self.family, "Tells whether a path exists, and as what.",
            parameters: [
                .init(
                    "path", .string, required: true, aliases: ["file_path", "directory_path"], "The path to look at."),
                .checkType, .allowDangerousPaths,
            ],
            outputs: [.init("exists", .boolean), .init("is_file", .boolean), .init("is_dir", .boolean)],
            effect: .captured,
            .perform { inputs, environment in
                try await BlockingWork.run { try FileActions.exists(inputs, environment) }
            }),
        NodeType(
            "GetFileSizeNode", family: Self.family, "Gives the size of a file in bytes.",
            parameters: [.filePath, .allowDangerousPaths],
            outputs: [.init("size", .integer), Self.success],
            effect: .captured, .files(FileActions.size)),
        NodeType(
            "GetFileInfoNode", family: Self.family, "Gives size, times and names of a file or directory.",
            parameters: [.filePath, .allowDangerousPaths],
            outputs: [
                .init("size", .integer), .init("created", .string), .init("modified", .string),
                .init("extension", .string), .init("name", .string), .init("parent", .string), Self.success,
            ],
            effect: .captured, .files(FileActions.info)),
    ]
}
