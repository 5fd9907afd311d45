import CasareDomain
import CasareEngine

extension NodeType.Parameter {
    static let allowDangerousPaths = NodeType.Parameter(
        "allow_dangerous_paths", .boolean, default: false,
        "Lifts the built-in path rules, where the robot's policy lets a workflow do so.")
    static let filePath = NodeType.Parameter(
        "file_path", .string, required: true, aliases: ["path"],
        "The file. `~`, `$NAME` and `${NAME}` are expanded; a relative path begins in the run's directory.")
    static let sourcePath = NodeType.Parameter("source_path", .string, required: true, "The file to take.")
    static let destinationPath = NodeType.Parameter("dest_path", .string, required: true, "Where it goes.")
    static let encoding = NodeType.Parameter(
        "encoding", .string, default: "utf-8",
        "Text encoding: utf-8, utf-8-sig, ascii, latin-1, cp1252, utf-16, utf-16-le or utf-16-be.")
    static let binaryMode = NodeType.Parameter(
        "binary_mode", .boolean, default: false, "The content is bytes, written as base64 text.")
    static let encodingErrors = NodeType.Parameter(
        "errors", .string, default: "strict",
        choices: ["strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace"],
        "What happens to a byte or character that the encoding has nothing for.")
    static let sizeMax = NodeType.Parameter(
        "max_size", .integer, default: 0, range: 0...Double(Int32.max), "Bytes at most; 0: no limit of its own.")
    static let content = NodeType.Parameter("content", .string, default: "", "The text; nothing writes an empty file.")
    static let createDirectories = NodeType.Parameter(
        "create_dirs", .boolean, default: true, "Make the directories above that are missing.")
    static let createIfMissing = NodeType.Parameter(
        "create_if_missing", .boolean, default: true, "Make the file when it does not exist.")
    static let ignoreMissing = NodeType.Parameter(
        "ignore_missing", .boolean, default: false, "A file that does not exist counts as deleted.")
    static let overwrite = NodeType.Parameter(
        "overwrite", .boolean, default: false, "Replace a destination that exists.")
    static let checkType = NodeType.Parameter(
        "check_type", .string, default: "any", choices: ["file", "directory", "any"], "What counts as existing.")
    static let parents = NodeType.Parameter(
        "parents", .boolean, default: true, "Make the directories above that are missing.")
    static let existOK = NodeType.Parameter(
        "exist_ok", .boolean, default: true, "A directory that exists already is no error.")
    static let pattern = NodeType.Parameter(
        "pattern", .string, default: "*", "Names to list: `*`, `?`, `[abc]`; `**` for any depth.")
    static let recursive = NodeType.Parameter("recursive", .boolean, default: false, "Also in directories below.")
    static let filesOnly = NodeType.Parameter("files_only", .boolean, default: false, "List no directories.")
    static let directoriesOnly = NodeType.Parameter("dirs_only", .boolean, default: false, "List no files.")

    static let delimiter = NodeType.Parameter(
        "delimiter", .string, default: ",", "One character; `\\t` is a tabulator.")
    static let hasHeader = NodeType.Parameter(
        "has_header", .boolean, default: true, "The first row names the columns, and rows become objects.")
    static let quoteCharacter = NodeType.Parameter("quotechar", .string, default: "\"", "Encloses fields.")
    static let skipRows = NodeType.Parameter(
        "skip_rows", .integer, default: 0, range: 0...Double(Int32.max), "Lines passed over before anything is read.")
    static let maxRows = NodeType.Parameter(
        "max_rows", .integer, default: 0, range: 0...Double(Int32.max), "Rows read at most; 0: all.")
    static let strictCSV = NodeType.Parameter(
        "strict", .boolean, default: false, "Malformed quoting fails instead of being taken as it comes.")
    static let rows = NodeType.Parameter("data", .list, required: true, "Rows: objects, or lists of fields.")
    static let headers = NodeType.Parameter(
        "headers", .list, "Column names; by default the keys of the first row.")
    static let writeHeader = NodeType.Parameter(
        "write_header", .boolean, default: true, "Write the column names first.")
    static let jsonData = NodeType.Parameter("data", .any, "What to write; nothing: `null`.")
    static let indent = NodeType.Parameter(
        "indent", .integer, default: 2, range: 0...16, "Spaces per level; 0: everything on one line.")
    static let ensureASCII = NodeType.Parameter(
        "ensure_ascii", .boolean, default: false, "Write other characters as \\u escapes.")

    /// The same parameter where only some uses need it, which then check for themselves.
    var optional: NodeType.Parameter {
        var copy = self
        copy.isRequired = false
        return copy
    }
}
