import CasareDomain
import CasareWire
import HTTPTypes

/// One path and method of the API, with everything there is to know about it. The router and the API's description are
/// both made from it.
struct Route: Sendable {
    /// Who may use a route. There is no default: a route that does not say cannot be written.
    enum Access: Sendable, Hashable {
        /// No token is needed.
        case everyone
        /// The caller must have one of these permissions.
        case anyOf([Permission])

        static func needs(_ permission: Permission) -> Access { .anyOf([permission]) }

        /// For what robots do, too, without being given more than that.
        static func needsOrRobot(_ permission: Permission) -> Access { .anyOf([permission, .robotProtocol]) }

        /// For whoever may do anything at all.
        static let anyCaller = Access.anyOf(Permission.allCases)
    }

    /// A part of a path: literal, or a placeholder for anything.
    enum Segment: Sendable, Hashable {
        case literal(String)
        case parameter(String)
    }

    /// A parameter of the query, or a header, for the API's description.
    struct QueryParameter: Sendable {
        let name: String
        let schema: Object
        let summary: String
        /// Without it the request is refused.
        var isRequired = false
    }

    let method: HTTPRequest.Method
    let path: String
    let segments: [Segment]
    let access: Access
    /// What the audit log says of its requests; it stands in `AuditActions.table`.
    let audit: AuditRule
    let summary: String
    let query: [QueryParameter]
    /// Headers that mean something to this route alone.
    private(set) var headers: [QueryParameter] = []
    /// Whether it reads the request itself: any body, any headers, any parameters.
    private(set) var isRaw = false
    /// What the body is read as; `nil` for a route without one.
    let bodyType: (any (Decodable & SendableMetatype).Type)?
    let answerType: any (Decodable & SendableMetatype).Type
    /// What an answer may be; which of them it is the header `Accept` decides.
    private(set) var mediaTypes = ["application/json"]
    /// The statuses of success.
    let statuses: [Int]
    let respond: @Sendable (APIRequest, _ body: [UInt8]) async throws -> Reply

