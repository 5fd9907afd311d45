import CasareDomain
import CasareEngine
import CasareNodes

/// Node types as a page of documentation, made from their declarations.
enum NodesPage {
    /// The page that is checked in as `docs/nodes.md`.
    static var complete: String { Self.page(StandardNodes.catalogue.types) }

    static func page(_ types: [NodeType]) -> String {
        var families: [String] = []
        var members: [String: [NodeType]] = [:]
        for type in types {
            if members[type.family] == nil { families.append(type.family) }
            members[type.family, default: []].append(type)
        }
        let supported = types.count(where: \.isSupported)
        return [
            Self.head(supported: supported, unsupported: types.count - supported),
            Self.contents(families, members),
            families.map { Self.family($0, members[$0] ?? []) }.joined(separator: "\n"),
        ].joined(separator: "\n")
    }

    /// One type, under a heading of a level.
    static func section(_ type: NodeType, level: Int) -> String {
        var parts = [
            String(repeating: "#", count: level) + " \(type.name)\n",
            MarkdownText.inline(type.summary) + "\n",
        ]
        let facts = Self.facts(of: type)
        if !facts.isEmpty { parts.append(facts.map { "- \($0)\n" }.joined()) }
        if type.isSupported, !type.parameters.isEmpty { parts.append(Self.parameters(of: type)) }
        if type.isSupported, !type.outputs.isEmpty { parts.append(Self.outputs(of: type)) }
        return parts.joined(separator: "\n")
    }

    // MARK: The page

    private static func head(supported: Int, unsupported: Int) -> String {
        let effects = [NodeType.Effect.pure, .captured, .idempotent, .effect].map { effect in
            [MarkdownText.code(effect.rawValue), MarkdownText.inline(effect.durability)]
        }
        return """
            # Node types

            Made from the declarations in the code by `make docs`; a change here is lost. \
            `casarectl workflow nodes TYPE` shows one of them in a shell.

            \(supported) types run. \(unsupported) more are known: workflows that have them load, and such a node \
            fails with its reason when it is reached.

            - A parameter is set in the node's `config`, or delivered by a data connection to a port of the same name; \
            what a connection delivers wins. Templates such as `{{name}}` are allowed wherever a value is.
            - An output is read as `{{node_id.output}}`, or sent on by a data connection.
            - Every node has the exec input `exec_in`. The first exec output is the one that is usually followed.
            - `on_recovery` (`ask`, `retry`, `skip`, `fail`) is a config key of every node with the effect `effect`; \
            where a node has none, `settings.on_recovery` of its workflow holds.

            What the effects mean:

            \(MarkdownText.table(["effect", "in a run that must survive its robot"], effects))
            """
    }

    private static func contents(_ families: [String], _ members: [String: [NodeType]]) -> String {
        families.map { family in
            let types = members[family] ?? []
            let supported = types.filter(\.isSupported)
            let names = supported.map { "[\($0.name)](#\($0.name.lowercased()))" }.joined(separator: ", ")
            let rest = types.count - supported.count
            let count = rest == 0 ? "" : supported.isEmpty ? "\(rest) not supported" : "; \(rest) not supported"
            return "- **[\(family)](#\(Self.anchor(family)))**: \(names)\(count)\n"
        }.joined()
    }

    /// The anchor that GitHub gives a heading.
    private static func anchor(_ heading: String) -> String {
        String(
            heading.lowercased().compactMap { character in
                character == " " ? "-" : character.isLetter || character.isNumber || character == "-" ? character : nil
            })
    }

    private static func family(_ name: String, _ types: [NodeType]) -> String {
        let unsupported = types.filter { !$0.isSupported }
        var parts = ["## \(name)\n"]
        parts += types.filter(\.isSupported).map { Self.section($0, level: 3) }
        if !unsupported.isEmpty {
            parts.append("Known, but not supported:\n")
            parts.append(
                MarkdownText.table(
                    ["type", "also", "why"],
                    unsupported.map { type in
                        [
                            MarkdownText.code(type.name), Self.codes(type.aliases),
                            MarkdownText.inline(type.unsupportedReason ?? ""),
                        ]
                    }))
        }
        return parts.joined(separator: "\n")
    }

    // MARK: A type

    private static func facts(of type: NodeType) -> [String] {
        var facts: [String] = []
        if !type.aliases.isEmpty { facts.append("Also called: \(Self.codes(type.aliases))") }
        if let reason = type.unsupportedReason {
            facts.append("Not supported: \(MarkdownText.inline(reason))")
            return facts
        }
        let ports = type.execOutputs + type.openExecOutputs
        if ports != ["exec_out"] {
            facts.append("Exec outputs: \(ports.isEmpty ? "none" : Self.codes(ports))")
        }
        if type.effect != .pure || type.effectFor != nil {
            let cases = type.effectCases.map { entry in
                "\(MarkdownText.code("\(entry.parameter)=\(entry.value.displayText)")): "
                    + MarkdownText.code(entry.effect.rawValue)
            }
            facts.append(
                "Effect: \(MarkdownText.code(type.effect.rawValue))"
                    + (type.effectFor == nil ? "" : "; parameters may make it another")
                    + (cases.isEmpty ? "" : " (\(cases.joined(separator: ", ")))"))
        }
        if type.opensSession { facts.append(NodeType.sessionSentence) }
        return facts
    }

    private static func parameters(of type: NodeType) -> String {
        let rows = type.parameters.map { parameter in
            [
                MarkdownText.code(parameter.name) + (parameter.isRequired ? " (required)" : ""),
                parameter.type.rawValue,
                parameter.defaultValue.isNull ? "" : MarkdownText.code(parameter.defaultValue.jsonText(.spaced)),
                Self.description(of: parameter),
            ]
        }
        let prefixes = type.parameterPrefixes.map { prefix in
            prefix.isEmpty
                ? ["…", "any", "", "Parameters of any other name."]
                : ["`\(prefix)1`, `\(prefix)2`, …", "any", "", "As many as are given, in the order of their numbers."]
        }
        return MarkdownText.table(["parameter", "type", "default", ""], rows + prefixes)
    }

    private static func description(of parameter: NodeType.Parameter) -> String {
        var sentences = [MarkdownText.inline(parameter.documentation)]
        if !parameter.choices.isEmpty { sentences.append("One of \(parameter.choiceList(MarkdownText.code)).") }
        if let range = parameter.rangeText { sentences.append("\(range.prefix(1).uppercased())\(range.dropFirst()).") }
        if !parameter.aliases.isEmpty {
            let names = parameter.aliases.map { alias in
                MarkdownText.code(alias.name)
                    + (alias.scale == 1 ? "" : " (times \(Value.double(alias.scale).displayText))")
            }
            sentences.append("Also \(names.joined(separator: ", ")).")
        }
        if parameter.isVerbatim { sentences.append("Templates in it are values, not text.") }
        return sentences.filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static func outputs(of type: NodeType) -> String {
        let outputs = type.outputs.map { output in
            "\(MarkdownText.code(output.name)) \(output.type.rawValue)"
                + (output.aliases.isEmpty ? "" : " (also \(Self.codes(output.aliases)))")
        }
        return "Outputs: \(outputs.joined(separator: ", ")).\n"
    }

    private static func codes(_ names: [String]) -> String {
        names.map(MarkdownText.code).joined(separator: ", ")
    }
}
