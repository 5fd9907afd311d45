import CasareDomain
import FoundationEssentials

/// A workflow document from a file, with the subflow files that it refers to brought along.
///
/// A robot has only the document: what a `SubflowNode` names by `subflow_path` must travel in it. The files go into the
/// document's `subflows` member by the path as the nodes write it, the files that they refer to in turn included.
struct WorkflowBundle: Sendable {
    /// With `subflows`, when there are any.
    private(set) var document: Value
    /// What did not stop the bundling but will show at run time.
    private(set) var warnings: [String] = []

    /// Deeper nesting than this is refused at run time anyway.
    private static let filesMax = 1000

    /// - Throws: `.notFound` for a missing workflow file; `.failure` for text that is not JSON.
    static func load(_ input: TextInput) throws(CommandFailure) -> WorkflowBundle {
        try Self.load(text: try input.read(), from: input)
    }

    /// - Parameter text: What the input held.
    static func load(text: String, from input: TextInput) throws(CommandFailure) -> WorkflowBundle {
        let folder: String? =
            switch input {
            case .standardInput: nil
            case .file(let path): Self.folder(of: path)
            }
        return try WorkflowBundle(text: text, name: input.name, folder: folder)
    }

    /// - Parameter folder: What relative paths are relative to; `nil`: the current directory.
    init(text: String, name: String, folder: String?) throws(CommandFailure) {
        self.document = try Self.parse(text, name)
        guard case .object(var root) = self.document else { return }
        var subflows = root["subflows"]?.object ?? [:]
        /// Where each subflow that came from a file was found.
        var sources: [String: String] = [:]
        var pending = Self.references(in: self.document).map { (reference: $0, from: name, folder: folder ?? ".") }
        for (path, document) in subflows {
            pending += Self.references(in: document).map { (reference: $0, from: path, folder: folder ?? ".") }
        }
        while let next = pending.popLast() {
            let written = next.reference.path
            let found = Self.locate(written, near: [folder ?? ".", next.folder])
            if let earlier = sources[written] {
                // The same text may name two files, when they lie in different folders; one name has room for one.
                if let found, found != earlier {
                    throw CommandFailure(
                        .failure,
                        "subflow path \(written) means \(earlier) in one place and \(found) in \(next.from); "
                            + "rename one of the files")
                }
                continue
            }
            if subflows[written] != nil { continue }
            guard let found else {
                self.warnings.append(
                    "subflow \(written), which node \(next.reference.node) of \(next.from) runs, is not there: "
                        + "the node will fail when it is reached")
                continue
            }
            guard sources.count < Self.filesMax else {
                throw CommandFailure(.failure, "\(name) refers to more than \(Self.filesMax) subflow files")
            }
            let subflow = try Self.parse(try TextInput.file(found).read(), found)
            guard subflow["nodes"] != nil else {
                throw CommandFailure(
                    .failure,
                    "\(found), which node \(next.reference.node) of \(next.from) runs, is not a workflow: "
                        + "it has no nodes")
            }
            sources[written] = found
            subflows[written] = subflow
            pending += Self.references(in: subflow).map { ($0, found, Self.folder(of: found)) }
        }
        if !sources.isEmpty {
            root["subflows"] = .object(subflows)
            self.document = .object(root)
        }
        self.warnings.sort()
    }

    /// The document's own name, as `metadata.name` gives it.
    var name: String? { self.document["metadata"]?["name"]?.string }

    private struct Reference {
        let node: String
        let path: String
    }

    private static func parse(_ text: String, _ name: String) throws(CommandFailure) -> Value {
        do {
            return try Value(parsingJSON: text)
        } catch {
            throw CommandFailure(.failure, "\(name) is not JSON: \(error)")
        }
    }

    /// The literal subflow paths in a document, in either form of its `nodes`. A path with a template in it is only
    /// known at run time.
    private static func references(in document: Value) -> [Reference] {
        let nodes: [(String, Value)] =
            switch document["nodes"] {
            case .object(let nodes): nodes.map { ($0.key, $0.value) }
            case .list(let nodes): nodes.map { ($0["node_id"]?.string ?? $0["id"]?.string ?? "?", $0) }
            case .null, .bool, .int, .double, .string, nil: []
            }
        return nodes.compactMap { id, node in
            let config = node["config"] ?? node["properties"]
            guard let path = config?["subflow_path"]?.string, !path.isEmpty, !path.contains("{{") else { return nil }
            return Reference(node: id, path: path)
        }
    }

    /// The first of the folders that holds the file; an absolute path is itself.
    private static func locate(_ path: String, near folders: [String]) -> String? {
        let candidates = path.hasPrefix("/") ? [path] : folders.map { $0 == "." ? path : "\($0)/\(path)" }
        return candidates.first { FileManager.default.fileExists(atPath: $0) }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension WorkflowBundle {
    func reportWarnings() {
        for warning in self.warnings {
            StandardStreams.report("warning: " + TerminalText.line(warning))
        }
    }
}
