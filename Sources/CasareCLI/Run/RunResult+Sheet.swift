import CasareDomain

extension Sheet {
    /// What a run left behind, for people: failed nodes, logs, variables, and the trace when it was recorded.
    mutating func add(_ result: RunResult) {
        if !result.nodeErrors.isEmpty {
            self.sections.append(
                .table(
                    title: "Failed nodes",
                    [
                        Heading(key: "node", isWide: false, canShrink: false),
                        Heading(key: "type", isWide: false, canShrink: false),
                        Heading(key: "error", isWide: false, canShrink: true),
                    ],
                    result.nodeErrors.map { [.text($0.node), .text($0.type), .text($0.error)] }))
        }
        if !result.logs.isEmpty {
            self.sections.append(.lines(title: "Logs", result.logs))
        }
        self.add(result.variables, titled: "Variables")
        if let trace = result.trace {
            self.sections.append(.lines(title: "Trace", [trace.joined(separator: " → ")]))
        }
        if let outputs = result.nodeOutputs {
            self.add(outputs, titled: "Node outputs")
        }
    }

    mutating func add(_ values: Object, titled title: String) {
        guard !values.isEmpty else { return }
        self.sections.append(
            .fields(title: title, values.map { Field(label: $0.key, cell: .text(Self.text(of: $0.value))) }))
    }

    /// Text as it is, everything else as JSON.
    private static func text(of value: Value) -> String {
        value.string ?? value.jsonText(.compact)
    }
}
