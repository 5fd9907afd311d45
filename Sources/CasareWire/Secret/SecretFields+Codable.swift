public import CasareDomain

/// The one place at which the values of secrets become JSON: an object of strings, in the bodies of requests that put
/// them, and in the answers to those who may have them.
extension SecretFields: Codable {
    public init(from decoder: any Decoder) throws {
        let given = try decoder.singleValueContainer().decode(CasareDomain.Value.self)
        // Values stay out of the messages, whatever they are.
        guard let object = given.object else {
            throw WireDecodingError(
                path: WireDecodingError.text(of: decoder.codingPath),
                message: "expected an object of strings, got \(given.kindName)")
        }
        self.init()
        for (name, value) in object {
            guard let text = value.string else {
                throw WireDecodingError(
                    path: WireDecodingError.text(of: decoder.codingPath + [WireKey(stringValue: name)]),
                    message: "expected a string, got \(value.kindName)")
            }
            self[name] = SecretText(text)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var object: Object = [:]
        for name in self.names { self[name]?.reveal { object[name] = .string($0) } }
        var container = encoder.singleValueContainer()
        try container.encode(object)
    }
}
