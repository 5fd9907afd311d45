import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Testing

/// Every declared node type with input that no workflow should give: it runs or fails, but never takes the process
/// down.
@Suite(.timeLimit(.minutes(5))) struct EveryTypeTests {
    private static let names = StandardNodes.catalogue.types.compactMap { type -> String? in
        if case .unsupported = type.behaviour { return nil }
        return type.name
    }

    /// Families whose nodes connect to a server that a parameter names.
    private static let families: Set<String> = ["FTP", "Email", "HTTP and OAuth 2.0", "Database"]
    private static let placeParameters: Set<String> = [
        "host", "server", "url", "smtp_server", "imap_server", "webhook_url", "token_url", "introspection_url",
        "auth_url", "proxy",
    ]

    @Test(arguments: Self.names)
    func `without any config`(name: String) async throws {
        try await withRunFolder { folder in
            let failure = try await OneNodeRun(name, [:], in: folder.path).failure
            #expect(failure?.message.isEmpty != true)
        }
    }

    @Test(arguments: Self.names)
    func `with a value of a wrong kind in every parameter`(name: String) async throws {
        try await withRunFolder { folder in
            for parameter in Self.parameters(of: name) {
                for value in Self.wrongValues(for: parameter) {
                    let run = try await OneNodeRun(name, Self.config(name, parameter.name, value), in: folder.path)
                    guard run.isCompiled, !run.isStructure, run.failure?.kind != .timeout,
                        Self.misfits(value, parameter)
                    else { continue }
                    #expect(
                        run.failure?.message.contains(parameter.name) == true || run.failure?.type == "TypeError",
                        "\(parameter.name) = \(value): \(run.failure?.message ?? "it succeeded")")
                }
            }
        }
    }

    @Test(arguments: Self.names)
    func `with a wrong choice`(name: String) async throws {
        try await withRunFolder { folder in
            for parameter in Self.parameters(of: name, evenPlaces: true) where !parameter.choices.isEmpty {
                let config = Self.config(name, parameter.name, "no such choice")
                let run = try await OneNodeRun(name, config, in: folder.path)
                // What starts runs is configured for the server: in a run triggers pass through, and so does a join of
                // nothing.
                if Self.passesThrough(name) { continue }
                let wanted = "\(parameter.name) must be one of: \(parameter.choices.joined(separator: ", "))"
                let message = run.failure?.message ?? "it succeeded"
                // The nodes that do one of many things name it themselves.
                let isRefused = message.contains(wanted) || message.contains("Unknown action: no such choice")
                #expect(isRefused, "\(message)")
            }
        }
    }

    @Test(arguments: Self.names)
    func `with text that is too long`(name: String) async throws {
        let text = Value.string(String(repeating: "x", count: 20_000))
        try await withRunFolder { folder in
            for parameter in Self.parameters(of: name) where parameter.choices.isEmpty {
                switch parameter.type {
                case .integer, .number, .boolean: continue
                case .string, .list, .object, .any, .json: break
                }
                _ = try await OneNodeRun(name, Self.config(name, parameter.name, text), in: folder.path)
            }
        }
    }

    @Test(arguments: Self.names)
    func `with numbers that are none, endless, huge or below zero`(name: String) async throws {
        try await withRunFolder { folder in
            for parameter in Self.parameters(of: name) {
                switch parameter.type {
                case .integer, .number, .any, .json: break
                case .string, .boolean, .list, .object: continue
                }
                for value in Self.numbers(for: parameter) {
                    _ = try await OneNodeRun(name, Self.config(name, parameter.name, value), in: folder.path)
                }
            }
        }
    }

    private static func passesThrough(_ name: String) -> Bool {
        switch RunFolder.type(name).behaviour {
        case .structure(.trigger), .structure(.join): true
        case .structure, .pure, .perform, .unsupported: false
        }
    }

    /// Two that each type cannot take; there are thousands of parameters.
    private static func wrongValues(for parameter: NodeType.Parameter) -> [Value] {
        switch parameter.type {
        case .integer, .number: ["no such thing", [1, [.null]]]
        case .boolean: ["no such thing", ["a": ["b": 1]]]
        case .list: [5, ["a": ["b": 1]]]
        case .object: ["no such thing", [1, [.null]]]
        case .string, .any, .json: [true, [1, [.null]]]
        }
    }

    private static func numbers(for parameter: NodeType.Parameter) -> [Value] {
        switch parameter.type {
        case .integer: [1e308, .int(.max), .int(.min), 0.5]
        case .string, .number, .any, .json, .boolean, .list, .object: [.double(.nan), 1e308, .int(.min)]
        }
    }

    private static func misfits(_ value: Value, _ parameter: NodeType.Parameter) -> Bool {
        switch parameter.type {
        case .integer, .number: value == "no such thing" || value.list != nil || value.object != nil || value == true
        case .boolean: value == "no such thing" || value.list != nil || value.object != nil
        case .list: value == "no such thing" || value.object != nil || value == 5 || value == true
        case .object: value == "no such thing" || value.list != nil || value == 5 || value == true
        case .string, .any, .json: false
        }
    }

    /// - Parameter evenPlaces: Also those that say where something is on the network.
    private static func parameters(of name: String, evenPlaces: Bool = false) -> [NodeType.Parameter] {
        let type = RunFolder.type(name)
        return type.parameters.filter {
            evenPlaces || !Self.families.contains(type.family) || !Self.placeParameters.contains($0.name)
        }
    }

    /// What the node cannot do without, in a harmless form, and one parameter's value.
    private static func config(_ name: String, _ parameter: String, _ value: Value) -> Object {
        let type = RunFolder.type(name)
        var config: Object = [:]
        for parameter in type.parameters {
            if Self.families.contains(type.family), Self.placeParameters.contains(parameter.name) {
                // Nothing listens there, and the policy lets nobody ask.
                config[parameter.name] = parameter.name.hasSuffix("url") ? "http://127.0.0.1:1/" : "127.0.0.1"
            } else if parameter.isRequired {
                switch parameter.type {
                case .string, .any, .json: config[parameter.name] = "x"
                case .integer, .number: config[parameter.name] = 1
                case .boolean: config[parameter.name] = true
                case .list: config[parameter.name] = [1]
                case .object: config[parameter.name] = ["x": 1]
                }
            } else if Self.families.contains(type.family), parameter.name.hasSuffix("port"),
                parameter.range?.contains(1) != false
            {
                config[parameter.name] = 1
            }
        }
        config[parameter] = .some(value)
        return config
    }
}
