import CasareDomain
package import CasareEngine

/// The nodes that make HTTP requests (node catalogue §1.8 and §1.12), and the one that notifies (§1.3).
package enum HttpNodes {
    /// One client serves all nodes of a process, so that they share connections, rates and circuit breakers.
    package static let types = Self.types(WebClient())

    package static func types(_ web: WebClient) -> [NodeType] {
        Self.requestTypes(HttpActions(web: web)) + Self.transferTypes(HttpActions(web: web)) + Self.preparingTypes
            + Self.oauthTypes(web) + Self.superTypes(HttpActions(web: web))
    }

    static let family = "HTTP and OAuth 2.0"

    private static func requestTypes(_ actions: HttpActions) -> [NodeType] {
        [
            NodeType(
                "HttpRequestNode", family: Self.family,
                "Makes an HTTP request; an answer with an error status is no failure.",
                parameters: [
                    .url,
                    .init(
                        "method", .string, default: "GET",
                        choices: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"], aliases: ["action"],
                        "What to do."),
                    .requestHeaders, .requestBody, .query, .requestTimeout(30), .verifySSL, .followRedirects,
                    .maxRedirects, .contentType, .proxy, .retryCount, .retryDelay(1), .responseEncoding,
                    .sendIdempotencyKey, .allowInternalURLs,
                ],
                outputs: HttpOutputs.answer + HttpOutputs.ending,
                effect: .captured, effectFor: HttpEffects.request,
                .http(failing: HttpOutputs.none, actions.request)),
            NodeType(
                "WebhookNotifyNode", family: "Error handling",
                "Posts a notification to a chat service or any other webhook.",
                parameters: [
                    .init("webhook_url", .string, required: true, "Where to post; a secret in most services."),
                    .init("message", .string, default: "Error notification from CasareRPA", "The text."),
                    .init("error_details", .any, "More to say: an object's members become fields."),
                    .init(
                        "format", .string, default: "generic", choices: ["generic", "slack", "discord", "teams"],
                        "Whose words to use."),
                    .init(
                        "timeout", .integer, default: 30, range: 1...(.infinity),
                        "Seconds that one attempt may take."),
                    .retryCount, .retryDelay(2), .allowInternalURLs,
                ],
                outputs: [.init("success", .boolean), .init("response", .string)],
                effect: .effect, .reporting(actions.notify)),
        ]
    }

    private static func transferTypes(_ actions: HttpActions) -> [NodeType] {
        [
            NodeType(
                "HttpDownloadFileNode", family: Self.family,
                "Fetches a file: it appears whole or not at all. Any status but 200 fails.",
                parameters: [
                    .url, .savePath, .requestHeaders, .requestTimeout(300),
                    NodeType.Parameter.overwrite.defaulting(to: true), .verifySSL, .proxy, .retryCount, .retryDelay(2),
                    .init(
                        "chunk_size", .integer, default: 8192, range: 512...16_777_216,
                        "Bytes that are written at a time."),
                    .allowInternalURLs,
                ],
                outputs: [.init("file_path", .string), .init("file_size", .integer), HttpOutputs.retryAfter]
                    + HttpOutputs.ending,
                effect: .idempotent, effectFor: HttpEffects.download(overwrite: true),
                .http { inputs, environment in
                    var result = try await actions.download(inputs, environment, statuses: 200...200)
                    result.outputs["status_code"] = nil
                    return result
                }),
            NodeType(
                "HttpUploadFileNode", family: Self.family,
                "Posts a file as a form; an answer with an error status is no failure.",
                parameters: [
                    .url, .uploadPath, .fieldName, .requestHeaders, .extraFields, .requestTimeout(300), .verifySSL,
                    .retryCount, .retryDelay(2), .sendIdempotencyKey, .allowInternalURLs,
                ],
                outputs: HttpOutputs.answer.filter { $0.name != "response_headers" } + HttpOutputs.ending,
                effect: .effect,
                .http(failing: ["response_body": "", "response_json": nil, "status_code": 0]) { inputs, environment in
                    var result = try await actions.upload(inputs, environment)
                    result.outputs["response_headers"] = nil
                    return result
                }),
        ]
    }

    private static let preparingTypes: [NodeType] = [
        NodeType(
            "BuildUrlNode", family: Self.family, "Puts a URL together.",
            parameters: [
                .init("base_url", .string, required: true, "Its beginning, perhaps with a query."),
                .init("path", .string, default: "", "Added to the path, with one slash between."), .query,
            ],
            outputs: [.init("url", .string)], .pure(URLActions.build)),
        NodeType(
            "SetHttpHeadersNode", family: Self.family, "Puts header fields together; the last of a name counts.",
            parameters: [
                .baseHeaders, .init("header_name", .string, default: "", "One more field."),
                .init("header_value", .string, default: "", "Its value; without one the field is left out."),
                .init("headers_json", .json, default: [:], "More fields, an object or its JSON text."),
            ],
            outputs: [.init("headers", .object)], .pure(URLActions.setHeaders)),
        NodeType(
            "ParseJsonResponseNode", family: Self.family, "Reads JSON, and a value inside it.",
            parameters: [
                .init("json_data", .any, "A value, or JSON text."),
                .init("path", .string, default: "", "The way to the value, such as `users[0].name`; empty: the whole."),
                .init("default", .string, default: "", "The value when there is none; empty: that fails."),
            ],
            outputs: [.init("value", .any)] + HttpOutputs.ending, .pure(URLActions.parse)),
        NodeType(
            "HttpAuthNode", family: Self.family, "Adds the header field that signs a request in.",
            parameters: [
                .baseHeaders,
                .credential,
                .init(
                    "auth_type", .string, default: "Bearer", choices: ["Bearer", "Basic", "ApiKey"],
                    "A token, a name with a password, or a key in a field of its own."),
                .init("token", .string, default: "", "The token or key; else HTTP_TOKEN of the environment."),
                .init("username", .string, default: "", "For Basic; else HTTP_USERNAME of the environment."),
                .init("password", .string, default: "", "For Basic; else HTTP_PASSWORD of the environment."),
                .init("api_key_name", .string, default: "X-API-Key", "The field of a key."),
            ],
            outputs: [.init("headers", .object)],
            effect: .pure, .perform(AuthActions.addHeader)
        ).taking(Credentials.http),
    ]
}
