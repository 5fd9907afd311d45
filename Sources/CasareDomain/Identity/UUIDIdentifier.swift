public import FoundationEssentials

/// An identity that is a UUID, with a type of its own so that one noun's ID cannot be passed for another's.
public protocol UUIDIdentifier: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible,
    LosslessStringConvertible
where RawValue == UUID {
    init(rawValue: UUID)
}

extension UUIDIdentifier {
    /// Parses the usual text form, of either case.
    public init?(_ description: String) {
        guard let uuid = UUID(uuidString: description) else { return nil }
        self.init(rawValue: uuid)
    }

    /// The lower-case text form, as PostgreSQL prints it.
    public var description: String { self.rawValue.uuidString.lowercased() }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let identifier = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\"\(text)\" is not a UUID"))
        }
        self = identifier
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.description)
    }

    /// By time for version 7 identifiers, which compare as their bytes do.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
