import CasareDomain
import CasareEngine

/// The operations of a node whose `action` parameter picks one.
struct SuperAction: Sendable {
    /// As documents write it; also accepted without regard to case and by its short form.
    let name: String
    let shortForms: [String]
    let effectFor: @Sendable (Object) -> NodeType.Effect
    let perform: @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult

    /// An action that blocks, on files.
    init(
        _ name: String, short: String..., effect: NodeType.Effect,
        _ perform: @escaping @Sendable (Inputs, NodeEnvironment) throws -> NodeResult
    ) {
        self.init(name, short: short, effectFor: { _ in effect }, perform)
    }

    init(
        _ name: String, short: [String] = [], effectFor: @escaping @Sendable (Object) -> NodeType.Effect,
        _ perform: @escaping @Sendable (Inputs, NodeEnvironment) throws -> NodeResult
    ) {
        self.init(
            name, short: short, effectFor: effectFor,
            awaiting: { inputs, environment in
                try await BlockingWork.run { try perform(inputs, environment) }
            })
    }

    init(
        _ name: String, short: [String], effectFor: @escaping @Sendable (Object) -> NodeType.Effect,
        awaiting perform: @escaping @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult
    ) {
        self.name = name
        self.shortForms = short
        self.effectFor = effectFor
        self.perform = perform
    }

    /// The action of a text; the first of the list when it is blank.
    static func find(_ text: String, in actions: [SuperAction]) -> SuperAction? {
        let wanted = self.plain(text)
        if wanted.isEmpty { return actions.first }
        return actions.first { action in
            ([action.name] + action.shortForms).contains { self.plain($0) == wanted }
        }
    }

    /// `read_file`, `ReadFile` and `read file` are one action.
    private static func plain(_ text: String) -> String {
        text.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    /// The node's effect with a configuration: an action that is a template may turn out to be any of them.
    ///
    /// - Parameter names: Of the parameter that names the action; the first that is there counts.
    static func effectFor(
        _ actions: [SuperAction], named names: [String] = ["action"]
    ) -> @Sendable (Object) -> NodeType.Effect {
        { config in
            let given = names.compactMap { config[$0] }.first { !$0.isNull } ?? ""
            guard let text = given.string, let action = self.find(text, in: actions) else { return .effect }
            return action.effectFor(config)
        }
    }

    static func behaviour(_ actions: [SuperAction]) -> NodeType.Behaviour { .reporting(self.work(actions)) }

    /// What the action does that the inputs name.
    static func work(
        _ actions: [SuperAction]
    ) -> @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult {
        { inputs, environment in
            let text = inputs.string("action")
            guard let action = self.find(text, in: actions) else {
                throw NodeFailure("ValidationError", "Unknown action: \(text)")
            }
            return try await action.perform(inputs, environment)
        }
    }

    static func parameter(_ actions: [SuperAction]) -> NodeType.Parameter {
        NodeType.Parameter(
            "action", .string, default: .string(actions[0].name), choices: actions.map(\.name),
            choiceAliases: Dictionary(uniqueKeysWithValues: actions.map { ($0.name, $0.shortForms) }), "What to do.")
    }
}

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
