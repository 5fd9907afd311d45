/// Which requests a hook takes, and what is read of them.
public struct Webhook: Hashable, Sendable {
    /// The methods that a hook can take.
    public enum Method: String, Hashable, Sendable, Codable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// A header that a request must have: with this value, or with any.
    public struct HeaderFilter: Hashable, Sendable {
        /// In small letters.
        public let name: String
        /// `*`: any.
        public let value: String

        public init(name: String, value: String) {
            self.name = name.lowercased()
            self.value = value
        }

        public static let anyValue = "*"

        /// - Parameter header: `nil` where the request has none of that name.
        public func allows(_ header: String?) -> Bool {
            guard let header else { return false }
            return self.value == Self.anyValue || header == self.value
        }
    }

    public static let bodyBytesMaxDefault = 1_048_576
    public static let bodyBytesMaxRange = 0...8_388_608
    public static let headersMax = 20
    public static let headerCharactersMax = 200

    public var auth: WebhookAuth
    /// One at least.
    public var methods: [Method]
    /// A request without one of them is a delivery of which nothing comes. By name.
    public var headers: [HeaderFilter]
    public var bodyBytesMax: Int
    public var variables: VariableMapping
    /// By this header deliveries are known: one that comes again is a duplicate. In small letters; where the
    /// authentication has one of its own, it is that one.
    public var deliveryHeader: String?

    public init(
        auth: WebhookAuth, methods: [Method] = [.post], headers: [HeaderFilter] = [],
        bodyBytesMax: Int = Webhook.bodyBytesMaxDefault, variables: VariableMapping = VariableMapping(),
        deliveryHeader: String? = nil
    ) {
        self.auth = auth
        self.methods = methods
        self.headers = headers.sorted { $0.name < $1.name }
        self.bodyBytesMax = bodyBytesMax
        self.variables = variables
        self.deliveryHeader = deliveryHeader?.lowercased()
    }

    /// Headers that no variable may be taken from: what they hold lets others in.
    public var secretHeaders: Set<String> {
        Set(["authorization", "proxy-authorization", "cookie"] + self.auth.headers)
    }
}

/// How a hook knows that a request is from whom it should be.
public struct WebhookAuth: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// Whoever knows the address.
        case none
        /// The secret stands in a header.
        case apiKey = "api_key"
        /// The secret stands in `Authorization: Bearer`.
        case bearer
        /// A header holds the HMAC of the body, in hex or base64, with or without `sha256=` before it.
        case hmacSHA256 = "hmac_sha256"
        case hmacSHA512 = "hmac_sha512"
        /// `X-Hub-Signature-256`.
        case github
        /// `Stripe-Signature`, scheme v1.
        case stripe
        /// Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`.
        case standard

        public var needsSecret: Bool {
            switch self {
            case .none: false
            case .apiKey, .bearer, .hmacSHA256, .hmacSHA512, .github, .stripe, .standard: true
            }
        }

        /// Whether its header may be another one.
        public var hasHeader: Bool {
            switch self {
            case .apiKey, .hmacSHA256, .hmacSHA512: true
            case .none, .bearer, .github, .stripe, .standard: false
            }
        }

        /// Whether a header may say when the request was signed.
        public var hasTimestampHeader: Bool {
            switch self {
            case .hmacSHA256, .hmacSHA512: true
            case .none, .apiKey, .bearer, .github, .stripe, .standard: false
            }
        }
    }

    public static let toleranceSecondsDefault = 300.0
    public static let toleranceSecondsRange = 1.0...86_400.0

    public var kind: Kind
    /// Of the kinds that may have another one; in small letters.
    public var header: String?
    /// Of the kinds with an HMAC: holds Unix seconds, and the HMAC is of `seconds.body`. In small letters.
    public var timestampHeader: String?
    /// So much older or newer than the server's clock a signature may be, and so long one is remembered. Seconds.
    public var toleranceSeconds: Double

    public init(
        kind: Kind, header: String? = nil, timestampHeader: String? = nil,
        toleranceSeconds: Double = WebhookAuth.toleranceSecondsDefault
    ) {
        self.kind = kind
        self.header = header?.lowercased()
        self.timestampHeader = timestampHeader?.lowercased()
        self.toleranceSeconds = toleranceSeconds
    }

    /// The header with the secret or the signature, in small letters; `nil` of a hook without authentication.
    public var secretHeader: String? {
        switch self.kind {
        case .none: nil
        case .apiKey: self.header ?? "x-api-key"
        case .bearer: "authorization"
        case .hmacSHA256, .hmacSHA512: self.header ?? "x-webhook-signature"
        case .github: "x-hub-signature-256"
        case .stripe: "stripe-signature"
        case .standard: "webhook-signature"
        }
    }

    /// All headers that authentication reads and nobody else does. GitHub signs with SHA-1 beside the other.
    var headers: [String] {
        [self.secretHeader, self.kind == .github ? "x-hub-signature" : nil].compactMap { $0 }
    }
}
