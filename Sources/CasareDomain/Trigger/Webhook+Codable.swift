extension Webhook: Codable {
    enum CodingKeys: String, CodingKey {
        case auth, methods, headers
        case bodyBytesMax = "body_max_bytes"
        case variables
        case deliveryHeader = "delivery_header"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let auth = try container.decodeIfPresent(WebhookAuth.self, forKey: .auth)
        let methods = try container.decodeIfPresent([Method].self, forKey: .methods) ?? [.post]
        let headers = try container.decodeIfPresent(Object.self, forKey: .headers) ?? [:]
        let bytesMax = try container.decodeIfPresent(Int.self, forKey: .bodyBytesMax) ?? Self.bodyBytesMaxDefault
        let variables = try container.decodeIfPresent(Object.self, forKey: .variables) ?? [:]
        let deliveryHeader = try container.decodeIfPresent(String.self, forKey: .deliveryHeader)
        guard let auth else {
            throw container.invalid(
                .auth,
                "is required: say how requests prove themselves, such as {\"kind\": \"github\"}; whoever knows the "
                    + "address may send them with {\"kind\": \"none\"}")
        }
        var filters: [HeaderFilter] = []
        for (name, value) in headers {
            guard isHeaderName(name), let text = value.string, !text.isEmpty,
                text.unicodeScalars.count <= Self.headerCharactersMax
            else {
                throw container.invalid(
                    .headers,
                    "\(name.prefix(60)): expected the name of a header and the value that it must have, or \"*\" for "
                        + "any, each up to \(Self.headerCharactersMax) characters")
            }
            filters.append(HeaderFilter(name: name, value: text))
        }
        let plain = Webhook(auth: auth)
        self.init(
            auth: auth, methods: methods, headers: filters, bodyBytesMax: bytesMax,
            variables: try container.mapping(variables, .variables, refusing: plain.secretHeaders),
            deliveryHeader: deliveryHeader)
        try self.check(container)
    }

    private func check(_ container: KeyedDecodingContainer<CodingKeys>) throws {
        guard !self.methods.isEmpty, Set(self.methods).count == self.methods.count else {
            throw container.invalid(.methods, "name one method or more, each once")
        }
        guard self.headers.count <= Self.headersMax else {
            throw container.invalid(.headers, "expected at most \(Self.headersMax), got \(self.headers.count)")
        }
        if let filter = self.headers.first(where: { self.secretHeaders.contains($0.name) }) {
            throw container.invalid(
                .headers,
                "\(filter.name) holds a secret, which is kept nowhere; say in auth how requests prove themselves")
        }
        guard Self.bodyBytesMaxRange.contains(self.bodyBytesMax) else {
            throw container.invalid(
                .bodyBytesMax,
                "expected bytes from 0 to \(Self.bodyBytesMaxRange.upperBound), got \(self.bodyBytesMax)")
        }
        if let name = self.deliveryHeader {
            guard isHeaderName(name), !self.secretHeaders.contains(name) else {
                throw container.invalid(.deliveryHeader, "expected the name of a header that holds no secret")
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.auth, forKey: .auth)
        if self.methods != [.post] { try container.encode(self.methods, forKey: .methods) }
        if !self.headers.isEmpty {
            let headers = Object(self.headers.map { ($0.name, Value.string($0.value)) })
            try container.encode(headers, forKey: .headers)
        }
        if self.bodyBytesMax != Self.bodyBytesMaxDefault {
            try container.encode(self.bodyBytesMax, forKey: .bodyBytesMax)
        }
        if !self.variables.isEmpty { try container.encode(self.variables.texts, forKey: .variables) }
        if let deliveryHeader { try container.encode(deliveryHeader, forKey: .deliveryHeader) }
    }
}

extension WebhookAuth: Codable {
    enum CodingKeys: String, CodingKey {
        case kind, header
        case timestampHeader = "timestamp_header"
        case toleranceSeconds = "tolerance_seconds"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try container.decode(Kind.self, forKey: .kind)
        let header = try container.decodeIfPresent(String.self, forKey: .header)
        let timestampHeader = try container.decodeIfPresent(String.self, forKey: .timestampHeader)
        let tolerance = try container.decodeIfPresent(Double.self, forKey: .toleranceSeconds)
        self.init(
            kind: kind, header: header, timestampHeader: timestampHeader,
            toleranceSeconds: tolerance ?? Self.toleranceSecondsDefault)
        if let header {
            guard kind.hasHeader else {
                let fixed = self.secretHeader.map { "reads \($0)" } ?? "reads none"
                throw container.invalid(.header, "\(kind.rawValue) \(fixed) and no other; leave it out")
            }
            guard isHeaderName(header) else { throw container.invalid(.header, "expected the name of a header") }
        }
        if let timestampHeader {
            guard kind.hasTimestampHeader else {
                throw container.invalid(
                    .timestampHeader, "is for hmac_sha256 and hmac_sha512; \(kind.rawValue) has none, leave it out")
            }
            guard isHeaderName(timestampHeader), self.timestampHeader != self.secretHeader else {
                throw container.invalid(
                    .timestampHeader, "expected the name of a header, another one than that of the signature")
            }
        }
        guard Self.toleranceSecondsRange.contains(self.toleranceSeconds) else {
            throw container.invalid(
                .toleranceSeconds,
                "expected seconds from 1 to \(Int(Self.toleranceSecondsRange.upperBound)), got \(tolerance ?? 0)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.kind, forKey: .kind)
        if let header { try container.encode(header, forKey: .header) }
        if let timestampHeader { try container.encode(timestampHeader, forKey: .timestampHeader) }
        if self.toleranceSeconds != Self.toleranceSecondsDefault {
            try container.encode(self.toleranceSeconds, forKey: .toleranceSeconds)
        }
    }
}

/// A token of RFC 9110 §5.6.2, not longer than a filter's.
func isHeaderName(_ text: String) -> Bool {
    (1...Webhook.headerCharactersMax).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
}
