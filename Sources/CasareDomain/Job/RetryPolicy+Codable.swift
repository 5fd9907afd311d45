/// As `Members` describes it, or `"never"`.
extension RetryPolicy: Codable {
    fileprivate enum CodingKeys: String, CodingKey {
        case backoff, delaysSeconds, delaySeconds, initialSeconds, factor, stepSeconds, maxSeconds, maxAttempts, jitter
        case byKind
    }

    private struct KindKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ kind: Failure.Kind) { self.stringValue = kind.rawValue }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws {
        if try decoder.isNever {
            self = .never
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        var rules: [Failure.Kind: Members?] = [:]
        func refusing<R>(_ body: () throws(Invalid) -> R) throws -> R {
            do throws(Invalid) {
                return try body()
            } catch {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
            }
        }
        if container.contains(.byKind), try !container.decodeNil(forKey: .byKind) {
            let kinds = try container.nestedContainer(keyedBy: KindKey.self, forKey: .byKind)
            for key in kinds.allKeys {
                let kind = try refusing { () throws(Invalid) in try Self.kind(named: key.stringValue) }
                rules[kind] = .some(try kinds.decode(Rule.self, forKey: key).members)
            }
        }
        let whole = try Members(from: decoder)
        let found = rules
        self = try refusing { () throws(Invalid) in try RetryPolicy(whole, byKind: found) }
    }

    /// `nil`: never.
    private struct Rule: Decodable {
        let members: Members?

        init(from decoder: any Decoder) throws {
            self.members = try decoder.isNever ? nil : Members(from: decoder)
        }
    }

    /// A server before it knew of `byKind` refuses it: it is left out where it is not asked for.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try self.encode(into: &container)
        guard !self.byKind.isEmpty else { return }
        var kinds = container.nestedContainer(keyedBy: KindKey.self, forKey: .byKind)
        // In one order: repeats of a request are known by its text.
        for (kind, policy) in self.byKind.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            if policy == .never {
                try kinds.encode(Self.neverName, forKey: KindKey(kind))
            } else {
                try kinds.encode(policy, forKey: KindKey(kind))
            }
        }
    }

    private func encode(into container: inout KeyedEncodingContainer<CodingKeys>) throws {
        switch self.backoff {
        case .fixed(let seconds):
            try container.encode(BackoffName.fixed, forKey: .backoff)
            try container.encode(seconds, forKey: .delaySeconds)
        case .list(let delays):
            try container.encode(BackoffName.list, forKey: .backoff)
            try container.encode(delays, forKey: .delaysSeconds)
        case .exponential(let initial, let factor, let max):
            try container.encode(BackoffName.exponential, forKey: .backoff)
            try container.encode(initial, forKey: .initialSeconds)
            try container.encode(factor, forKey: .factor)
            try container.encode(max, forKey: .maxSeconds)
        case .linear(let initial, let step, let max):
            try container.encode(BackoffName.linear, forKey: .backoff)
            try container.encode(initial, forKey: .initialSeconds)
            try container.encode(step, forKey: .stepSeconds)
            try container.encode(max, forKey: .maxSeconds)
        }
        try container.encode(self.attemptsMax, forKey: .maxAttempts)
        try container.encode(self.jitter, forKey: .jitter)
    }
}

extension RetryPolicy.Members: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: RetryPolicy.CodingKeys.self)
        self.backoff = try container.decodeIfPresent(RetryPolicy.BackoffName.self, forKey: .backoff)
        self.delaysSeconds = try container.decodeIfPresent([Double].self, forKey: .delaysSeconds)
        self.delaySeconds = try container.decodeIfPresent(Double.self, forKey: .delaySeconds)
        self.initialSeconds = try container.decodeIfPresent(Double.self, forKey: .initialSeconds)
        self.factor = try container.decodeIfPresent(Double.self, forKey: .factor)
        self.stepSeconds = try container.decodeIfPresent(Double.self, forKey: .stepSeconds)
        self.maxSeconds = try container.decodeIfPresent(Double.self, forKey: .maxSeconds)
        self.maxAttempts = try container.decodeIfPresent(Int.self, forKey: .maxAttempts)
        self.jitter = try container.decodeIfPresent(Double.self, forKey: .jitter)
    }
}

extension Decoder {
    /// Whether the text `never` stands here.
    fileprivate var isNever: Bool {
        get throws {
            // `try?` as this is a question: is it a text at all?
            let text = try? self.singleValueContainer().decode(String.self)
            guard let text else { return false }
            guard text == RetryPolicy.neverName else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: self.codingPath,
                        debugDescription: "expected a retry policy, an object, or \"\(RetryPolicy.neverName)\""))
            }
            return true
        }
    }
}
