import CasareDomain

extension DocumentParser {
    /// The nodes, and the other names under which connections may know them: keys of editor dumps, and IDs that a node
    /// gave itself but that were overruled by its key.
    mutating func nodes(of root: Object) -> (nodes: [WorkflowDocument.Node], alternateIDs: [String: String])? {
        guard let value = root["nodes"] else {
            self.add(
                .error(
                    "MISSING_REQUIRED_KEY", "The workflow has no 'nodes'", at: "nodes",
                    suggestion: "Add \"nodes\": {\"<id>\": {\"node_type\": …}}"))
            return nil
        }
        let entries: [(key: String?, value: Value)]
        switch value {
        case .object(let members):
            entries = members.map { ($0.key, $0.value) }
        case .list(let items):
            entries = items.map { (nil, $0) }
        case .null, .bool, .int, .double, .string:
            self.add(
                .error("INVALID_TYPE", "'nodes' must be an object of nodes, but is \(value.kindName)", at: "nodes"))
            return nil
        }
        guard !entries.isEmpty else {
            self.add(.error("EMPTY_WORKFLOW", "The workflow has no nodes", at: "nodes", suggestion: "Add a node"))
            return nil
        }
        guard entries.count <= DocumentLimits.nodesMax else {
            self.add(
                .error(
                    "LIMIT_EXCEEDED",
                    "The workflow's number of nodes, \(entries.count), exceeds maximum "
                        + "\(DocumentLimits.nodesMax)", at: "nodes", suggestion: "Move parts of it into subflows"))
            return nil
        }
        var nodes: [WorkflowDocument.Node] = []
        var claims: Set<String> = []
        var used: Set<String> = []
        var alternates: [(other: String, id: String)] = []
        for (position, entry) in entries.enumerated() {
            guard let shape = self.shape(of: entry.value, key: entry.key, position: position) else { continue }
            let isClaimed = !claims.insert(shape.claimedID).inserted
            if !used.insert(shape.id).inserted || isClaimed {
                let id = isClaimed ? shape.claimedID : shape.id
                self.add(
                    .error(
                        "DUPLICATE_NODE_ID", "Two nodes have the ID '\(DocumentLimits.shortened(id))'",
                        at: DocumentLimits.location(ofNode: entry.key ?? id),
                        suggestion: "Give each node an ID of its own, and lead its connections there"))
            }
            nodes.append(self.node(of: shape))
            for other in [entry.key, shape.claimedID].compactMap(\.self) where other != shape.id {
                alternates.append((other, shape.id))
            }
        }
        // A real ID always means the node that has it.
        var alternateIDs: [String: String] = [:]
        for (other, id) in alternates where !used.contains(other) && alternateIDs[other] == nil {
            alternateIDs[other] = id
        }
        return (nodes, alternateIDs)
    }

    /// A node whose ID and type are known, whatever shape it came in (workflow format §1.1, §1.2).
    private struct NodeShape {
        var id: String
        /// The ID that it gives itself, or its key.
        var claimedID: String
        var type: String
        var members: Object
        var isEditorDump: Bool
        var location: String { DocumentLimits.location(ofNode: self.id) }
    }

    private mutating func shape(of value: Value, key: String?, position: Int) -> NodeShape? {
        let label = DocumentLimits.shortened(key ?? "nodes[\(position)]")
        let location = DocumentLimits.location(ofNode: key ?? "nodes[\(position)]")
        guard let members = value.object else {
            self.add(
                .error("INVALID_TYPE", "Node '\(label)' must be an object, but is \(value.kindName)", at: location))
            return nil
        }
        let isDump = members["type_"] != nil || members["custom"] != nil
        let own = Self.text(members["custom"]?["node_id"]) ?? Self.text(members["node_id"])
        let claimed = own ?? key ?? Self.text(members["id"])
        guard let claimed, let id = isDump || key == nil ? claimed : key, !id.isEmpty else {
            self.add(
                .error(
                    "MISSING_REQUIRED_FIELD", "Node '\(label)' has no ID", at: location,
                    suggestion: "Give it a 'node_id'"))
            return nil
        }
        if id != claimed {
            self.add(
                .warning(
                    "NODE_ID_MISMATCH",
                    "Node '\(label)' calls itself '\(DocumentLimits.shortened(claimed))'; its key '\(label)' counts",
                    at: location, suggestion: "Make its 'node_id' the same as its key"))
        }
        guard let type = self.type(of: members) else {
            self.add(
                .error(
                    "MISSING_REQUIRED_FIELD", "Node '\(DocumentLimits.shortened(id))' has no 'node_type'",
                    at: DocumentLimits.location(ofNode: id), suggestion: "Say which type of node it is"))
            return nil
        }
        return NodeShape(id: id, claimedID: claimed, type: type, members: members, isEditorDump: isDump)
    }

