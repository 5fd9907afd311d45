import CasareDomain
import CasareEngine

extension FileNodes {
    static let dataFamily = "CSV and JSON files"
    private static let success = NodeType.Output("success", .boolean)

    static let dataTypes: [NodeType] = [
        NodeType(
            "ReadCSVNode", family: Self.dataFamily, "Reads a CSV file; all values are text.",
            parameters: [
                .filePath, .delimiter, .hasHeader, .encoding, .quoteCharacter, .skipRows, .maxRows, .strictCSV,
                .allowDangerousPaths,
            ],
            outputs: [
                .init("data", .list), .init("headers", .list), .init("row_count", .integer), Self.success,
            ],
            effect: .captured, .files(DataFileActions.readCSV)),
        NodeType(
            "WriteCSVNode", family: Self.dataFamily, "Writes a CSV file from a list of objects or lists.",
            parameters: [
                .rows, .headers, .filePath, .delimiter, .writeHeader, .encoding, .allowDangerousPaths,
            ],
            outputs: [
                .init("file_path", .string), .init("attachment_file", .list), .init("row_count", .integer),
                Self.success,
            ],
            effect: .idempotent, .files(DataFileActions.writeCSV)),
        NodeType(
            "ReadJSONFileNode", family: Self.dataFamily, "Reads a JSON file.",
            parameters: [.filePath, .encoding, .allowDangerousPaths],
            outputs: [.init("data", .any), Self.success],
            effect: .captured, .files(DataFileActions.readJSON)),
        NodeType(
            "WriteJSONFileNode", aliases: ["WriteJSONNode"], family: Self.dataFamily, "Writes a value as a JSON file.",
            parameters: [.jsonData, .filePath, .encoding, .indent, .ensureASCII, .allowDangerousPaths],
            outputs: [.init("file_path", .string), .init("attachment_file", .list), Self.success],
            effect: .idempotent, .files(DataFileActions.writeJSON)),
    ]
}
