import CasareDomain

extension DocumentValidator {
    /// What a subflow's interface names inside must be there (workflow format §1.4).
    mutating func checkInterface() {
        guard let interface = self.document.interface else { return }
        for (key, ports) in [("inputs", interface.inputs), ("outputs", interface.outputs)] {
            self.checkNames(ports.map(\.name), key, "port")
            for (position, port) in ports.enumerated() {
                self.checkInternal(port.internalNode, of: "Port '\(port.name)'", at: "\(key)[\(position)]")
            }
        }
        self.checkNames(interface.parameters.map(\.name), "parameters", "parameter")
        for (position, parameter) in interface.parameters.enumerated() {
            let location = "parameters[\(position)]"
            self.checkInternal(parameter.internalNode, of: "Parameter '\(parameter.name)'", at: location)
            guard let node = self.graph.positions[parameter.internalNode], !self.hasOpenPorts(node),
                self.parameter(parameter.internalProperty, of: node) == nil
            else { continue }
            self.add(
                .warning(
                    "UNKNOWN_CONFIG_KEY",
                    "Parameter '\(parameter.name)' sets '\(parameter.internalProperty)' of \(self.label(node)), "
                        + "which does not know that",
                    at: location))
        }
    }

    private mutating func checkInternal(_ node: String?, of what: String, at location: String) {
        guard let node, self.graph.positions[node] == nil else { return }
        let nearest = self.nearest(to: node, among: self.document.nodes.map(\.id))
        self.add(
            .warning(
                "UNKNOWN_NODE",
                "\(what) is about node '\(DocumentLimits.shortened(node))', but there is no node with that ID",
                at: location, suggestion: nearest.map { "Did you mean '\($0)'?" }))
    }

    private mutating func checkNames(_ names: [String], _ key: String, _ kind: String) {
        var seen: Set<String> = []
        for (position, name) in names.enumerated() where !seen.insert(name).inserted {
            self.add(
                .warning(
                    "DUPLICATE_PORT", "Two \(kind)s have the name '\(DocumentLimits.shortened(name))'",
                    at: "\(key)[\(position)]", suggestion: "Give each a name of its own"))
        }
    }
}
