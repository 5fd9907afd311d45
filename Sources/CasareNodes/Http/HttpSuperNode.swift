import CasareDomain
import CasareEngine

extension HttpNodes {
    private static func actions(_ actions: HttpActions) -> [SuperAction] {
        let requests = ["GET", "POST", "PUT", "PATCH", "DELETE"].map { method in
            SuperAction(
                "\(method) Request", short: [method], effectFor: { _ in HttpEffects.ofMethod(method) },
                awaiting: { try await actions.request(method, $0, $1) })
        }
        return requests + [
            SuperAction(
                "Download File", short: ["Download"], effectFor: HttpEffects.download(overwrite: false),
                awaiting: { try await actions.download($0, $1, statuses: 200...299) }),
            SuperAction("Upload File", short: ["Upload"], effectFor: { _ in .effect }, awaiting: actions.upload),
            SuperAction(
                "Configure Auth", short: ["Auth"], effectFor: { _ in .pure }, awaiting: AuthActions.configure),
        ]
    }

    static func superTypes(_ web: HttpActions) -> [NodeType] {
        let actions = Self.actions(web)
        return [
            NodeType(
                "HttpSuperNode", aliases: ["HTTPSuperNode"], family: Self.family, "Does one of the HTTP operations.",
                parameters: [
                    SuperAction.parameter(actions).aliased("method"),
                    NodeType.Parameter.url.optional, .requestHeaders, .query, .requestBody, .contentType,
                    .requestTimeout(30), .retryCount, .verifySSL, NodeType.Parameter.savePath.optional,
                    .createDirectories, .overwrite, NodeType.Parameter.uploadPath.optional, .fieldName, .extraFields,
                    .credential,
                    .init(
                        "auth_type", .string, default: "bearer", choices: ["bearer", "basic", "api_key"],
                        "A token, a name with a password, or a key in a field of its own."),
                    .init("token", .string, default: "", "The token or key; else HTTP_TOKEN of the environment."),
                    .init("username", .string, default: "", "For basic; else HTTP_USERNAME of the environment."),
                    .init("password", .string, default: "", "For basic; else HTTP_PASSWORD of the environment."),
                    .init("header_name", .string, default: "X-API-Key", "The field of a key."), .sendIdempotencyKey,
                    .allowInternalURLs,
                ],
                outputs: HttpOutputs.answer + [
                    .init("file_path", .string), .init("file_size", .integer), .init("auth_headers", .object),
                ] + HttpOutputs.ending,
                effect: .effect, effectFor: SuperAction.effectFor(actions, named: ["action", "method"]),
                .http(failing: ["status_code": 0], SuperAction.work(actions))
            ).taking(Credentials.http)
        ]
    }
}
