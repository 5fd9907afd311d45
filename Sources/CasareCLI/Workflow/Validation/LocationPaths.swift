import CasareDomain
import CasareEngine

/// Finds what the locations of findings mean in a document as it was written: the way to a node, a connection, a
/// member.
///
/// A document may have a finding for every node, so the nodes are looked up by name instead of one after the other.
struct LocationPaths {
    typealias Step = JSONPlaces.Step

    private let root: Value
    /// By key, and by what the nodes call themselves.
    private let nodes: [String: Step]
    /// The first node that runs a subflow's file, by the name that the bundle has for the file.
    private let callers: [String: Step]
    private var subflows: [String: LocationPaths] = [:]

    init(_ root: Value) {
        let entries: [(step: Step, node: Value)] =
            switch root["nodes"] {
            case .object(let nodes)?: nodes.map { (.key($0.key), $0.value) }
            case .list(let nodes)?: nodes.enumerated().map { (.index($0.offset), $0.element) }
            case .null?, .bool?, .int?, .double?, .string?, nil: []
            }
        var nodes: [String: Step] = [:]
        var callers: [String: Step] = [:]
        for (step, _) in entries {
            switch step {
            case .key(let key): nodes[key] = step
            case .index(let index): nodes["nodes[\(index)]"] = step
            }
        }
        for (step, node) in entries {
            for name in Self.ownNames(of: node) where nodes[name] == nil { nodes[name] = step }
            for path in WorkflowBundle.paths(in: node).map(WorkflowReference.normalized) where callers[path] == nil {
                callers[path] = step
            }
        }
        self.root = root
        self.nodes = nodes
        self.callers = callers
    }

    /// - Returns: `nil` when it is not in the document.
    mutating func path(of location: String) -> [Step]? {
        if let id = location.removing(prefix: "node:") { return self.nodes[id].map { [.key("nodes"), $0] } }
        if let index = location.removing(prefix: "connection:").flatMap({ Int($0) }) {
            return [.key("connections"), .index(index)]
        }
        if let rest = location.removing(prefix: "subflow:") { return self.path(inSubflow: rest) }
        if let bracket = location.firstIndex(of: "["), location.hasSuffix("]"),
            let index = Int(location[location.index(after: bracket)...].dropLast())
        {
            return [.key(String(location[..<bracket])), .index(index)]
        }
        return Self.path(ofMember: location[...], in: self.root)
    }

    private static func ownNames(of node: Value) -> [String] {
        [node["node_id"], node["custom"]?["node_id"], node["id"]].compactMap { value in
            value?.string ?? value?.int.map(String.init)
        }
    }

    /// `settings.timeout`; keys may have dots in them, and an element of a list goes by its name.
    private static func path(ofMember location: Substring, in value: Value) -> [Step] {
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

    /// Inside a subflow that the file itself holds; else at the node that runs the subflow's file.
    private mutating func path(inSubflow location: String) -> [Step]? {
        let ends = location.indices.filter { location[$0] == "/" } + [location.endIndex]
        for end in ends {
            let path = String(location[..<end])
            if let document = self.root["subflows"]?[path] {
                let inner = end == location.endIndex ? nil : String(location[location.index(after: end)...])
                let steps = inner.flatMap { self.subflows[path, default: LocationPaths(document)].path(of: $0) }
                return [.key("subflows"), .key(path)] + (steps ?? [])
            }
            if let step = self.callers[path] { return [.key("nodes"), step] }
        }
        return nil
    }
}

extension String {
    fileprivate func removing(prefix: String) -> String? {
        self.hasPrefix(prefix) ? String(self.dropFirst(prefix.count)) : nil
    }
}
