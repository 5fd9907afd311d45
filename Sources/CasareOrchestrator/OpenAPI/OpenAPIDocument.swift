import CasareDomain
import CasareWire
import HTTPTypes

/// The API's description (OpenAPI 3.1), made from the routes that are served.
struct OpenAPIDocument: Sendable {
    let json: Value

    init(_ routes: [Route]) {
        var schemas = SchemaCatalogue(referencePrefix: "#/components/schemas/")
        let errorSchema = schemas.schema(of: ErrorEnvelope.self)
        var paths = Object()
        for route in routes {
            let operation = Self.operation(route, errorSchema: errorSchema, &schemas)
            var methods = paths[route.path]?.object ?? [:]
            methods[route.method.rawValue.lowercased()] = operation
            paths[route.path] = .object(methods)
        }
        self.json = [
            "openapi": "3.1.0",
            "info": [
                "title": "Casare", "version": .string(CasareVersion.current),
                "description": """
                Runs automation workflows. Every answer that is not a success is an `ErrorEnvelope` with a stable \
                code. `Idempotency-Key` counts for submits, forks, retries and operations; others may be repeated \
                without it. A request with a member or a parameter that is not described here is refused; answers may \
                get more members. A request belongs to the trace that its header `traceparent` names (W3C Trace \
                Context, with `tracestate` and `baggage`), and so do the jobs that it makes.
                """,
            ],
            "paths": .object(paths),
            "components": [
                "schemas": .object(Self.closed(schemas.definitions, routes, &schemas)),
                "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            ],
        ]
    }

    /// Bodies of requests have no members but these.
    private static func closed(
        _ definitions: Object, _ routes: [Route], _ schemas: inout SchemaCatalogue
    ) -> Object {
        var definitions = definitions
        for type in routes.compactMap(\.bodyType) {
            guard let name = schemas.schema(of: type)["$ref"]?.string?.split(separator: "/").last.map(String.init),
                var definition = definitions[name]?.object
            else { continue }
            definition["additionalProperties"] = false
            definitions[name] = .object(definition)
        }
        return definitions
    }

    /// Whether an empty body, which stands for an empty object, is refused.
    private static func isRequired<T: Decodable>(_: T.Type) -> Bool {
        // Why it is refused does not matter.
        (try? ValueDecoder.decode(T.self, from: [:])) == nil
    }

    private static func operation(
        _ route: Route, errorSchema: Value, _ schemas: inout SchemaCatalogue
    ) -> Value {
        var operation: Object = [
            "operationId": .string(Self.identifier(route)), "summary": .string(route.summary),
            "parameters": .list(Self.parameters(route)),
        ]
        switch route.access {
        case .everyone:
            operation["security"] = []
        case .anyOf(let permissions):
            operation["security"] = [["token": []]]
            if route.access != .anyCaller {
                operation["x-permissions"] = .list(permissions.map { .string($0.rawValue) })
            }
        }
        if let type = route.bodyType {
            operation["requestBody"] = [
                "required": .bool(route.method == .patch || Self.isRequired(type)),
                "content": Self.content(schemas.schema(of: type)),
            ]
        }
        let answer = Self.content(schemas.schema(of: route.answerType), as: route.mediaTypes)
        var responses = Object()
        for status in route.statuses.sorted() {
            responses[String(status)] = [
                "description": .string(status < 300 ? "It went well." : "Not just now."), "content": answer,
            ]
        }
        if route.access != .everyone {
            responses["429"] = [
                "description": "Too many, of one caller or of what the tenant may have: try again later.",
                "headers": ["Retry-After": Self.retryAfter], "content": Self.content(errorSchema),
            ]
            responses["501"] = [
                "description": "This needs a database, or the key of the vault, and the server has none.",
                "content": Self.content(errorSchema),
            ]
            responses["503"] = [
                "description": "Not just now: try again.", "headers": ["Retry-After": Self.retryAfter],
                "content": Self.content(errorSchema),
            ]
        }
        responses["default"] = ["description": "It did not go well.", "content": Self.content(errorSchema)]
        operation["responses"] = .object(responses)
        return .object(operation)
    }

    private static let retryAfter: Value = [
        "description": "In so many seconds.", "schema": ["type": "integer"],
    ]

    private static func content(_ schema: Value, as mediaTypes: [String] = ["application/json"]) -> Value {
        var content = Object()
        for type in mediaTypes { content[type] = ["schema": schema] }
        return .object(content)
    }

    private static func parameters(_ route: Route) -> [Value] {
        var parameters: [Value] = []
        for case .parameter(let name) in route.segments {
            parameters.append([
                "name": .string(name), "in": "path", "required": true, "schema": ["type": "string"],
            ])
        }
        let read = route.query.map { ($0, "query") } + route.headers.map { ($0, "header") }
        for (parameter, place) in read {
            parameters.append([
                "name": .string(parameter.name), "in": .string(place), "description": .string(parameter.summary),
                "required": .bool(parameter.isRequired), "schema": .object(parameter.schema),
            ])
        }
        return parameters
    }

    /// `GET /api/v1/jobs/{id}/steps` is `get_jobs_id_steps`.
    private static func identifier(_ route: Route) -> String {
        let parts = route.segments.compactMap { segment -> String? in
            switch segment {
            case .literal("api"), .literal("v1"): nil
            case .literal(let text), .parameter(let text): text
            }
        }
        return ([route.method.rawValue.lowercased()] + parts).joined(separator: "_").replacing(".", with: "_")
    }
}
