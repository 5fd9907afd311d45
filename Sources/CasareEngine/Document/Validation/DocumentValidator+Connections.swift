import CasareDomain

extension DocumentValidator {
    mutating func checkConnections() {
        var seen: Set<[String]> = []
        for (position, connection) in self.document.connections.enumerated() {
            let ends = [connection.source, connection.sourcePort, connection.target, connection.targetPort]
            if !seen.insert(ends).inserted {
                self.add(
                    .warning(
                        "DUPLICATE_CONNECTION", "\(Self.label(connection)) is there twice",
                        at: Self.location(connection), suggestion: "Remove one of the two"))
                continue
            }
            self.checkEnds(of: connection)
            if connection.source == connection.target {
                // An exec connection is reported as a circle as well, as recorded of the original (probe p55).
                self.add(
                    .error(
                        "SELF_CONNECTION",
                        "\(Self.label(connection)) leads from the node back to itself",
                        at: Self.location(connection), suggestion: "Remove it; to repeat something, use a loop"))
            } else {
                self.checkPorts(of: connection, execPort: self.graph.execPorts[position])
            }
        }
    }

    private static func label(_ connection: WorkflowDocument.Connection) -> String {
        "Connection \(connection.position), \(DocumentLimits.shortened(connection.source)).\(connection.sourcePort) → "
            + "\(DocumentLimits.shortened(connection.target)).\(connection.targetPort),"
    }

    private static func location(_ connection: WorkflowDocument.Connection) -> String {
        "connection:\(connection.position)"
    }

    private mutating func checkEnds(of connection: WorkflowDocument.Connection) {
        for (end, id) in [("comes from", connection.source), ("leads to", connection.target)]
        where self.graph.positions[id] == nil {
            let nearest = self.nearest(to: id, among: self.document.nodes.map(\.id))
            self.add(
                .error(
                    "ORPHANED_CONNECTION",
                    "Connection \(connection.position) \(end) '\(DocumentLimits.shortened(id))', "
                        + "but there is no node with that ID",
                    at: Self.location(connection),
                    suggestion: nearest.map { "Did you mean '\($0)'? If not, remove the connection" }
                        ?? "Remove the connection, or add the node"))
        }
    }

    private mutating func checkPorts(of connection: WorkflowDocument.Connection, execPort: String?) {
        guard let source = self.graph.positions[connection.source], let target = self.graph.positions[connection.target]
        else { return }
        if let execPort {
            self.checkExecSource(source, port: execPort, of: connection)
            if !ExecPorts.inputs.contains(connection.targetPort) {
                self.addUnknownPort(
                    connection,
                    "is an exec connection that ends at no exec input; it runs \(self.label(target)) all the same",
                    suggestion: "Let it end at 'exec_in'")
            } else if self.graph.structure(target) == .start {
                self.addUnknownPort(
                    connection, "leads to \(self.label(target)), which has no exec input; it runs it all the same",
                    suggestion: "Lead it to the node after the start")
            }
            return
        }
        let knownSource = self.checkDataSource(source, of: connection, into: target)
        if knownSource, !ExecPorts.inputs.contains(connection.targetPort) {
            self.checkDataTarget(target, of: connection)
        }
    }

    /// Ports that depend on config may be missing for this config.
    private mutating func checkExecSource(
        _ source: Int, port: String, of connection: WorkflowDocument.Connection
    ) {
        guard let type = self.graph.types[source] else { return }
        let config = self.document.nodes[source].config
        switch type.structure {
        case .switch:
            // Cases from a template are known only at run time.
            guard config["cases"]?.list != nil else { return }
        case .fork:
            if config["branch_count"]?.string != nil { return }
        default:
            return
        }
        let outputs = ExecPorts.outputs(of: type, config: config)
        if !outputs.contains(port), port != ExecPorts.usualOutput {
            self.addUnknownPort(
                connection, "leaves \(self.label(source)) by a port that its config does not give it",
                suggestion: "Its ports are \(Self.list(outputs))")
        }
    }

    /// - Returns: Whether the source is known to have the port, or its ports are not known.
    private mutating func checkDataSource(
        _ source: Int, of connection: WorkflowDocument.Connection, into target: Int
    ) -> Bool {
        guard let type = self.graph.types[source], !self.document.nodes[source].isDisabled,
            !self.hasOpenPorts(source)
        else { return true }
        let isExecInput = ExecPorts.inputs.contains(connection.targetPort)
        let isDeclared = type.outputs.contains {
            $0.name == connection.sourcePort || $0.aliases.contains(connection.sourcePort)
        }
        if isDeclared {
            if isExecInput, self.parameter(connection.targetPort, of: target) == nil {
                self.addUnknownPort(
                    connection, "leads from a data output to an exec input, and does not run \(self.label(target))",
                    suggestion: "Start at an exec output such as 'exec_out', or end at a data input")
            }
            return true
        }
        if ExecPorts.errorPorts.contains(connection.sourcePort), !self.hasOpenPorts(target),
            self.parameter(connection.targetPort, of: target) == nil
        {
            self.addUnknownPort(
                connection, "ends at a port that \(self.label(target)) does not have, and does not run it",
                suggestion: "Let it end at 'exec_in'")
            return false
        }
        let outputs = ExecPorts.outputs(of: type, config: self.document.nodes[source].config) + type.outputs.map(\.name)
        let nearest = self.nearest(to: connection.sourcePort, among: outputs)
        self.addUnknownPort(
            connection,
            "leaves \(self.label(source)) by a port that it does not have; "
                + (isExecInput ? "it does not run \(self.label(target))" : "it delivers nothing"),
            suggestion: nearest.map { "Did you mean '\($0)'?" } ?? "Its outputs are \(Self.list(outputs, max: 12))")
        return false
    }

    private mutating func checkDataTarget(_ target: Int, of connection: WorkflowDocument.Connection) {
        guard let type = self.graph.types[target], !self.document.nodes[target].isDisabled, !self.hasOpenPorts(target),
            self.parameter(connection.targetPort, of: target) == nil
        else { return }
        let inputs = type.parameters.map(\.name)
        let nearest = self.nearest(to: connection.targetPort, among: inputs)
        self.addUnknownPort(
            connection, "ends at a port that \(self.label(target)) does not know, and may go unused",
            suggestion: nearest.map { "Did you mean '\($0)'?" }
                ?? (inputs.isEmpty ? "It takes no data" : "Its inputs are \(Self.list(inputs, max: 12))"))
    }

    private mutating func addUnknownPort(
        _ connection: WorkflowDocument.Connection, _ what: String, suggestion: String
    ) {
        self.add(
            .warning(
                "UNKNOWN_PORT", "\(Self.label(connection)) \(what)", at: Self.location(connection),
                suggestion: suggestion))
    }
}
