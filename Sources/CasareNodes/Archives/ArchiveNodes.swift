import CasareDomain
package import CasareEngine

/// The nodes that pack and unpack zip archives (node catalogue §1.9).
package enum ArchiveNodes {
    static let zipPath = NodeType.Parameter("zip_path", .string, required: true, "The archive.")
    static let files = NodeType.Parameter(
        "files", .list,
        "The files to pack, each by its last name; folders with all they hold. Missing ones are skipped.")
    static let sourcePath = NodeType.Parameter(
        "source_path", .string, default: "", "Without `files`: a file, a folder with all it holds, or a pattern.")
    static let baseDirectory = NodeType.Parameter(
        "base_dir", .string, default: "", "What the names in the archive are relative to; by default the source folder."
    )
    static let compression = NodeType.Parameter(
        "compression", .string, default: "ZIP_DEFLATED", choices: ["ZIP_STORED", "ZIP_DEFLATED"],
        "Whether to compress.")
    static let extractTo = NodeType.Parameter("extract_to", .string, required: true, "The folder to unpack into.")

    package static let types: [NodeType] = [
        NodeType(
            "ZipFilesNode", family: FileNodes.family, "Packs files into a zip archive, which replaces one that exists.",
            parameters: [
                Self.files, Self.zipPath, Self.sourcePath, Self.baseDirectory, Self.compression, .allowDangerousPaths,
            ],
            outputs: [
                .init("zip_path", .string), .init("attachment_file", .list), .init("file_count", .integer),
                .init("success", .boolean),
            ],
            effect: .idempotent, .files(ZipActions.zip)),
        NodeType(
            "UnzipFilesNode", family: FileNodes.family,
            "Unpacks a zip archive over what the folder holds; links and devices in it are not made.",
            parameters: [Self.zipPath, Self.extractTo, .allowDangerousPaths],
            outputs: [
                .init("extract_to", .string), .init("files", .list), .init("file_count", .integer),
                .init("skipped", .list), .init("success", .boolean),
            ],
            effect: .idempotent, .files(UnzipActions.unzip)),
    ]
}
