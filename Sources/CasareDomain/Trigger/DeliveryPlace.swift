/// Where in a delivery a value stands: `payload.customer.id` or `/customer/id`, `payload`, `body`, `header.X-Name`,
/// `query.name`, `delivery`, `trigger` and `received_at`.
public enum DeliveryPlace: Hashable, Sendable {
    /// In the JSON of the body; of a job that ended, in what is said of it.
    case payload(JSONPointer)
    /// The body's text.
    case body
    /// In small letters.
    case header(String)
    case query(String)
    /// The ID that the sender gave the delivery, else ours.
    case delivery
    /// The trigger's name.
    case trigger
    case receivedAt

    public static let charactersMax = 500

    /// Why a text names no place: a sentence for whoever wrote it.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// - Throws: for text of none of the forms.
    public init(_ text: String) throws(Invalid) {
        guard text.unicodeScalars.count <= Self.charactersMax else {
            throw Invalid(description: "is longer than \(Self.charactersMax) characters")
        }
        switch text {
        case "payload":
            self = .payload(JSONPointer(tokens: []))
            return
        case "body":
            self = .body
            return
        case "delivery":
            self = .delivery
            return
        case "trigger":
            self = .trigger
            return
        case "received_at":
            self = .receivedAt
            return
        default: break
        }
        if text.hasPrefix("/") {
            guard let pointer = JSONPointer(text) else {
                throw Invalid(
                    description: "\"\(text.prefix(60))\" is no JSON Pointer; write ~0 for ~ and ~1 for / in a name")
            }
            self = .payload(pointer)
        } else if let rest = Self.rest(of: text, behind: "payload.") {
            let names = rest.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard !names.contains("") else {
                throw Invalid(
                    description: "\"\(text.prefix(60))\" has an empty name; write payload.first.second, or a JSON "
                        + "Pointer such as /first/second")
            }
            self = .payload(JSONPointer(tokens: names))
        } else if let name = Self.rest(of: text, behind: "header."), !name.isEmpty {
            self = .header(name.lowercased())
        } else if let name = Self.rest(of: text, behind: "query."), !name.isEmpty {
            self = .query(name)
        } else {
            throw Invalid(
                description: "\"\(text.prefix(60))\" names no place in a delivery; write payload.customer.id, "
                    + "/customer/id, payload, body, header.X-Name, query.name, delivery, trigger or received_at")
        }
    }

    private static func rest(of text: String, behind prefix: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }
}

extension DeliveryPlace: CustomStringConvertible {
    public var description: String {
        switch self {
        case .payload(let pointer) where pointer.tokens.isEmpty: "payload"
        case .payload(let pointer): pointer.description
        case .body: "body"
        case .header(let name): "header.\(name)"
        case .query(let name): "query.\(name)"
        case .delivery: "delivery"
        case .trigger: "trigger"
        case .receivedAt: "received_at"
        }
    }
}

extension DeliveryPlace: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do throws(Invalid) {
            try self.init(text)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }
}

extension JSONPointer {
    /// Names of members and positions in lists, from the outside in; none for the whole.
    fileprivate init(tokens: [String]) { self.tokens = tokens }
}
