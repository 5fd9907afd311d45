import CasareDomain

extension DocumentParser {
    /// - Returns: `nil` when there is no telling what the connections are.
    mutating func connections(
        of root: Object, alternateIDs: [String: String]
    ) -> [WorkflowDocument.Connection]? {
        guard let value = root["connections"], !value.isNull else { return [] }
        guard let items = value.list else {
            self.add(
                .error("INVALID_TYPE", "'connections' must be a list, but is \(value.kindName)", at: "connections"))
            return nil
        }
        guard items.count <= DocumentLimits.connectionsMax else {
            self.add(
                .error(
                    "LIMIT_EXCEEDED",
                    "The workflow's number of connections, \(items.count), exceeds maximum "
                        + "\(DocumentLimits.connectionsMax)", at: "connections",
                    suggestion: "Move parts of it into subflows"))
            return nil
        }
        return items.enumerated().compactMap { position, item in
            guard var connection = self.connection(of: item, position: position) else { return nil }
            connection.source = alternateIDs[connection.source] ?? connection.source
            connection.target = alternateIDs[connection.target] ?? connection.target
            return connection
        }
    }

    private mutating func connection(of item: Value, position: Int) -> WorkflowDocument.Connection? {
        let location = "connection:\(position)"
        guard let members = item.object else {
            self.add(
                .error(
                    "INVALID_TYPE", "Connection \(position) must be an object, but is \(item.kindName)", at: location))
            return nil
        }
        var ends: [String] = []
        for (field, pair, place) in [
            ("source_node", "out", 0), ("source_port", "out", 1), ("target_node", "in", 0), ("target_port", "in", 1),
        ] {
            if let text = Self.text(members[field]) ?? Self.text(Self.element(place, of: members[pair])) {
                ends.append(text)
            } else {
                self.add(
                    .error(
                        "MISSING_REQUIRED_FIELD", "Connection \(position) has no '\(field)'", at: location,
                        suggestion: "A connection has source_node, source_port, target_node and target_port"))
            }
        }
        guard ends.count == 4 else { return nil }
        for port in [ends[1], ends[3]] where DocumentLimits.exceeds(port, DocumentLimits.portNameCharactersMax) {
            self.add(
                .error(
                    "LIMIT_EXCEEDED",
                    "Connection \(position): the port name '\(DocumentLimits.shortened(port))' has "
                        + "\(port.unicodeScalars.count) characters, which exceeds maximum "
                        + "\(DocumentLimits.portNameCharactersMax)",
                    at: location))
        }
        return WorkflowDocument.Connection(
            source: ends[0], sourcePort: ends[1], target: ends[2], targetPort: ends[3], position: position,
            members: Self.usualMembers(of: members))
    }

    /// What was written about a connection, under the keys of the usual shape. The writer puts the values in.
    private static func usualMembers(of given: Object) -> Object {
        var members: Object = [:]
        for (key, value) in given {
            switch key {
            case "source_node", "source_port", "target_node", "target_port": members[key] = .null
            case "out": (members["source_node"], members["source_port"]) = (.null, .null)
            case "in": (members["target_node"], members["target_port"]) = (.null, .null)
            default: members[key] = value
            }
        }
        return members
    }

    /// An element of the `[node, port]` pairs of the editor's own format.
    private static func element(_ place: Int, of pair: Value?) -> Value? {
        guard let items = pair?.list, items.count == 2 else { return nil }
        return items[place]
    }
}
