import CasareDomain
import CasareEngine
import Testing

@Suite struct RerouteTests {
    @Test func `a chain of reroute nodes becomes one connection`() throws {
        let document = try Self.document(["a.exec_out r1.in", "r1.out r2.in", "r2.out b.exec_in"])
        #expect(document.nodes.map(\.id) == ["a", "b", "c"])
        #expect(document.wires == ["a.exec_out -> b.exec_in"])
    }

    @Test func `a wire that splits keeps the order of its ends`() throws {
        let document = try Self.document([
            "a.exec_out r1.in", "a.exec_out c.exec_in", "r1.out r2.in", "r1.out b.message", "r2.out b.exec_in",
        ])
        #expect(document.wires == ["a.exec_out -> b.exec_in", "a.exec_out -> b.message", "a.exec_out -> c.exec_in"])
    }

    @Test func `wires that join at a reroute node stay apart`() throws {
        let document = try Self.document(["a.exec_out r1.in", "b.exec_out r1.in", "r1.out c.exec_in"])
        #expect(document.wires == ["a.exec_out -> c.exec_in", "b.exec_out -> c.exec_in"])
    }

    @Test func `a wire that ends nowhere or runs in a circle is no connection`() throws {
        try #expect(Self.document(["a.exec_out r1.in", "r2.out b.exec_in"]).wires.isEmpty)
        try #expect(Self.document(["a.exec_out r1.in", "r1.out r2.in", "r2.out r1.in"]).wires.isEmpty)
    }

    @Test func `wires that double at every reroute node do not multiply`() throws {
        let layers = 200
        var nodes: Object = ["a": ["type": "LogNode"], "b": ["type": "LogNode"]]
        var connections: [Value] = [["out": ["a", "exec_out"], "in": ["r0", "in"]]]
        for layer in 0..<layers {
            nodes["r\(layer)"] = ["type": "RerouteNode"]
            let next: Value = layer + 1 < layers ? [.string("r\(layer + 1)"), "in"] : ["b", "exec_in"]
            connections += Array(repeating: ["out": [.string("r\(layer)"), "out"], "in": next], count: 2)
        }
        let (document, _) = WorkflowDocument.parse(["nodes": .object(nodes), "connections": .list(connections)])
        try #expect(#require(document).wires == Array(repeating: "a.exec_out -> b.exec_in", count: 2))
    }

    private static func document(_ wires: [String]) throws -> WorkflowDocument {
        let connections = wires.map { wire in
            let ends = wire.split(separator: " ").map { end in
                Value.list(end.split(separator: ".").map { .string(String($0)) })
            }
            return Value.object(["out": ends[0], "in": ends[1]])
        }
        let (document, issues) = WorkflowDocument.parse([
            "nodes": [
                "a": ["type": "LogNode"], "r1": ["type": "RerouteNode"], "b": ["type": "LogNode"],
                "r2": ["type_": "casare_rpa.utility.VisualRerouteNode"], "c": ["type": "LogNode"],
            ],
            "connections": .list(connections),
        ])
        return try #require(document, "\(issues)")
    }
}
