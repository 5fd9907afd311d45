/// Takes reroute nodes out of a document: they are bends in a wire that somebody drew (workflow format §1.3).
enum Reroutes {
    /// Leads every connection into a reroute node on to where the wire ends, through chains of them, in the order of
    /// the connections.
    ///
    /// - Returns: An issue when wires that split and join again become more connections than a document may have.
    static func remove(from document: inout WorkflowDocument) -> ValidationIssue? {
        // What is the same for all nodes of a type is found once.
        let types = Set(document.nodes.map(\.type)).filter { $0.contains("Reroute") }
        guard !types.isEmpty else { return nil }
        let reroutes = Set(document.nodes.filter { types.contains($0.type) }.map(\.id))
        let outgoing = Dictionary(grouping: document.connections.filter { reroutes.contains($0.source) }, by: \.source)
        var connections: [WorkflowDocument.Connection] = []
        for connection in document.connections where !reroutes.contains(connection.source) {
            if reroutes.contains(connection.target) {
                connections += Self.ends(of: connection, outgoing: outgoing, reroutes: reroutes)
            } else {
                connections.append(connection)
            }
            guard connections.count <= DocumentLimits.connectionsMax else {
                return .error(
                    "LIMIT_EXCEEDED",
                    "With reroute nodes taken out, the workflow's number of connections exceeds maximum "
                        + "\(DocumentLimits.connectionsMax)",
                    at: "connections", suggestion: "Connect fewer nodes through each reroute node")
            }
        }
        document.connections = connections
        document.nodes.removeAll { reroutes.contains($0.id) }
        return nil
    }

    /// The connections that one into a reroute node stands for. Each reroute node is passed once, so circles end.
    private static func ends(
        of connection: WorkflowDocument.Connection, outgoing: [String: [WorkflowDocument.Connection]],
        reroutes: Set<String>
    ) -> [WorkflowDocument.Connection] {
        var found: [WorkflowDocument.Connection] = []
        var passed: Set<String> = [connection.target]
        // A stack with the first connection on top keeps the order of the file.
        var open = Array((outgoing[connection.target] ?? []).reversed())
        while let piece = open.popLast() {
            if !reroutes.contains(piece.target) {
                var whole = connection
                whole.target = piece.target
                whole.targetPort = piece.targetPort
                found.append(whole)
            } else if passed.insert(piece.target).inserted {
                open += (outgoing[piece.target] ?? []).reversed()
            }
        }
        return found
    }
}
