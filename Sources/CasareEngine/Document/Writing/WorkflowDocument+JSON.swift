package import CasareDomain

extension WorkflowDocument {
    /// The document in the usual shape (workflow format §1), whatever shape it was read in.
    ///
    /// Members that nothing here knows are there again, in the order of the file. Reading the result yields the same
    /// document. Reroute nodes are gone, as they were when it was read; whoever wants to keep an editor's drawing
    /// changes the file's JSON instead.
    package var json: Value {
        var root = self.members
        var metadata = self.metadata
        if DocumentParser.name(metadata: metadata, root: root) != self.name { metadata["name"] = .string(self.name) }
        Self.put(.object(metadata), "metadata", into: &root, unless: metadata.isEmpty)
        root["nodes"] = .object(Object(self.nodes.map { ($0.id, $0.json) }))
        root["connections"] = .list(self.connections.map(\.json))
        let variables = Object(self.variables.map { ($0.name, $0.json) })
        Self.put(.object(variables), "variables", into: &root, unless: variables.isEmpty)
        let settings = self.settings.json
        Self.put(.object(settings), "settings", into: &root, unless: settings.isEmpty)
        let interface = self.interface ?? SubflowInterface()
        Self.put(.list(interface.inputs.map(\.json)), "inputs", into: &root, unless: interface.inputs.isEmpty)
        Self.put(.list(interface.outputs.map(\.json)), "outputs", into: &root, unless: interface.outputs.isEmpty)
        Self.put(
            .list(interface.parameters.map(\.json)), "parameters", into: &root, unless: interface.parameters.isEmpty)
        let subflows = Object(self.subflows.map { ($0.path, $0.document) })
        Self.put(.object(subflows), "subflows", into: &root, unless: subflows.isEmpty)
        return .object(root)
    }

    /// An empty part is written where the file had one.
    private static func put(_ value: Value, _ key: String, into root: inout Object, unless isEmpty: Bool) {
        if !isEmpty || root[key] != nil { root[key] = value }
    }
}

extension WorkflowDocument.Node {
    fileprivate var json: Value {
        // The two that every node has come first where the file had neither.
        var members: Object = self.members["node_id"] == nil ? ["node_id": nil] : [:]
        members = members.merging(self.members)
        members["node_id"] = .string(self.id)
        members["node_type"] = .string(self.type)
        var config = self.config
        if DocumentParser.isSet(config["_disabled"]) != self.isDisabled { config["_disabled"] = .bool(self.isDisabled) }
        if DocumentParser.name(of: members, config: config) != self.name {
            members["name"] = self.name.map(Value.string) ?? .null
        }
        if !config.isEmpty || members["config"] != nil { members["config"] = .object(config) }
        return .object(members)
    }
}

extension WorkflowDocument.Connection {
    fileprivate var json: Value {
        var members = self.members
        members["source_node"] = .string(self.source)
        members["source_port"] = .string(self.sourcePort)
        members["target_node"] = .string(self.target)
        members["target_port"] = .string(self.targetPort)
        return .object(members)
    }
}

extension WorkflowDocument.Variable {
    fileprivate var json: Value {
        if let definition {
            let read = DocumentParser.variable(self.name, definition)
            if read.value == self.value, read.isReadOnly == self.isReadOnly, read.isSensitive == self.isSensitive {
                return definition
            }
        }
        var members = self.definition?.object ?? [:]
        members["default_value"] = self.value
        if self.isReadOnly || members["readonly"] != nil { members["readonly"] = .bool(self.isReadOnly) }
        if self.isSensitive || members["sensitive"] != nil { members["sensitive"] = .bool(self.isSensitive) }
        return .object(members)
    }
}

extension WorkflowDocument.Settings {
    fileprivate var json: Object {
        var parser = DocumentParser()
        let read = parser.settings(self.members)
        var members = self.members
        if read.stopOnError != self.stopOnError { members["stop_on_error"] = .bool(self.stopOnError) }
        if read.timeoutSeconds != self.timeoutSeconds {
            members["timeout"] = self.timeoutSeconds.map(Value.double) ?? .null
        }
        if read.retryCount != self.retryCount { members["retry_count"] = .int(self.retryCount) }
        if read.onRecovery != self.onRecovery {
            members["on_recovery"] = self.onRecovery.map { .string($0.rawValue) } ?? .null
        }
        return members
    }
}

extension WorkflowDocument.SubflowInterface.Port {
    fileprivate var json: Value {
        var members = self.members
        members["name"] = .string(self.name)
        if members["type"]?.string?.uppercased() != self.type { members["type"] = .string(self.type) }
        members.replace("default_value", with: self.defaultValue, where: { $0.isNull })
        members.replace("required", with: .bool(self.isRequired), where: { $0.bool != true })
        members.replace("internal_node_id", with: self.internalNode.map(Value.string) ?? .null, where: { $0.isNull })
        members.replace("internal_port_name", with: self.internalPort.map(Value.string) ?? .null, where: { $0.isNull })
        return .object(members)
    }
}

extension WorkflowDocument.SubflowInterface.PromotedParameter {
    fileprivate var json: Value {
        var members = self.members
        members["name"] = .string(self.name)
        members["internal_node_id"] = .string(self.internalNode)
        members["internal_property_name"] = .string(self.internalProperty)
        members.replace("default_value", with: self.defaultValue, where: { $0.isNull })
        members.replace("required", with: .bool(self.isRequired), where: { $0.bool != true })
        return .object(members)
    }
}

extension Object {
    /// Sets a member that differs from what is there; one that says no more than its absence is not added.
    fileprivate mutating func replace(_ key: String, with value: Value, where saysNothing: (Value) -> Bool) {
        guard self[key] != value, self[key] != nil || !saysNothing(value) else { return }
        self[key] = value
    }
}
