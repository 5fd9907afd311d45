import CasareDomain
import CasareEngine

/// What the CSV and JSON file nodes do; shared with `StructuredDataSuperNode`. All of it blocks.
enum DataFileActions {
    static func readCSV(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let csv = try CSV(
            delimiter: inputs.string("delimiter"), quote: inputs["quotechar"].string ?? "\"",
            isStrict: inputs.bool("strict"))
        let text = try self.text(inputs, environment)
        let (skip, limit) = (inputs.int("skip_rows"), inputs.int("max_rows"))
        guard inputs["has_header"].bool ?? true else {
            let rows = try csv.rows(of: text, skip: skip, limit: limit)
            return self.result(rows.map { .list($0.map(Value.string)) }, headers: [])
        }
        // Blank lines carry no record, so they do not count as rows either.
        var rows = try csv.rows(of: text, skip: skip).filter { !$0.isEmpty }[...]
        guard let headers = rows.popFirst() else { return self.result([], headers: []) }
        let data = (limit > 0 ? rows.prefix(limit) : rows).map { row in
            Value.object(Object(headers.enumerated().map { ($1, $0 < row.count ? .string(row[$0]) : .null) }))
        }
        return self.result(data, headers: headers)
    }

    static func writeCSV(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        // The super node takes any value, so that it can write any as JSON.
        let parsed = inputs["data"].string.flatMap { try? Value(parsingJSON: $0) } ?? inputs["data"]
        guard let rows = parsed.list else { throw .value("data must be a list of rows, not \(parsed.kindName)") }
        let csv = try CSV(delimiter: inputs.string("delimiter"))
        let encoding = try TextEncoding(named: inputs.string("encoding"))
        let headers =
            inputs.list("headers").isEmpty
            ? (rows.first?.object?.keys ?? []) : inputs.list("headers").map(\.displayText)
        var text = ""
        if inputs["write_header"].bool ?? true, !headers.isEmpty { text += csv.line(headers) }
        for (number, row) in rows.enumerated() {
            switch row {
            case .object(let members): text += csv.line(headers.map { members[$0]?.displayText ?? "" })
            case .list(let fields): text += csv.line(fields.map(\.displayText))
            case .null, .bool, .int, .double, .string:
                throw .value("data[\(number)] must be an object or a list, not \(row.kindName)")
            }
        }
        let path = try self.write(text, encoding, inputs, environment)
        return NodeResult([
            "file_path": .string(path), "attachment_file": [.string(path)], "row_count": .int(rows.count),
            "success": true,
        ])
    }

    static func readJSON(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let text = try self.text(inputs, environment)
        do {
            return NodeResult(["data": try Value(parsingJSON: text), "success": true])
        } catch {
            throw .value("Invalid JSON: \(error)")
        }
    }

    static func writeJSON(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> NodeResult {
        let indent = inputs["indent"].int ?? 0
        let text = inputs["data"].jsonText(
            indent > 0 ? .pretty(indent: indent) : .compact, escapeNonASCII: inputs.bool("ensure_ascii"))
        let encoding = try TextEncoding(named: inputs.string("encoding"))
        let path = try self.write(text, encoding, inputs, environment)
        return NodeResult(["file_path": .string(path), "attachment_file": [.string(path)], "success": true])
    }

    /// The text of a data file, without the mark that some programs put before UTF-8.
    private static func text(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> String {
        let bytes = try FileAccess.read(try FileActions.filePath(inputs, environment))
        let encoding = try TextEncoding(named: inputs.string("encoding"))
        if case .utf8 = encoding { return try TextEncoding.utf8WithSignature.decode(bytes, .strict) }
        return try encoding.decode(bytes, .strict)
    }

    private static func write(
        _ text: String, _ encoding: TextEncoding, _ inputs: Inputs, _ environment: NodeEnvironment
    ) throws(NodeFailure) -> String {
        let path = try FileActions.filePath(inputs, environment)
        try FileAccess.makeDirectory(FileAccess.parent(of: path), parents: true)
        try FileAccess.write(try encoding.encode(text, .strict), to: path)
        return path
    }

    private static func result(_ data: [Value], headers: [String]) -> NodeResult {
        NodeResult([
            "data": .list(data), "headers": .list(headers.map(Value.string)), "row_count": .int(data.count),
            "success": true,
        ])
    }
}
