/// What a run of a workflow produced: the same object from `run`, `submit --wait` and `job get`.
public struct RunResult: Hashable, Sendable {
    public struct NodeError: Hashable, Sendable {
        public let node: String
        public let error: String
        public let type: String

        public init(node: String, error: String, type: String) {
            self.node = node
            self.error = error
            self.type = type
        }
    }

    public var success: Bool
    /// The message of the error that ended the run.
    public var error: String?
    /// The variables at the end, without those whose names begin with `_`.
    public var variables: Object
    /// What log nodes wrote, in order.
    public var logs: [String]
    public var nodeErrors: [NodeError]
    /// IDs of executed nodes in order, with repeats; only when it was asked for.
    public var trace: [String]?
    /// Each executed node's last non-null outputs; only when it was asked for.
    public var nodeOutputs: Object?

    public init(
        success: Bool, error: String?, variables: Object, logs: [String], nodeErrors: [NodeError],
        trace: [String]? = nil, nodeOutputs: Object? = nil
    ) {
        self.success = success
        self.error = error
        self.variables = variables
        self.logs = logs
        self.nodeErrors = nodeErrors
        self.trace = trace
        self.nodeOutputs = nodeOutputs
    }
}

extension RunResult {
    /// The published JSON shape.
    public var json: Object {
        var json: Object = [
            "success": .bool(self.success),
            "error": self.error.map(Value.string) ?? .null,
            "variables": .object(self.variables),
            "logs": .list(self.logs.map(Value.string)),
            "node_errors": .list(
                self.nodeErrors.map {
                    ["node": .string($0.node), "error": .string($0.error), "type": .string($0.type)]
                }),
        ]
        if let trace {
            json["trace"] = .list(trace.map(Value.string))
        }
        if let nodeOutputs {
            json["node_outputs"] = .object(nodeOutputs)
        }
        return json
    }

    /// Reads the published JSON shape; `nil` when `success` is missing. Other missing members are empty.
    public init?(json: Value) {
        guard let success = json["success"]?.bool else { return nil }
        self.init(
            success: success,
            error: json["error"]?.string,
            variables: json["variables"]?.object ?? [:],
            logs: json["logs"]?.list?.compactMap(\.string) ?? [],
            nodeErrors: json["node_errors"]?.list?.compactMap { entry in
                guard let node = entry["node"]?.string, let error = entry["error"]?.string else { return nil }
                return NodeError(node: node, error: error, type: entry["type"]?.string ?? "NodeError")
            } ?? [],
            trace: json["trace"]?.list?.compactMap(\.string),
            nodeOutputs: json["node_outputs"]?.object)
    }
}
