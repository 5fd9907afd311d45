import CasareDomain
import CasareEngine

extension NodeType {
    static let columns: [Column<NodeType>] = [
        Column("name") { .text($0.name) },
        Column("family") { .text($0.family) },
        Column("effect") { .text($0.isSupported ? $0.effect.rawValue : nil) },
        Column("supported") { .flag($0.isSupported) },
        Column("summary", shrinks: true) { .text($0.summary) },
        Column("aliases", wide: true) { Self.names($0.aliases) },
        Column("parameters", wide: true) { Self.names($0.parameters.map(\.name)) },
        Column("outputs", wide: true) { Self.names($0.outputs.map(\.name)) },
        Column("exec_outputs", wide: true) { Self.names($0.execOutputs + $0.openExecOutputs) },
    ]

    func presentation() -> Presentation {
        Presentation(single: self, columns: Self.columns, name: self.name, json: self.json, sheet: self.sheet)
    }

    private var sheet: Sheet {
        var sheet = Sheet("\(self.name): \(self.summary)", tone: self.isSupported ? .heading : .attention)
        sheet.add("family", .text(self.family))
        sheet.add("aliases", Self.names(self.aliases))
        sheet.add("not supported", .text(self.unsupportedReason))
        guard self.isSupported else { return sheet }
        sheet.add(
            "effect", .text("\(self.effect.rawValue)\(self.effectFor == nil ? "" : "; parameters may make it another")")
        )
        sheet.add("durability", .text(self.effect.durability))
        sheet.add("session", .text(self.opensSession ? Self.sessionSentence : nil))
        sheet.add("exec inputs", .text("exec_in"))
        let execOutputs = self.execOutputs + self.openExecOutputs
        sheet.add("exec outputs", .text(execOutputs.isEmpty ? "none" : execOutputs.joined(separator: ", ")))
        let aliases = self.execAliases.map { "\($0.port): \($0.names.joined(separator: ", "))" }
        sheet.add("exec aliases", .text(aliases.joined(separator: "; ")))
        self.addParameters(to: &sheet)
        if !self.outputs.isEmpty {
            sheet.sections.append(
                .lines(
                    title: "Outputs, as {{node_id.name}} or by a data connection",
                    self.outputs.map { output in
                        "\(output.name)  \(output.type.rawValue)"
                            + (output.aliases.isEmpty ? "" : ", also \(output.aliases.joined(separator: ", "))")
                    }))
        }
        self.addEffects(to: &sheet)
        return sheet
    }

    static let sessionSentence =
        "It keeps something open in the run; a run that goes on elsewhere opens it again before anything new."

    private func addParameters(to sheet: inout Sheet) {
        let prefixes = self.parameterPrefixes.map { prefix in
            prefix.isEmpty ? "any other name" : "\(prefix)1, \(prefix)2, …"
        }
        guard !self.parameters.isEmpty || !prefixes.isEmpty else { return }
        let lines = self.parameters.flatMap { parameter in
            ["\(parameter.name)  \(parameter.facts.joined(separator: "; "))"]
                + (parameter.documentation.isEmpty ? [] : ["    \(parameter.documentation)"])
        }
        sheet.sections.append(
            .lines(
                title: "Parameters, in config or by a data connection to a port of the same name",
                lines + prefixes.map { "and \($0)" }))
    }

    private func addEffects(to sheet: inout Sheet) {
        let cases = self.effectCases
        guard !cases.isEmpty else { return }
        sheet.sections.append(
            .fields(
                title: "Effect by parameter",
                cases.map { entry in
                    Sheet.Field(
                        label: "\(entry.parameter) = \(entry.value.displayText)", cell: .text(entry.effect.rawValue))
                }))
    }

    private static func names(_ names: [String]) -> Cell {
        names.isEmpty ? .empty : .text(names.joined(separator: ", "))
    }
}

extension NodeType.Parameter {
    /// What there is to know beside name and documentation, in short phrases; the type comes first.
    var facts: [String] {
        var facts = [self.type.rawValue]
        if self.isRequired { facts.append("required") }
        if !self.defaultValue.isNull { facts.append("default \(self.defaultValue.jsonText(.spaced))") }
        if !self.choices.isEmpty { facts.append("one of \(self.choiceList { $0 })") }
        if let range = self.rangeText { facts.append(range) }
        facts += self.aliases.map(\.text)
        if self.isVerbatim { facts.append("templates in it are values, not text") }
        return facts
    }

    /// `Read File (also Read), Write File`, each text as `written` has it.
    func choiceList(_ written: (String) -> String) -> String {
        self.choices.map { choice in
            let others = (self.choiceAliases[choice] ?? []).map(written).joined(separator: ", ")
            return written(choice) + (others.isEmpty ? "" : " (also \(others))")
        }.joined(separator: ", ")
    }

    var rangeText: String? {
        guard let range = self.range else { return nil }
        let low = range.lowerBound.isFinite ? Value.double(range.lowerBound).displayText : nil
        let high = range.upperBound.isFinite ? Value.double(range.upperBound).displayText : nil
        switch (low, high) {
        case (let low?, let high?): return "\(low) to \(high)"
        case (let low?, nil): return "at least \(low)"
        case (nil, let high?): return "at most \(high)"
        case (nil, nil): return nil
        }
    }
}

extension NodeType.Parameter.Alias {
    /// `also delay_ms, times 0.001`
    var text: String {
        "also \(self.name)" + (self.scale == 1 ? "" : ", times \(Value.double(self.scale).displayText)")
    }
}