    private init(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, _ summary: String, query: [QueryParameter],
        bodyType: (any (Decodable & SendableMetatype).Type)?, answerType: any (Decodable & SendableMetatype).Type,
        statuses: [Int],
        respond: @escaping @Sendable (APIRequest, [UInt8]) async throws -> Reply
    ) {
        self.method = method
        self.path = path
        self.segments = path.split(separator: "/").map { part in
            part.hasPrefix("{") ? .parameter(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
        self.access = access
        self.audit = AuditActions.rule(of: method, path)
        self.summary = summary
        self.query = query
        self.bodyType = bodyType
        self.answerType = answerType
        self.statuses = statuses
        self.respond = respond
    }
}

/// What a route answers.
struct Reply: Sendable {
    private static let jsonType = "application/json; charset=utf-8"

    var status: Int
    var body: [UInt8]
    /// For the header `Content-Type`.
    private(set) var contentType = Reply.jsonType

    /// Text of another type.
    init(_ text: [UInt8], as contentType: String) {
        self.status = 200
        self.body = text
        self.contentType = contentType
    }

    init(_ body: some Encodable) throws { self = try Reply(Answer(body)) }

    init(_ answer: Answer<some Encodable>) throws {
        self.status = answer.status
        self.body = try WireJSON.encode(answer.body)
    }
}

/// What a handler returns that chooses its status.
struct Answer<Body: Encodable> {
    let status: Int
    let body: Body

    init(status: Int = 200, _ body: Body) {
        self.status = status
        self.body = body
    }
}

extension Route {
    static func get<Body: Codable & Sendable>(
        _ path: String, _ access: Access, _ summary: String, query: [QueryParameter] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Body
    ) -> Route {
        Route(
            .get, path, access, summary, query: query, bodyType: nil, answerType: Body.self, statuses: [200]
        ) { request, _ in try Reply(try await handler(request)) }
    }

    /// Answers with text that is not JSON.
    static func text(
        _ path: String, _ access: Access, _ summary: String, mediaTypes: [String],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Reply
    ) -> Route {
        var route = Route(
            .get, path, access, summary, query: [], bodyType: nil, answerType: String.self, statuses: [200]
        ) { request, _ in try await handler(request) }
        route.mediaTypes = mediaTypes
        return route
    }

    static func getWithStatus<Body: Codable & Sendable>(
        _ path: String, _ access: Access, _ summary: String, query: [QueryParameter] = [], statuses: [Int] = [200],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Answer<Body>
    ) -> Route {
        Route(
            .get, path, access, summary, query: query, bodyType: nil, answerType: Body.self, statuses: statuses
        ) { request, _ in try Reply(try await handler(request)) }
    }

    static func delete<Body: Codable & Sendable>(
        _ path: String, _ access: Access, _ summary: String, query: [QueryParameter] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Body
    ) -> Route {
        Route(
            .delete, path, access, summary, query: query, bodyType: nil, answerType: Body.self, statuses: [200]
        ) { request, _ in try Reply(try await handler(request)) }
    }

    /// An empty body counts as an empty object, where none of its members is required.
    static func post<Body: Codable & Sendable, Result: Codable & Sendable>(
        _ path: String, _ access: Access, _ summary: String, statuses: [Int] = [200],
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> Answer<Result>
    ) -> Route {
        let shape = RequestShape(of: Body.self)
        return Route(
            .post, path, access, summary, query: [], bodyType: Body.self, answerType: Result.self, statuses: statuses
        ) { request, bytes in
            try Reply(try await handler(request, try Self.body(bytes, shape, of: request)))
        }
    }

    /// As `post`, for what is put in the place of what was there: doing it twice is doing it once.
    static func put<Body: Codable & Sendable, Result: Codable & Sendable>(
        _ path: String, _ access: Access, _ summary: String,
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> Result
    ) -> Route {
        let shape = RequestShape(of: Body.self)
        return Route(
            .put, path, access, summary, query: [], bodyType: Body.self, answerType: Result.self, statuses: [200]
        ) { request, bytes in
            try Reply(try await handler(request, try Self.body(bytes, shape, of: request)))
        }
    }

    /// As `post`, but a body must be there: an empty one would change nothing, as nobody means it. Members that are
    /// left out stay as they are.
    static func patch<Body: Codable & Sendable, Result: Codable & Sendable>(
        _ path: String, _ access: Access, _ summary: String,
        _ handler: @escaping @Sendable (APIRequest, Body) async throws -> Result
    ) -> Route {
        let shape = RequestShape(of: Body.self)
        return Route(
            .patch, path, access, summary, query: [], bodyType: Body.self, answerType: Result.self, statuses: [200]
        ) { request, bytes in
            guard !bytes.isEmpty else { throw Self.emptyPatch }
            return try Reply(try await handler(request, try Self.body(bytes, shape, of: request)))
        }
    }

    /// A route that reads the request itself, with whatever method; see `APIRequest.raw`.
    static func raw<Body: Codable & Sendable>(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, _ summary: String, statuses: [Int],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Answer<Body>
    ) -> Route {
        var route = Route(
            method, path, access, summary, query: [], bodyType: nil, answerType: Body.self, statuses: statuses
        ) { request, _ in try Reply(try await handler(request)) }
        route.isRaw = true
        return route
    }

    /// The same route, which reads these headers too.
    func reading(_ headers: QueryParameter...) -> Route {
        var route = self
        route.headers = headers
        return route
    }

    // MARK: Answered from elsewhere

    /// The same route with another handler: everything that a client sees of it stays.
    func answered<Result: Codable & Sendable>(
        by handler: @escaping @Sendable (APIRequest) async throws -> Answer<Result>
    ) -> Route {
        precondition(self.bodyType == nil && self.answerType == Result.self, "\(self.path) answers otherwise")
        return Route(self) { request, _ in try Reply(try await handler(request)) }
    }

    /// The same for a route that answers with text.
    func answered(byText handler: @escaping @Sendable (APIRequest) async throws -> Reply) -> Route {
        precondition(self.mediaTypes != ["application/json"], "\(self.path) answers otherwise")
        return Route(self) { request, _ in try await handler(request) }
    }

    func answered<Body: Codable & Sendable, Result: Codable & Sendable>(
        by handler: @escaping @Sendable (APIRequest, Body) async throws -> Answer<Result>
    ) -> Route {
        precondition(self.bodyType == Body.self && self.answerType == Result.self, "\(self.path) answers otherwise")
        let shape = RequestShape(of: Body.self)
        let isPatch = self.method == .patch
        return Route(self) { request, bytes in
            if isPatch, bytes.isEmpty { throw Self.emptyPatch }
            return try Reply(try await handler(request, try Self.body(bytes, shape, of: request)))
        }
    }

    /// The same route for those who may use it, which tells them why it is not served.
    func refused(_ problem: APIProblem) -> Route { Route(self) { _, _ in throw problem } }

    private init(_ route: Route, respond: @escaping @Sendable (APIRequest, [UInt8]) async throws -> Reply) {
        self.init(
            route.method, route.path, route.access, route.summary, query: route.query, bodyType: route.bodyType,
            answerType: route.answerType, statuses: route.statuses, respond: respond)
        self.headers = route.headers
        self.isRaw = route.isRaw
        self.mediaTypes = route.mediaTypes
    }

    private static let emptyPatch = APIProblem(
        .invalidJSON, "the body is empty; send a JSON object of what is to change")

    private static func body<Body: Decodable>(
        _ bytes: [UInt8], _ shape: RequestShape, of request: APIRequest
    ) throws -> Body {
        do throws(WireJSON.Failure) {
            let body: Body = try WireJSON.decode(from: bytes.isEmpty ? Array("{}".utf8) : bytes, shape: shape)
            request.audit?.note(body: body)
            return body
        } catch {
            switch error {
            case .notJSON: throw APIProblem(.invalidJSON, error.description)
            case .unexpected(let error) where bytes.isEmpty:
                throw APIProblem(
                    .invalidJSON, "the body is empty; send a JSON object in it: \(error)", field: error.path)
            case .unexpected(let error): throw error
            }
        }
    }

    /// Refuses parameters that the route does not have: one that is misspelt would be as good as left out.
    func check(_ query: [String: String]) throws(APIProblem) {
        let known = self.query.map(\.name)
        for name in query.keys.sorted() where !known.contains(name) {
            let list = known.isEmpty ? "none" : known.joined(separator: ", ")
            let advice = Spelling.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
            throw .invalidInput(
                String(name.prefix(60)),
                "is not a parameter of \(self.method.rawValue) \(self.path), which has \(list)\(advice)")
        }
    }
}

extension Route.QueryParameter {
    static let limit = Self(
        name: "limit",
        schema: [
            "type": "integer", "minimum": .int(PageLimit.range.lowerBound), "maximum": .int(PageLimit.range.upperBound),
            "default": .int(PageLimit.standard),
        ], summary: "How many at most.")
    static let cursor = Self(
        name: "cursor", schema: ["type": "string"], summary: "`next_cursor` of the page before this one.")

    static let leaseToken = Self(
        name: "token", schema: ["type": "integer"], summary: "The lease's token.", isRequired: true)
    static let idempotencyKey = Self(
        name: HTTPField.Name.idempotencyKey.rawName,
        schema: [
            "type": "string", "minLength": 1, "maxLength": .int(JobRoutes.headerKeyCharactersMax),
        ],
        summary: "As the member `idempotency_key`, where there is one; of a batch, of those jobs that have none of "
            + "their own.")

    static func text(_ name: String, _ summary: String) -> Self {
        Self(name: name, schema: ["type": "string"], summary: summary)
    }

    static func time(_ name: String, _ summary: String) -> Self {
        Self(name: name, schema: ["type": "string", "format": "date-time"], summary: summary)
    }

    static func choice<T: RawRepresentable & CaseIterable>(_ name: String, _: T.Type, _ summary: String) -> Self
    where T.RawValue == String {
        Self(
            name: name,
            schema: ["type": "string", "enum": .list(T.allCases.map { .string($0.rawValue) })], summary: summary)
    }

    static func seconds(_ name: String, max: Double, _ summary: String) -> Self {
        Self(name: name, schema: ["type": "number", "minimum": 0, "maximum": .double(max)], summary: summary)
    }
}
