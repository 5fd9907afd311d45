import CasareDomain

extension DocumentParser {
    /// The data types that ports declare.
    private static let dataTypes: Set<String> = [
        "STRING", "NUMBER", "INTEGER", "FLOAT", "BOOLEAN", "LIST", "DICT", "ANY", "ELEMENT", "PAGE", "BROWSER",
        "DB_CONNECTION", "WORKBOOK", "WORKSHEET", "DOCUMENT", "WINDOW", "DESKTOP_ELEMENT", "OBJECT", "BYTES", "EXEC",
    ]

    /// A subflow file's interface (workflow format §1.4); `nil` for a file that declares none.
    mutating func interface(of root: Object) -> WorkflowDocument.SubflowInterface? {
        guard ["inputs", "outputs", "parameters"].contains(where: { root[$0]?.isNull == false }) else { return nil }
        return WorkflowDocument.SubflowInterface(
            inputs: self.ports("inputs", of: root), outputs: self.ports("outputs", of: root),
            parameters: self.promotedParameters(of: root))
    }

    private mutating func ports(_ key: String, of root: Object) -> [WorkflowDocument.SubflowInterface.Port] {
        self.elements(key, of: root).compactMap { position, members in
            let location = "\(key)[\(position)]"
            guard let name = Self.text(members["name"]) else {
                self.addMissing("name", at: location)
                return nil
            }
            if !Self.isPortName(name) {
                self.add(
                    .warning(
                        "INVALID_PORT_NAME",
                        "Port '\(DocumentLimits.shortened(name))' has a name that templates cannot use",
                        at: location, suggestion: "Use letters, digits and _, and begin with a letter or _"))
            }
            let type = Self.text(members["type"])?.uppercased()
            if type == nil || !Self.dataTypes.contains(type ?? "") {
                self.add(
                    .warning(
                        "INVALID_PORT_TYPE",
                        type.map { "Port '\(name)' has the unknown type \(DocumentLimits.shortened($0))" }
                            ?? "Port '\(name)' has no type",
                        at: location, suggestion: "Say STRING, INTEGER, FLOAT, BOOLEAN, LIST, DICT or ANY"))
            }
            return WorkflowDocument.SubflowInterface.Port(
                name: name, type: type ?? "ANY", defaultValue: members["default_value"] ?? .null,
                isRequired: members["required"]?.bool ?? false, internalNode: Self.text(members["internal_node_id"]),
                internalPort: Self.text(members["internal_port_name"]), members: members)
        }
    }

    /// Port names are plain identifiers (workflow format §1.1).
    private static func isPortName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first < 0x80, PathScanner.beginsName(first) else { return false }
        return name.utf8.count <= DocumentLimits.interfacePortNameCharactersMax
            && name.utf8.allSatisfy { $0 < 0x80 && PathScanner.continuesName($0) }
    }

    private mutating func promotedParameters(
        of root: Object
    ) -> [WorkflowDocument.SubflowInterface.PromotedParameter] {
        self.elements("parameters", of: root).compactMap { position, members in
            var texts: [String] = []
            for field in ["name", "internal_node_id", "internal_property_name"] {
                if let text = Self.text(members[field]) {
                    texts.append(text)
                } else {
                    self.addMissing(field, at: "parameters[\(position)]")
                }
            }
            guard texts.count == 3 else { return nil }
            return WorkflowDocument.SubflowInterface.PromotedParameter(
                name: texts[0], internalNode: texts[1], internalProperty: texts[2],
                defaultValue: members["default_value"] ?? .null, isRequired: members["required"]?.bool ?? false,
                choices: members["choices"]?.list?.map(\.displayText) ?? [], range: Self.range(of: members),
                members: members)
        }
    }

    private static func range(of members: Object) -> ClosedRange<Double>? {
        let low = members["min_value"]?.double
        let high = members["max_value"]?.double
        guard low != nil || high != nil, (low ?? -.infinity) <= (high ?? .infinity) else { return nil }
        return (low ?? -.infinity)...(high ?? .infinity)
    }

    private mutating func elements(_ key: String, of root: Object) -> [(position: Int, members: Object)] {
        guard let value = root[key], !value.isNull else { return [] }
        guard let items = value.list else {
            self.add(.error("INVALID_TYPE", "'\(key)' must be a list, but is \(value.kindName)", at: key))
            return []
        }
        return items.enumerated().compactMap { position, item in
            if let members = item.object { return (position, members) }
            self.add(
                .error(
                    "INVALID_TYPE", "'\(key)[\(position)]' must be an object, but is \(item.kindName)",
                    at: "\(key)[\(position)]"))
            return nil
        }
    }

    private mutating func addMissing(_ field: String, at location: String) {
        self.add(.error("MISSING_REQUIRED_FIELD", "'\(location)' has no '\(field)'", at: location))
    }
}
