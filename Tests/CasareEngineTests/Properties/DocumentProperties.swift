import CasareDomain
import CasareEngine
import Testing

/// Whatever a file holds, it is a document or there are issues that say why not; and a document is written as it reads.
struct DocumentProperties {
    private static let types = [
        "LogNode", "SetVariableNode", "IfNode", "SwitchNode", "ForLoopStartNode", "ForLoopEndNode", "TryNode",
        "CatchNode",
        "FinallyNode", "RetryNode", "ForkNode", "JoinNode", "SubflowNode", "StartNode", "EndNode",
        "ScheduleTriggerNode",
        "ClickNode", "RerouteNode", "VisualLogNode", "Log", "x.VisualLogNode", "NoSuchNode", "",
    ]
    private static let ports = [
        "exec_out", "exec_in", "true", "false", "body", "completed", "try_body", "catch", "case_0", "branch_1", "error",
        "value", "current_item", "exec", "next", "in", "",
    ]
    private static let ids = ["a", "b", "c", "d", "e-1", "größe", "1", ""]
    private static let configKeys = [
        "message", "variable_name", "value", "condition", "cases", "items", "paired_start_id", "paired_catch_id",
        "paired_try_id", "paired_join_id", "on_recovery", "_disabled", "label", "subflow_path", "branch_count", "level",
    ]

    /// Mostly in shape, with something odd here and there.
    private static func document(_ generator: inout Generator) -> Value {
        var root: Object = ["metadata": generator.chance(oneIn: 8) ? generator.value() : ["name": "n", "keep": 1]]
        root["nodes"] = Self.nodes(&generator)
        root["connections"] =
            generator.chance(oneIn: 15)
            ? generator.value() : .list((0..<generator.int(0...6)).map { _ in Self.connection(&generator) })
        if generator.chance(oneIn: 3) {
            root["variables"] =
                generator.chance(oneIn: 2)
                ? ["v": generator.value(), "w": ["default_value": generator.value(), "readonly": true, "keep": 1]]
                : generator.value()
        }
        if generator.chance(oneIn: 3) {
            root["settings"] = ["timeout": generator.value(depth: 0), "retry_count": generator.value(depth: 0)]
        }
        if generator.chance(oneIn: 5) {
            for key in ["inputs", "outputs"] {
                root[key] = .list([["name": "p", "type": "any", "internal_node_id": "a", "keep": generator.value()]])
            }
            root["parameters"] = [
                ["name": "q", "internal_node_id": "b", "internal_property_name": "message", "min_value": 1]
            ]
        }
        if generator.chance(oneIn: 6) { root["subflows"] = ["s.json": ["nodes": Self.nodes(&generator)]] }
        if generator.chance(oneIn: 4) { root[generator.word()] = generator.value() }
        return .object(root)
    }

    private static func nodes(_ generator: inout Generator) -> Value {
        if generator.chance(oneIn: 20) { return generator.value() }
        let nodes = (0..<generator.int(0...6)).map { _ in (generator.pick(Self.ids), Self.node(&generator)) }
        return generator.chance(oneIn: 6) ? .list(nodes.map(\.1)) : .object(Object(nodes))
    }

    private static func node(_ generator: inout Generator) -> Value {
        if generator.chance(oneIn: 25) { return generator.value() }
        var node: Object = [:]
        node[generator.pick(["node_type", "node_type", "node_type", "type", "type_"])] =
            generator.chance(oneIn: 30) ? generator.value() : .string(generator.pick(Array(Self.types.prefix(20))))
        if generator.chance(oneIn: 3) {
            node[generator.pick(["node_id", "id"])] = .string(generator.pick(Self.ids))
        }
        let config = Object(
            (0..<generator.int(0...3)).map { _ in (generator.pick(Self.configKeys), generator.value(depth: 2)) })
        node[generator.pick(["config", "config", "properties", "custom"])] = .object(config)
        if generator.chance(oneIn: 4) { node["position"] = generator.value(depth: 2) }
        if generator.chance(oneIn: 4) { node[generator.word()] = generator.value(depth: 1) }
        return .object(node)
    }

    private static func connection(_ generator: inout Generator) -> Value {
        let ids = Self.ids
        let ports = Self.ports
        func end() -> [Value] { [.string(generator.pick(ids)), .string(generator.pick(ports))] }
        if generator.chance(oneIn: 5) { return ["out": .list(end()), "in": .list(end()), "keep": true] }
        let (source, target) = (end(), end())
        return [
            "source_node": source[0], "source_port": source[1], "target_node": target[0], "target_port": target[1],
        ]
    }

    private static func check(_ json: Value) throws {
        let (document, issues) = WorkflowDocument.parse(json)
        guard let document else {
            #expect(issues.contains { $0.isError }, "\(json.jsonText())")
            return
        }
        let written = document.json
        let (again, _) = WorkflowDocument.parse(written)
        let second = try #require(again, "\(json.jsonText())")
        #expect(second.json.jsonText() == written.jsonText(), "\(json.jsonText())")
        #expect(second.nodes.map(\.config) == document.nodes.map(\.config))
        let found = document.validate(against: DocumentFixtures.catalogue)
        #expect(second.validate(against: DocumentFixtures.catalogue).map(\.code) == found.map(\.code))
        let program = Result { () throws(ProgramError) in
            try Program(document, catalogue: DocumentFixtures.catalogue)
        }
        if case .success = program { #expect(!found.contains { $0.isError }) }
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `any document is read or refused, and written as it reads`(seed: UInt64) throws {
        var generator = Generator(seed: 700 + seed)
        for _ in 0..<1000 {
            try Self.check(Self.document(&generator))
        }
    }

    @Test(arguments: 0..<2 as Range<UInt64>)
    func `damaged files are read or refused`(seed: UInt64) throws {
        var generator = Generator(seed: 800 + seed)
        for _ in 0..<1000 {
            let text = Self.document(&generator).jsonText()
            let bytes = generator.mutated(text, with: ["{", "}", "\"", ",", "null", "\"nodes\":", "[", "]", "1"])
            let (json, issues) = WorkflowDocument.read(text: String(decoding: bytes, as: UTF8.self))
            guard let json else {
                #expect(issues.map(\.code) == ["INVALID_JSON"])
                continue
            }
            try Self.check(json)
        }
    }
}