    private func type(of members: Object) -> String? {
        if let type = Self.text(members["node_type"]) ?? Self.text(members["type"]) { return type }
        guard let dumped = Self.text(members["type_"]), let last = dumped.split(separator: ".").last else { return nil }
        return String(last.hasPrefix("Visual") ? last.dropFirst("Visual".count) : last)
    }

    private mutating func node(of shape: NodeShape) -> WorkflowDocument.Node {
        let config = self.config(of: shape)
        if DocumentLimits.exceeds(shape.id, DocumentLimits.nodeIDCharactersMax) {
            self.addExcess("the ID", shape.id, DocumentLimits.nodeIDCharactersMax, at: shape.location)
        }
        if DocumentLimits.exceeds(shape.type, DocumentLimits.nodeTypeCharactersMax) {
            self.addExcess("the type", shape.type, DocumentLimits.nodeTypeCharactersMax, at: shape.location)
        }
        if let excess = DocumentLimits.excess(inConfig: config) {
            self.add(
                .error(
                    "LIMIT_EXCEEDED", "Node '\(DocumentLimits.shortened(shape.id))': \(excess)", at: shape.location,
                    suggestion: "Read it from a file or a variable instead"))
        }
        self.checkPosition(of: shape)
        let isDisabled = Self.isSet(config["_disabled"])
        return WorkflowDocument.Node(
            id: shape.id, type: shape.type, config: config,
            name: Self.name(of: shape.members, config: config), isDisabled: isDisabled,
            members: Self.usualMembers(of: shape))
    }

    static func name(of members: Object, config: Object) -> String? {
        Self.text(members["name"]) ?? Self.text(config["label"])
    }

    /// What was written about a node, under the keys of the usual shape. The writer puts the values in.
    private static func usualMembers(of shape: NodeShape) -> Object {
        let hasType = Self.text(shape.members["node_type"]) != nil
        var members: Object = [:]
        for (key, value) in shape.members {
            switch key {
            case "node_id", "node_type", "config": members[key] = .null
            case "id" where shape.members["node_id"] == nil && Self.text(value) == shape.id: members["node_id"] = .null
            case "type" where !hasType: members["node_type"] = .null
            case "type_": members["node_type"] = .null
            case "custom", "properties": members["config"] = .null
            case "pos" where shape.members["position"] == nil: members["position"] = value
            case "disabled" where shape.isEditorDump: break
            default: members[key] = value
            }
        }
        return members
    }

    /// `config`, over `properties`, over `custom`: the editor's dumps and subflow files use the latter two.
    private mutating func config(of shape: NodeShape) -> Object {
        var config: Object = [:]
        for key in ["custom", "properties", "config"] {
            guard let value = shape.members[key], !value.isNull else { continue }
            guard let members = value.object else {
                self.add(
                    .error(
                        "INVALID_CONFIG",
                        "The \(key) of node '\(DocumentLimits.shortened(shape.id))' must be an object, "
                            + "but is \(value.kindName)",
                        at: shape.location))
                continue
            }
            config = config.isEmpty ? members : config.merging(members)
        }
        if shape.isEditorDump {
            config["node_id"] = nil
            if Self.isSet(shape.members["disabled"]) { config["_disabled"] = true }
        }
        return config
    }

    private mutating func checkPosition(of shape: NodeShape) {
        guard let position = shape.members["position"] ?? shape.members["pos"], !position.isNull else { return }
        let coordinates: [Value?] =
            switch position {
            case .list(let items): items.map(Optional.some)
            case .object(let members): [members["x"], members["y"]]
            case .null, .bool, .int, .double, .string: []
            }
        guard coordinates.count == 2, coordinates.allSatisfy({ $0?.double != nil }) else {
            self.add(
                .warning(
                    "INVALID_POSITION",
                    "The position of node '\(DocumentLimits.shortened(shape.id))' is not two numbers; "
                        + "that matters to editors only",
                    at: shape.location, suggestion: "Write it as [x, y]"))
            return
        }
    }

    private mutating func addExcess(_ what: String, _ text: String, _ maximum: Int, at location: String) {
        self.add(
            .error(
                "LIMIT_EXCEEDED",
                "Node '\(DocumentLimits.shortened(text))': \(what) has \(text.unicodeScalars.count) characters, "
                    + "which exceeds maximum \(maximum)",
                at: location, suggestion: "Shorten it"))
    }

    /// A text that says something; whole numbers as IDs are taken as text.
    static func text(_ value: Value?) -> String? {
        switch value {
        case .string(let text)?: text.isEmpty ? nil : text
        case .int(let number)?: String(number)
        case .null?, .bool?, .double?, .list?, .object?, nil: nil
        }
    }

    static func isSet(_ value: Value?) -> Bool {
        value?.bool ?? (value?.string?.lowercased() == "true")
    }
}
