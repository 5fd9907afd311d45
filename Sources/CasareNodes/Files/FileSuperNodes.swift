import CasareDomain
import CasareEngine

extension FileNodes {
    static let fileActions: [SuperAction] = [
        SuperAction("Read File", short: "Read", effect: .captured, FileActions.read),
        SuperAction("Write File", short: "Write", effect: .idempotent, FileActions.write),
        SuperAction("Append File", short: "Append", effect: .effect, FileActions.append),
        SuperAction("Delete File", short: ["Delete"], effectFor: FileEffects.delete, FileActions.delete),
        SuperAction("Copy File", short: ["Copy"], effectFor: FileEffects.copy, FileActions.copy),
        SuperAction("Move File", short: "Move", "Rename", effect: .effect, FileActions.move),
        SuperAction("File Exists", short: "Exists", effect: .captured, FileActions.exists),
        SuperAction("Get File Size", short: "File Size", "Get Size", "Size", effect: .captured, FileActions.size),
        SuperAction("Get File Info", short: "File Info", "Get Info", "Info", effect: .captured, FileActions.info),
        SuperAction(
            "Create Directory", short: ["Make Directory", "Mkdir"], effectFor: FileEffects.createDirectory,
            DirectoryActions.create),
        SuperAction("List Files", effect: .captured, DirectoryActions.listFiles),
        SuperAction("List Directory", short: "List", effect: .captured, DirectoryActions.listDirectory),
    ]

    static let dataActions: [SuperAction] = [
        SuperAction("Read CSV", effect: .captured, DataFileActions.readCSV),
        SuperAction("Write CSV", effect: .idempotent, DataFileActions.writeCSV),
        SuperAction("Read JSON", short: "Read JSON File", effect: .captured, DataFileActions.readJSON),
        SuperAction("Write JSON", short: "Write JSON File", effect: .idempotent, DataFileActions.writeJSON),
        SuperAction("Zip Files", short: ["Zip"], effectFor: FileEffects.copy) { inputs, environment in
            try await BlockingWork.run { try ZipActions.zip(inputs, environment, $0) }
        },
        SuperAction("Unzip Files", short: ["Unzip"], effectFor: FileEffects.copy) { inputs, environment in
            try await BlockingWork.run { try UnzipActions.unzip(inputs, environment, $0) }
        },
        SuperAction("Image Convert", effect: .captured) { _, _ in
            throw NodeFailure("NodeError", "Image Convert is not supported on this platform")
        },
    ]

    private static let path = NodeType.Parameter("path", .string, "The path to look at; also any action's path.")

    /// Of `Image Convert`, which documents may hold and no robot can do.
    private static let imageParameters: [NodeType.Parameter] = [
        .init("output_path", .string, "Where a converted image goes."),
        .init("output_format", .string, "The converted image's format."),
        .init("quality", .integer, "The converted image's quality."),
        .init("scale_percent", .number, "The converted image's size."),
        .init("recursive", .boolean, default: false, "Convert images in folders below too."),
    ]

    static let superTypes: [NodeType] = [
        NodeType(
            "FileSystemSuperNode", family: Self.family, "Does one of the file and directory operations.",
            parameters: [
                SuperAction.parameter(Self.fileActions), .init("file_path", .string, "The file."), Self.path,
                .init("directory_path", .string, "The directory."), .init("dir_path", .string, "The directory."),
                NodeType.Parameter.sourcePath.optional, NodeType.Parameter.destinationPath.optional, .content,
                .encoding, .binaryMode, .sizeMax, .createDirectories, .createIfMissing, .ignoreMissing, .overwrite,
                .checkType, .parents, .existOK, .pattern, .recursive, .filesOnly, .directoriesOnly,
                .allowDangerousPaths,
            ],
            outputs: [
                .init("content", .string), .init("size", .integer), .init("file_path", .string),
                .init("bytes_written", .integer), .init("deleted_path", .string), .init("dest_path", .string),
                .init("bytes_copied", .integer), .init("exists", .boolean), .init("is_file", .boolean),
                .init("is_dir", .boolean), .init("created", .string), .init("modified", .string),
                .init("extension", .string), .init("name", .string), .init("parent", .string),
                .init("dir_path", .string), .init("files", .list), .init("items", .list), .init("count", .integer),
                .init("success", .boolean),
            ],
            effect: .effect, effectFor: SuperAction.effectFor(Self.fileActions),
            SuperAction.behaviour(Self.fileActions)),
        NodeType(
            "StructuredDataSuperNode", family: Self.dataFamily,
            "Reads or writes a CSV or JSON file, packs or unpacks a zip archive.",
            parameters: [
                SuperAction.parameter(Self.dataActions), NodeType.Parameter.filePath.optional,
                NodeType.Parameter("data", .any, "What to write: for CSV a list of objects or lists."), .headers,
                .delimiter, .hasHeader, .writeHeader, .encoding, .skipRows, .maxRows, .indent, .ensureASCII,
                ArchiveNodes.zipPath.optional, ArchiveNodes.files, ArchiveNodes.sourcePath, ArchiveNodes.baseDirectory,
                ArchiveNodes.compression, ArchiveNodes.extractTo.optional,
                .init("overwrite", .boolean, default: false, "Replace an archive or unpacked files that exist."),
                .allowDangerousPaths,
            ] + Self.imageParameters,
            outputs: [
                .init("data", .any), .init("headers", .list), .init("row_count", .integer),
                .init("file_path", .string), .init("zip_path", .string), .init("extract_to", .string),
                .init("files", .list), .init("file_count", .integer), .init("skipped", .list),
                .init("success", .boolean),
            ],
            effect: .idempotent, effectFor: SuperAction.effectFor(Self.dataActions),
            SuperAction.behaviour(Self.dataActions)),
    ]
}
