import CasareDomain
import CasareWire
import HTTPTypes

/// All routes, found by method and path.
struct RouteTable: Sendable {
    let routes: [Route]
    private let bySegmentCount: [Int: [Route]]

    /// - Parameter routes: where two fit a path, the first counts.
    init(_ routes: [Route]) {
        self.routes = routes
        self.bySegmentCount = Dictionary(grouping: routes, by: \.segments.count)
    }

    /// - Throws: 404 for a path that no route has, 405 for one that has other methods.
    func route(
        for method: HTTPRequest.Method, _ path: String
    ) throws(APIProblem) -> (route: Route, parameters: [String: String]) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        var allowed: [String] = []
        for route in self.bySegmentCount[parts.count] ?? [] {
            guard let parameters = try Self.match(route.segments, parts) else { continue }
            if route.method == method { return (route, parameters) }
            allowed.append(route.method.rawValue)
        }
        guard allowed.isEmpty else {
            let methods = Set(allowed).sorted().joined(separator: ", ")
            var problem = APIProblem(.methodNotAllowed, "\(path) has no method \(method.rawValue); it has \(methods)")
            problem.allow = methods
            throw problem
        }
        throw APIProblem(
            .notFound, "there is no route \(path.prefix(200)); /openapi.json lists them",
            details: ["unknown_route": true])
    }

    private static func match(
        _ segments: [Route.Segment], _ parts: [Substring]
    ) throws(APIProblem) -> [String: String]? {
        var parameters: [String: String] = [:]
        for (segment, part) in zip(segments, parts) {
            switch segment {
            case .literal(let text):
                guard text == part else { return nil }
            case .parameter(let name):
                guard let value = percentDecoded(part) else {
                    throw .invalidInput(name, "is not properly percent-encoded UTF-8")
                }
                parameters[name] = try checked(value, name)
            }
        }
        return parameters
    }
}

/// Nothing that a parameter can name has control characters in it.
private func checked(_ value: String, _ name: String) throws(APIProblem) -> String {
    do throws(WireDecodingError) {
        try ShortText.checkCharacters(value, name)
    } catch {
        throw .invalidInput(name, error.message)
    }
    return value
}

/// `nil` for a malformed escape and for bytes that are not UTF-8.
func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "%"):
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        case UInt8(ascii: "+") where plusIsSpace:
            bytes.append(UInt8(ascii: " "))
        default:
            bytes.append(byte)
        }
    }
    return String(validating: bytes, as: UTF8.self)
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
}

/// The parameters of a query. One that comes twice would hide the first.
func queryParameters(_ query: String?) throws(APIProblem) -> [String: String] {
    var parameters: [String: String] = [:]
    for part in (query ?? "").split(separator: "&") {
        let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = percentDecoded(halves[0], plusIsSpace: true),
            let value = percentDecoded(halves.count > 1 ? halves[1] : "", plusIsSpace: true)
        else { throw .invalidInput("query", "is not properly percent-encoded UTF-8") }
        let shown = String(name.prefix(60))
        guard parameters.updateValue(try checked(value, shown), forKey: name) == nil else {
            throw .invalidInput(shown, "is there twice; give it once")
        }
    }
    return parameters
}
