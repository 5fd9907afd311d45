import CasareDomain
import CasareEngine
import FoundationEssentials

/// A workflow document from a file, with the workflow files that it refers to brought along.
///
/// A robot has only the document: what nodes name by a path must travel in it. The files go into the document's
/// `subflows` member by their paths relative to the workflow's folder, the files that they refer to in turn included.
/// A path is relative to the file that it stands in; where there is nothing, to the workflow that was asked for.
struct WorkflowBundle: Sendable {
    /// With `subflows`, when there are any.
    private(set) var document: Value
    /// What did not stop the bundling but will show at run time. Locations are those that validation gives.
    private(set) var issues: [ValidationIssue] = []

    var warnings: [String] { self.issues.map(\.message) }

    /// Deeper nesting than this is refused at run time anyway.
    private static let filesMax = 1000

    /// - Throws: `.notFound` for a missing workflow file; `.failure` for text that is not JSON.
    static func load(_ input: TextInput) throws(CommandFailure) -> WorkflowBundle {
        let (json, issues) = try Self.parse(try input.readWorkflow(), input.name)
        return try Self.load(json, issues: issues, from: input)
    }

    /// - Parameters:
    ///   - json: What the input held.
    ///   - issues: What there is to say about its text.
    static func load(
        _ json: Value, issues: [ValidationIssue], from input: TextInput
    ) throws(CommandFailure) -> WorkflowBundle {
        let folder: String? =
            switch input {
            case .standardInput: nil
            case .file(let path): WorkflowReference.folder(of: path)
            }
        return try WorkflowBundle(json, issues: issues, name: input.name, folder: folder)
    }

    /// - Parameter folder: What relative paths are relative to; `nil` and empty: the current directory.
    init(text: String, name: String, folder: String?) throws(CommandFailure) {
        let (json, issues) = try Self.parse(text, name)
        try self.init(json, issues: issues, name: name, folder: folder)
    }

    private init(
        _ json: Value, issues: [ValidationIssue], name: String, folder: String?
    ) throws(CommandFailure) {
        self.document = json
        self.issues = issues
        guard case .object(var root) = self.document else { return }
        var subflows = root["subflows"]?.object ?? [:]
        let folder = folder ?? ""
        var filesRead = 0
        var pending = Self.references(in: self.document).map { (reference: $0, caller: nil as String?, from: name) }
        for (path, document) in subflows {
            pending += Self.references(in: document).map { ($0, path, path) }
        }
        while let next = pending.popLast() {
            let candidates = WorkflowReference.candidates(next.reference.path, from: next.caller)
            if let known = candidates.first(where: { path in
                subflows[path] != nil || FileManager.default.fileExists(atPath: WorkflowReference.joined(folder, path))
            }) {
                if subflows[known] != nil { continue }
                guard filesRead < Self.filesMax else {
                    throw CommandFailure(.failure, "\(name) refers to more than \(Self.filesMax) workflow files")
                }
                filesRead += 1
                let found = WorkflowReference.joined(folder, known)
                let subflow = try self.read(subflow: known, from: found)
                guard subflow["nodes"] != nil else {
                    throw CommandFailure(
                        .failure,
                        "\(found), which node \(next.reference.node) of \(next.from) runs, is not a workflow: "
                            + "it has no nodes")
                }
                subflows[known] = subflow
                pending += Self.references(in: subflow).map { ($0, known, found) }
            } else {
                self.issues.append(
                    .warning(
                        "MISSING_SUBFLOW",
                        "workflow \(next.reference.path), which node \(next.reference.node) of \(next.from) runs, is "
                            + "not there: the node will fail when it is reached",
                        at: next.caller == nil ? "node:\(next.reference.node)" : .none,
                        suggestion: "Put the file there, or change the path"))
            }
        }
        if filesRead > 0 {
            root["subflows"] = .object(subflows)
            self.document = .object(root)
        }
        self.issues.sort { $0.message < $1.message }
    }

    /// The document's own name, as `metadata.name` gives it.
    var name: String? { self.document["metadata"]?["name"]?.string }

    private struct Reference {
        let node: String
        let path: String
    }

    /// Reads a subflow's JSON; what there is to say about it names the file.
    ///
    /// - Parameter path: What the bundle calls it.
    private mutating func read(subflow path: String, from file: String) throws(CommandFailure) -> Value {
        let (json, issues) = try Self.parse(try TextInput.file(file).readWorkflow(), file)
        for var issue in issues {
            issue.message = "\(file): \(issue.message)"
            issue.location = "subflow:\(path)" + (issue.location.map { "/\($0)" } ?? "")
            self.issues.append(issue)
        }
        return json
    }

    /// Parses a file's JSON; what a person has written twice must not be lost in silence.
    private static func parse(
        _ text: String, _ name: String
    ) throws(CommandFailure) -> (json: Value, issues: [ValidationIssue]) {
        let (json, issues) = WorkflowDocument.read(text: text)
        guard let json else {
            do {
                _ = try Value(parsingJSON: text)
            } catch {
                throw CommandFailure(.failure, "\(name) is not JSON: \(error)")
            }
            throw CommandFailure(.failure, "\(name) is not JSON")
        }
        if let error = issues.first(where: \.isError) { throw CommandFailure(.failure, "\(name): \(error.message)") }
        return (json, issues)
    }

    /// By which config keys nodes name workflow files.
    private static let pathKeys = ["subflow_path", "subworkflow_path", "workflow_path"]

    /// The literal paths in a document, in either form of its `nodes`. A path with a template in it is only known at
    /// run time.
    private static func references(in document: Value) -> [Reference] {
        let nodes: [(String, Value)] =
            switch document["nodes"] {
            case .object(let nodes): nodes.map { ($0.key, $0.value) }
            case .list(let nodes): nodes.map { ($0["node_id"]?.string ?? $0["id"]?.string ?? "?", $0) }
            case .null, .bool, .int, .double, .string, nil: []
            }
        return nodes.flatMap { id, node in
            Self.paths(in: node).map { Reference(node: id, path: $0) }
        }
    }

    /// The literal paths of workflow files in a node.
    static func paths(in node: Value) -> [String] {
        let configs = [node["config"], node["properties"], node["custom"]].compactMap(\.self)
        return Self.pathKeys.compactMap { key in
            configs.lazy.compactMap { $0[key]?.string }.first.flatMap { path in
                path.isEmpty || path.contains("{{") || path.contains("${") ? nil : path
            }
        }
    }
}

extension WorkflowBundle {
    func reportWarnings() {
        for warning in self.warnings {
            StandardStreams.report("warning: " + TerminalText.line(warning))
        }
    }
}
