import CasareDomain
import CasareEngine
import CasareNodes
import CasareWire

/// What there is to say about one workflow file, with its subflow files.
enum WorkflowCheck {
    /// In the order of the file; what is about the whole comes first.
    ///
    /// - Throws: When the file cannot be read.
    static func findings(in input: TextInput) throws(CommandFailure) -> [Finding] {
        let text = try input.readWorkflow()
        let (json, textIssues) = WorkflowDocument.read(text: text)
        guard let root = json else {
            let place = Self.placeOfError(in: text)
            return textIssues.map { Finding(file: input.name, place: place, issue: IssueInfo($0)) }
        }
        // Of nodes with the same key only the last one is left: what would be said of the rest may be wrong.
        let isWhole = !textIssues.contains(where: \.isError)
        let issues = isWhole ? Self.issues(in: root, text: text, of: input) : textIssues.map(IssueInfo.init)
        let paths = issues.map { issue in issue.location.flatMap { Self.path(of: $0, in: root) } ?? [] }
        // Where a member is missing, the nearest thing around it that is there is shown.
        let prefixes = paths.flatMap { path in path.indices.map { Array(path[...$0]) } }
        let places = JSONPlaces.find(Set(prefixes), in: text)
        let findings = zip(issues, paths).map { issue, path in
            let place = path.indices.reversed().lazy.compactMap { places[Array(path[...$0])] }.first
            return Finding(file: input.name, place: place, issue: issue)
        }
        return findings.enumerated().sorted { left, right in
            let (a, b) = (left.element.place, right.element.place)
            return (a?.line ?? 0, a?.column ?? 0, left.offset) < (b?.line ?? 0, b?.column ?? 0, right.offset)
        }.map(\.element)
    }

    private static func placeOfError(in text: String) -> JSONPlaces.Place? {
        do {
            _ = try Value(parsingJSON: text)
            return nil
        } catch {
            return JSONPlaces.Place(line: error.line, column: error.column)
        }
    }

    private static func issues(in root: Value, text: String, of input: TextInput) -> [IssueInfo] {
        var document = root
        var found: [ValidationIssue] = []
        do throws(CommandFailure) {
            let bundle = try WorkflowBundle.load(text: text, from: input)
            document = bundle.document
            found = bundle.issues
        } catch {
            found = [.error("INVALID_SUBFLOW", error.message)]
        }
        let (parsed, issues) = WorkflowDocument.parse(document)
        return (issues + (parsed?.validate(against: StandardNodes.catalogue) ?? []) + found).map(IssueInfo.init)
    }

    // MARK: Locations

    /// The way to what a location means, in the document as it was written; `nil` when it is not in there.
    static func path(of location: String, in root: Value) -> [JSONPlaces.Step]? {
        if let id = location.removing(prefix: "node:") { return Self.path(ofNode: id, in: root) }
        if let index = location.removing(prefix: "connection:").flatMap({ Int($0) }) {
            return [.key("connections"), .index(index)]
        }
        if let rest = location.removing(prefix: "subflow:") { return Self.path(inSubflow: rest, in: root) }
        if let bracket = location.firstIndex(of: "["), location.hasSuffix("]"),
            let index = Int(location[location.index(after: bracket)...].dropLast())
        {
            return [.key(String(location[..<bracket])), .index(index)]
        }
        return Self.path(ofMember: location[...], in: root)
    }

    /// `settings.timeout`; keys may have dots in them, and an element of a list goes by its name.
    private static func path(ofMember location: Substring, in value: Value) -> [JSONPlaces.Step] {
        if let items = value.list {
            return items.firstIndex { $0["name"]?.string == String(location) }.map { [.index($0)] } ?? []
        }
        var end = location.firstIndex(of: ".") ?? location.endIndex
        while end < location.endIndex {
            let key = String(location[..<end])
            let rest = location[location.index(after: end)...]
            if let member = value[key] { return [.key(key)] + Self.path(ofMember: rest, in: member) }
            end = rest.firstIndex(of: ".") ?? location.endIndex
        }
        return [.key(String(location))]
    }

    /// By its key, or by what the node calls itself.
    private static func path(ofNode id: String, in root: Value) -> [JSONPlaces.Step]? {
        func calls(itself node: Value) -> Bool {
            [node["node_id"], node["custom"]?["node_id"], node["id"]].contains { value in
                value?.string == id || value?.int.map(String.init) == id
            }
        }
        switch root["nodes"] {
        case .object(let nodes)?:
            let key = nodes[id] != nil ? id : nodes.first { calls(itself: $0.value) }?.key
            return key.map { [.key("nodes"), .key($0)] }
        case .list(let nodes)?:
            let index = nodes.firstIndex(where: calls) ?? nodes.indices.first { id == "nodes[\($0)]" }
            return index.map { [.key("nodes"), .index($0)] }
        case .null?, .bool?, .int?, .double?, .string?, nil:
            return nil
        }
    }

    /// Inside a subflow that the file itself holds; else at the node that runs the subflow's file.
    private static func path(inSubflow rest: String, in root: Value) -> [JSONPlaces.Step]? {
        func inner(_ path: String) -> String? {
            rest == path ? "" : rest.removing(prefix: path + "/")
        }
        for (path, document) in root["subflows"]?.object ?? [:] {
            guard let location = inner(path) else { continue }
            return [.key("subflows"), .key(path)] + (Self.path(of: location, in: document) ?? [])
        }
        let nodes: [(step: JSONPlaces.Step, node: Value)] =
            switch root["nodes"] {
            case .object(let nodes)?: nodes.map { (.key($0.key), $0.value) }
            case .list(let nodes)?: nodes.enumerated().map { (.index($0.offset), $0.element) }
            case .null?, .bool?, .int?, .double?, .string?, nil: []
            }
        return nodes.first { _, node in
            let configs = [node["config"], node["properties"], node["custom"]].compactMap(\.self)
            return WorkflowBundle.pathKeys.contains { key in
                configs.contains { config in
                    config[key]?.string.map { inner(WorkflowReference.normalized($0)) != nil } == true
                }
            }
        }.map { [.key("nodes"), $0.step] }
    }
}

extension String {
    fileprivate func removing(prefix: String) -> String? {
        self.hasPrefix(prefix) ? String(self.dropFirst(prefix.count)) : nil
    }
}
