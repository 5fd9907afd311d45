/// Which start variables of a job are taken from where in a delivery.
public struct VariableMapping: Hashable, Sendable {
    /// One variable, and where its value stands.
    public struct Entry: Hashable, Sendable {
        public let variable: String
        public let place: DeliveryPlace

        public init(variable: String, place: DeliveryPlace) {
            self.variable = variable
            self.place = place
        }
    }

    public static let entriesMax = 100
    public static let variableCharactersMax = 255

    /// By the variables' names, each once.
    public let entries: [Entry]

    /// - Parameter entries: of two with one name the last counts.
    public init(_ entries: [Entry] = []) {
        var places: [String: DeliveryPlace] = [:]
        for entry in entries { places[entry.variable] = entry.place }
        self.entries = places.map { Entry(variable: $0.key, place: $0.value) }.sorted { $0.variable < $1.variable }
    }

    public var isEmpty: Bool { self.entries.isEmpty }

    /// What is not there is left out: then the workflow's own value counts.
    public func variables(of delivery: DeliveryContent) -> Object {
        var variables = Object()
        for entry in self.entries { variables[entry.variable] = delivery.value(at: entry.place) }
        return variables
    }
}

/// What came with a delivery, as variables and the key of duplicates are taken from it.
public struct DeliveryContent: Hashable, Sendable {
    /// The body as JSON; `nil` where it is none.
    public var payload: Value?
    /// The body as text; `nil` where it is no UTF-8, and of a job that ended.
    public var body: String?
    /// By names in small letters; of one that came several times the values with commas between.
    public var headers: [String: String]
    public var query: [String: String]
    /// The ID that the sender gave it, else ours.
    public var delivery: String
    /// The trigger's name.
    public var trigger: String
    /// As ISO 8601.
    public var receivedAt: String

    public init(
        payload: Value? = nil, body: String? = nil, headers: [String: String] = [:], query: [String: String] = [:],
        delivery: String, trigger: String, receivedAt: String
    ) {
        self.payload = payload
        self.body = body
        self.headers = headers
        self.query = query
        self.delivery = delivery
        self.trigger = trigger
        self.receivedAt = receivedAt
    }

    /// - Returns: `nil` where nothing stands.
    public func value(at place: DeliveryPlace) -> Value? {
        switch place {
        case .payload(let pointer):
            // `try?`: a place that is not there is an answer here.
            guard let payload else { return nil }
            return try? payload.value(at: pointer.tokens[...])
        case .body: return self.body.map { .string($0) }
        case .header(let name): return self.headers[name].map { .string($0) }
        case .query(let name): return self.query[name].map { .string($0) }
        case .delivery: return .string(self.delivery)
        case .trigger: return .string(self.trigger)
        case .receivedAt: return .string(self.receivedAt)
        }
    }
}
