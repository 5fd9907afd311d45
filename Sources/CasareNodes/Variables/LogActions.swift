import CasareDomain
import CasareEngine

/// The log line of a `LogNode`.
enum LogActions {
    @Sendable static func log(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let message = Self.substitute(in: inputs.string("message"), context)
        var line = inputs.bool("include_node_id") ? "[\(context.nodeID)] \(message)" : message
        let data = inputs["data"]
        if !data.isNull { line += " | Data: \(data.displayText)" }
        context.log(Self.level(inputs.string("level")), line)
        return NodeResult(["message": .string(message)])
    }

    static func level(_ name: String) -> PureContext.LogLevel {
        PureContext.LogLevel(rawValue: name.lowercased()) ?? .info
    }

    /// Replaces `{name}` where there is a variable of that name; every other brace stays as it is.
    private static func substitute(in text: String, _ context: PureContext) -> String {
        guard text.utf8.contains(UInt8(ascii: "{")) else { return text }
        var result = ""
        var rest = text[...]
        while let open = rest.utf8.firstIndex(of: UInt8(ascii: "{")) {
            let inner = rest[rest.utf8.index(after: open)...]
            guard let close = inner.utf8.firstIndex(where: { $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "{") }),
                rest.utf8[close] == UInt8(ascii: "}"),
                let value = Self.variable(inner[..<close], context)
            else {
                result += rest[...open]
                rest = inner
                continue
            }
            result += rest[..<open]
            result += value.displayText
            rest = inner[inner.utf8.index(after: close)...]
        }
        return result + rest
    }

    private static func variable(_ name: Substring, _ context: PureContext) -> Value? {
        guard let first = name.unicodeScalars.first, first == "_" || first.properties.isAlphabetic else { return nil }
        return context.variable(String(name))
    }
}
