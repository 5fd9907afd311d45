import CasareDomain
import CasareEngine
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Requests from the parameters of nodes.
enum HttpRequests {
    static let userAgent = "CasareRPA/1.0"

    /// URL, header fields and options; the body is still to be set.
    static func request(
        _ method: HTTPMethod, _ inputs: Inputs, _ environment: NodeEnvironment
    ) throws(NodeFailure) -> WebRequest {
        guard let text = inputs.firstText("url") else { throw .value("url is required") }
        let url = try WebURL(text).adding(PercentCoding.form(inputs["params"].object ?? [:]))
        var request = WebRequest(
            method: method, url: url, headers: try Self.fields(inputs["headers"].object ?? [:]),
            options: try Self.options(inputs, environment))
        request.options.leavesDoubt = Self.leavesDoubt(HttpEffects.ofMethod(method.rawValue), environment)
        request.signInByURL()
        if [.POST, .PATCH].contains(method), inputs["send_idempotency_key"].bool ?? true {
            request.setDefault("Idempotency-Key", environment.idempotencyKey)
        }
        request.setDefault("User-Agent", Self.userAgent)
        request.setDefault("Accept", "*/*")
        return request
    }

    /// Whether a request of that class, of which nobody knows whether it was done, must not simply be made again.
    static func leavesDoubt(_ effect: NodeType.Effect, _ environment: NodeEnvironment) -> Bool {
        effect == .effect && !environment.repeatsInDoubt
    }

    private static let formAnswerBytesMax = 1 << 20

    /// A form that is sent by POST, to be answered in JSON.
    static func form(
        _ members: [(name: String, value: String)], to url: String, parameter: String, _ inputs: Inputs,
        _ environment: NodeEnvironment
    ) throws(NodeFailure) -> WebRequest {
        guard !url.isBlank else { throw .value("\(parameter) is required") }
        var request = WebRequest(
            method: .POST, url: try WebURL(url),
            headers: [
                "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
                "User-Agent": Self.userAgent,
            ],
            body: .bytes(Array(PercentCoding.form(members).utf8)), options: try Self.options(inputs, environment))
        // A token must not be sent on to wherever an answer points.
        request.options.redirectsMax = 0
        request.options.responseBytesMax = Self.formAnswerBytesMax
        request.signInByURL()
        return request
    }

    static func options(_ inputs: Inputs, _ environment: NodeEnvironment) throws(NodeFailure) -> WebRequest.Options {
        WebRequest.Options(
            timeout: Self.duration(inputs["timeout"].double ?? 30),
            attempts: 1 + max(inputs.int("retry_count"), 0),
            backoff: Backoff(first: Self.duration(inputs["retry_delay"].double ?? 1)),
            verifiesCertificates: inputs["verify_ssl"].bool ?? true,
            proxy: try inputs.firstText("proxy").map { text throws(NodeFailure) in try WebProxy(text) },
            redirectsMax: inputs["follow_redirects"].bool ?? true ? inputs["max_redirects"].int ?? 10 : 0,
            allowsInternalAddresses: inputs.allowsInternalAddresses(environment), trace: WebTrace(environment))
    }

    /// A day at most: far from where arithmetic on clocks overflows.
    private static func duration(_ seconds: Double) -> Duration { .seconds(min(max(seconds, 0), 86_400)) }

    /// Object and list bodies are sent as JSON, everything else as text.
    static func setBody(_ inputs: Inputs, of request: inout WebRequest) throws(NodeFailure) {
        guard [.POST, .PUT, .PATCH].contains(request.method) else { return }
        let given = inputs.firstText("content_type")
        let content: [UInt8]
        switch inputs["body"] {
        case .null: return
        case .object, .list:
            content = Array(inputs["body"].jsonText(.compact).utf8)
            let isJSON = given?.lowercased().contains("json") ?? false
            request.setDefault("Content-Type", isJSON ? given ?? "" : "application/json")
        case .string(let text):
            if text.isEmpty { return }
            content = Array(text.utf8)
            if let given { request.setDefault("Content-Type", given) }
        case .bool, .int, .double:
            content = Array(inputs["body"].displayText.utf8)
            if let given { request.setDefault("Content-Type", given) }
        }
        guard content.count <= WebRequest.Options.requestBytesMax else {
            throw .value(
                "The body is larger than \(WebRequest.Options.requestBytesMax >> 20) MiB, the most that is sent; "
                    + "HttpUploadFileNode sends more, from a file")
        }
        request.body = .bytes(content)
    }

    /// Fields that frame the message are the client's own business and left out.
    private static let framing: Set<String> = ["content-length", "transfer-encoding", "connection"]

    static func fields(_ members: Object) throws(NodeFailure) -> HTTPHeaders {
        var fields = HTTPHeaders()
        for (name, value) in members where !Self.framing.contains(name.lowercased()) {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isTokenByte) else {
                throw .value("headers: \"\(name)\" is no name of a header field")
            }
            let values = value.list ?? (value.isNull ? [] : [value])
            for text in values.map(\.displayText) {
                guard text.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
                    throw .value("headers: the value of \(name) contains a control character")
                }
                fields.add(name: name, value: text.trimmed)
            }
        }
        return fields
    }

    /// RFC 9110 §5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension WebRequest {
    /// Name and password in a URL are meant for `Authorization`.
    mutating func signInByURL() {
        guard let userinfo = self.url.userinfo else { return }
        self.setDefault("Authorization", "Basic \(Data(userinfo.utf8).base64EncodedString())")
    }

    /// Sets a header field that is not there.
    fileprivate mutating func setDefault(_ name: String, _ value: String) {
        if !self.headers.contains(name: name) { self.headers.add(name: name, value: value) }
    }
}

/// Answers as values.
enum HttpText {
    /// What the Content-Type says, as far as it is known; else UTF-8.
    static func encoding(of headers: HTTPHeaders) -> TextEncoding {
        let contentType = headers.first(name: "Content-Type") ?? ""
        for part in contentType.split(separator: ";").dropFirst() {
            let pieces = part.split(separator: "=", maxSplits: 1)
            guard pieces.count == 2, pieces[0].trimmed.lowercased() == "charset" else { continue }
            let name = pieces[1].trimmed.filter { $0 != "\"" }
            // A name that is not known is the server's mistake, and UTF-8 the best guess.
            let encoding = (try? TextEncoding(named: name)) ?? .utf8
            return encoding == .utf8 ? .utf8WithSignature : encoding
        }
        return .utf8WithSignature
    }

    /// Fields that came several times are joined, as RFC 9110 §5.3 has it.
    static func fields(_ headers: HTTPHeaders) -> Object {
        var names: [String: String] = [:]
        var fields: Object = [:]
        for (name, value) in headers {
            let first = names[name.lowercased()] ?? name
            names[first.lowercased()] = first
            fields[first] = .string(fields[first]?.string.map { "\($0), \(value)" } ?? value)
        }
        return fields
    }
}
