public import CasareDomain

/// `ValueEncoder` and `ValueDecoder` take values over as they are and never come here; this is what lets them stand as
/// members of `Codable` types.
extension Value: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            // `try?` as these are questions: which of the kinds is it?
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([Value].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode(Object.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension Object: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: WireKey.self)
        self.init(try container.allKeys.map { ($0.stringValue, try container.decode(Value.self, forKey: $0)) })
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: WireKey.self)
        for (key, value) in self {
            try container.encode(value, forKey: WireKey(stringValue: key))
        }
    }
}

/// In the published shape of `RunResult.json`.
extension RunResult: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let result = RunResult(json: .object(try container.decode(Object.self))) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "success is required, and true or false"))
        }
        self = result
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.json)
    }
}

extension Job.Question: Codable {
    private enum CodingKeys: String, CodingKey {
        case step, node, nodeType, text
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard StepInfo.stepRange.contains(try container.decode(Int.self, forKey: .step)) else {
            throw WireDecodingError(decoder.codingPath + [CodingKeys.step], "expected a number from 0")
        }
        self.init(
            step: try container.decode(Int.self, forKey: .step), node: try container.decode(String.self, forKey: .node),
            nodeType: try container.decode(String.self, forKey: .nodeType),
            text: try container.decode(String.self, forKey: .text))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(self.step, forKey: .step)
        try container.encode(self.node, forKey: .node)
        try container.encode(self.nodeType, forKey: .nodeType)
        try container.encode(self.text, forKey: .text)
    }
}
