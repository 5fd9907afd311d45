package import CasareDomain

/// Tells exec ports from data ports, and resolves the other names that exec ports go by (workflow format §2).
package struct ExecPorts {
    /// The exec output that every node has, whatever its type declares.
    package static let usualOutput = "exec_out"
    /// The names that the exec input goes by.
    package static let inputs: Set<String> = ["exec_in", "in", "exec"]

    /// Other names of exec outputs. They count where the node has the port they stand for.
    static let aliases: [String: String] = [
        "exec": "exec_out", "next": "exec_out", "then": "true", "else": "false", "loop_body": "body",
        "done": "completed", "finish": "completed", "finished": "completed", "try": "try_body", "catch": "catch_body",
        "failure": "failed", "on_success": "success",
    ]
    /// Followed when a node fails, also of types that declare no such port (workflow format §8).
    static let errorPorts: Set<String> = ["error", "exec_error", "failed", "on_error", "invalid", "no_match"]
    /// The most branches that a Fork may have.
    private static let branchesMax = 10
    private static let casePrefix = "case_"
    private static let branchPrefix = "branch_"

    /// The exec output that a connection's source port means.
    ///
    /// A `catch` of a Try is `catch_body`, though a Try declares no such port: it leads to the Catch to pair with.
    ///
    /// - Returns: `nil` for a data port.
    package static func canonicalOutput(_ port: String, of type: NodeType, config: Object) -> String? {
        if port == Self.usualOutput || type.execOutputs.contains(port) { return port }
        switch type.structure {
        case .switch:
            if port == "default" { return port }
            if port.hasPrefix(Self.casePrefix) { return Self.caseOutput(port, cases: Self.cases(of: config)) }
        case .fork:
            if Self.isBranch(port) { return port }
        case .try:
            if port == "success" { return Self.usualOutput }
            if port == "catch" || port == "catch_body" { return "catch_body" }
        default:
            break
        }
        guard let canonical = Self.aliases[port], !Self.isDataOutput(port, of: type) else { return nil }
        return canonical == Self.usualOutput || type.execOutputs.contains(canonical) ? canonical : nil
    }

    /// The exec output that a connection leaves by; `nil` for a data connection.
    ///
    /// Beside what the source port alone says, a connection into an exec input is an exec connection when it leaves by
    /// one of the error ports, or when the source's ports are not known because its type is not supported.
    package static func canonicalOutput(
        of connection: WorkflowDocument.Connection, type: NodeType, config: Object
    ) -> String? {
        if let port = Self.canonicalOutput(connection.sourcePort, of: type, config: config) { return port }
        guard Self.inputs.contains(connection.targetPort) else { return nil }
        if Self.errorPorts.contains(connection.sourcePort) { return connection.sourcePort }
        if case .unsupported = type.behaviour { return connection.sourcePort }
        return nil
    }

    /// Every exec output that a node declares, its config taken into account.
    package static func outputs(of type: NodeType, config: Object) -> [String] {
        switch type.structure {
        case .switch:
            let cases = Self.cases(of: config) ?? []
            return cases.map { Self.casePrefix + $0 } + ["default"]
        case .fork:
            return (1...Self.branchCount(of: config)).map { "\(Self.branchPrefix)\($0)" }
        default:
            return type.execOutputs
        }
    }

    /// `case_<value>`, or the case at an index when no case has that value. Without a case for it the port is kept: it
    /// is an exec port that is never taken.
    private static func caseOutput(_ port: String, cases: [String]?) -> String {
        let label = port.dropFirst(Self.casePrefix.count)
        guard let cases, !cases.contains(where: { $0 == label }) else { return port }
        guard let index = Int(label), cases.indices.contains(index) else { return port }
        return Self.casePrefix + cases[index]
    }

    /// The cases of a Switch as they are compared; `nil` when they are known only at run time.
    private static func cases(of config: Object) -> [String]? {
        guard let value = config["cases"] else { return nil }
        if let list = value.list { return list.map(\.displayText) }
        guard let text = value.string, let parsed = try? Value(parsingJSON: text) else { return nil }
        return parsed.list?.map(\.displayText)
    }

    private static func isBranch(_ port: String) -> Bool {
        guard port.hasPrefix(Self.branchPrefix) else { return false }
        return Int(port.dropFirst(Self.branchPrefix.count)).map { $0 >= 1 && $0 <= Self.branchesMax } ?? false
    }

    private static func branchCount(of config: Object) -> Int {
        let given = config["branch_count"]
        let count = given?.int ?? given?.string.flatMap(Int.init) ?? 2
        return min(max(count, 1), Self.branchesMax)
    }

    private static func isDataOutput(_ port: String, of type: NodeType) -> Bool {
        type.outputs.contains { $0.name == port || $0.aliases.contains(port) }
    }
}
