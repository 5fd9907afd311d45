import CasareDomain
import CasareEngine

extension NodeType.Parameter {
    static let url = NodeType.Parameter("url", .string, required: true, "The address: http:// or https://.")
    static let requestHeaders = NodeType.Parameter(
        "headers", .json, default: [:],
        "Header fields, an object or its JSON text; a list as a value gives the field several times.")
    static let query = NodeType.Parameter(
        "params", .json, default: [:],
        "Added to the URL's query, an object or its JSON text; a list as a value gives its name several times.")
    static let requestBody = NodeType.Parameter(
        "body", .any, default: "",
        "What is sent with POST, PUT and PATCH: text as it is, an object or a list as JSON.")
    static let contentType = NodeType.Parameter(
        "content_type", .string, default: "application/json",
        "The Content-Type of a text as body, unless headers has one.")
    static let verifySSL = NodeType.Parameter(
        "verify_ssl", .boolean, default: true, "Refuse servers whose certificate is not trusted.")
    static let followRedirects = NodeType.Parameter(
        "follow_redirects", .boolean, default: true,
        "Go on to where an answer redirects; credentials are not taken along to another server.")
    static let maxRedirects = NodeType.Parameter(
        "max_redirects", .integer, default: 10, range: 0...50, "More redirects than this fail.")
    static let proxy = NodeType.Parameter(
        "proxy", .string, default: "", "http://name:password@host:port or socks5://host:port; empty: none.")
    static let retryCount = NodeType.Parameter(
        "retry_count", .integer, default: 0, range: 0...100,
        "How often to try again when no answer comes or it is 429, 502, 503 or 504; Retry-After is kept to. A POST or "
            + "PATCH that may have been sent is only repeated with on_recovery: retry.")
    static let responseEncoding = NodeType.Parameter(
        "response_encoding", .string, default: "",
        "Encoding of the answer's text, as of files; empty: what its Content-Type says, else UTF-8.")
    static let allowInternalURLs = NodeType.Parameter(
        "allow_internal_urls", .boolean, default: false,
        "Lets it reach internal addresses, where the robot's policy lets a workflow decide that.")
    static let sendIdempotencyKey = NodeType.Parameter(
        "send_idempotency_key", .boolean, default: true,
        "Send POST and PATCH with an Idempotency-Key, the same whenever this step is repeated, unless headers has one."
    )
    static let savePath = NodeType.Parameter(
        "save_path", .string, required: true, "Where the file goes. Relative paths begin in the run's directory.")
    static let uploadPath = NodeType.Parameter("file_path", .string, required: true, "The file to send.")
    static let fieldName = NodeType.Parameter("field_name", .string, default: "file", "The form field of the file.")
    static let extraFields = NodeType.Parameter(
        "extra_fields", .json, default: [:], "More fields of the form, an object or its JSON text.")
    static let baseHeaders = NodeType.Parameter("base_headers", .json, "Header fields to add to.")

    /// Seconds for one attempt.
    static func requestTimeout(_ seconds: Double) -> NodeType.Parameter {
        .init(
            "timeout", .number, default: .double(seconds), range: 0.1...(.infinity),
            "Seconds that one attempt may take, redirects and the whole answer included.")
    }

    static func retryDelay(_ seconds: Double) -> NodeType.Parameter {
        .init(
            "retry_delay", .number, default: .double(seconds), range: 0...3600,
            "Seconds before the second attempt; the wait doubles each time, up to 30 s.")
    }

    /// The same with other names that it is accepted under.
    func aliased(_ names: Alias...) -> NodeType.Parameter {
        var copy = self
        copy.aliases += names
        return copy
    }

    /// The same with another default.
    func defaulting(to value: Value) -> NodeType.Parameter {
        var copy = self
        copy.defaultValue = value
        return copy
    }
}

/// The outputs that nodes with an answer share, and what they hold when there is none.
enum HttpOutputs {
    static let answer: [NodeType.Output] = [
        .init("response_body", .string, aliases: ["body"]), .init("response_json", .any, aliases: ["json"]),
        .init("status_code", .integer, aliases: ["status"]),
        .init("response_headers", .object, aliases: ["headers"]), HttpOutputs.retryAfter,
    ]
    /// Of 429 and 503 with `Retry-After`; a retry of the job waits so long at least.
    static let retryAfter = NodeType.Output(NodeResult.retryAfterOutput, .number)
    static let ending: [NodeType.Output] = [.init("success", .boolean), .init("error", .string)]

    static let none: Object = [
        "response_body": "", "response_json": nil, "status_code": 0, "response_headers": [:],
    ]
}

extension NodeType.Behaviour {
    /// Work whose failure sets the outputs `success` and `error`, and others that stand for no answer.
    static func http(
        failing outputs: Object = [:],
        _ work: @escaping @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult
    ) -> NodeType.Behaviour {
        .reporting(error: true) { inputs, environment in
            do {
                return try await work(inputs, environment)
            } catch var failure as NodeFailure {
                // Whoever gives no answer asks for nothing.
                let none: Object = [NodeResult.retryAfterOutput: nil]
                failure.outputs = none.merging(outputs).merging(failure.outputs)
                throw failure
            }
        }
    }
}
