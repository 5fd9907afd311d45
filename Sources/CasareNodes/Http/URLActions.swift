import CasareDomain
import CasareEngine
import NIOHTTP1

/// What the nodes do that prepare requests and read answers without making any.
enum URLActions {
    @Sendable static func build(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let base = inputs.string("base_url").trimmed
        guard !base.isEmpty else { throw .value("base_url is required") }
        let place = base[...].prefix(upToAnyOf: "?#")
        let query = base[place.endIndex...].prefix(upToAnyOf: "#")
        let fragment = base[query.endIndex...]
        var url = String(place)
        let path = inputs.string("path").trimmed
        if !path.isEmpty {
            while url.hasSuffix("/") { url.removeLast() }
            url += "/" + Substring(path.unicodeScalars.drop { $0 == "/" })
        }
        url += query
        let parameters = PercentCoding.form(inputs["params"].object ?? [:])
        if !parameters.isEmpty {
            let last = url.unicodeScalars.last
            let joint = !url.unicodeScalars.contains("?") ? "?" : last == "?" || last == "&" ? "" : "&"
            url += joint + parameters
        }
        return NodeResult(["url": .string(url + fragment)])
    }

    @Sendable static func setHeaders(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        var headers = try HeaderSet(inputs["base_headers"], of: "base_headers")
        headers.add(try HeaderSet(inputs["headers_json"], of: "headers_json"))
        let (name, value) = (inputs.string("header_name"), inputs.string("header_value"))
        if !name.isEmpty, !value.isEmpty { headers.set(name, to: .string(value)) }
        return NodeResult(["headers": .object(headers.members)])
    }

    @Sendable static func parse(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let path = inputs.string("path")
        let data = try self.json(inputs["json_data"])
        var value = path.isBlank ? data : DottedPath(path).value(in: data)
        if value == nil, let fallback = inputs.firstText("default") { value = .string(fallback) }
        guard let value else { throw self.failure("there is nothing at \(path)") }
        return NodeResult(["value": value, "success": true, "error": ""])
    }

    private static func json(_ given: Value) throws(NodeFailure) -> Value {
        if given.isNull { throw self.failure("json_data has no value") }
        guard let text = given.string else { return given }
        do {
            return try Value(parsingJSON: text)
        } catch {
            throw self.failure("\(error)")
        }
    }

    private static func failure(_ reason: String) -> NodeFailure {
        let message = "JSON parse error: \(reason)"
        return NodeFailure("ValueError", message, outputs: ["success": false, "error": .string(message)])
    }
}

/// Header fields as an object, in which a name counts as the same in any letter case.
struct HeaderSet {
    private(set) var members: Object = [:]

    /// - Parameter value: An object; nothing, or blank text, is an empty one.
    init(_ value: Value, of parameter: String) throws(NodeFailure) {
        guard let object = value.object else {
            if value.isNull || value.string?.isBlank ?? false { return }
            throw NodeFailure("TypeError", "\(parameter) must be an object, not \(value.kindName)")
        }
        for (name, value) in object { self.set(name, to: value) }
    }

    mutating func set(_ name: String, to value: Value) {
        let existing = self.members.keys.first { $0.lowercased() == name.lowercased() }
        if let existing, existing != name { self.members[existing] = nil }
        self.members[name] = .some(value)
    }

    mutating func add(_ other: HeaderSet) {
        for (name, value) in other.members { self.set(name, to: value) }
    }
}
