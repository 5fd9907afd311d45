public import CasareDomain

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
