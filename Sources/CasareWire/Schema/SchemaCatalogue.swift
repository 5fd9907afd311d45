public import CasareDomain
import FoundationEssentials

/// Writes JSON Schemas (2020-12) of wire types by watching them decode, so that a schema cannot differ from its type.
///
/// Types with members become definitions that are referred to; the others stand where they are used.
public struct SchemaCatalogue {
    private let referencePrefix: String
    /// Definitions by name, in the order in which they were met.
    public private(set) var definitions = Object()

    /// - Parameter referencePrefix: where the definitions will stand, such as `#/components/schemas/`.
    public init(referencePrefix: String) { self.referencePrefix = referencePrefix }

    public mutating func schema(of type: any Decodable.Type) -> Value { self.describe(type).schema }

    /// The schema, and a value of the type to let the decoding that asked for it go on.
    fileprivate mutating func describe<T: Decodable>(_ type: T.Type) -> (schema: Value, sample: T?) {
        if let known = WellKnownSchema.of(type) {
            return (known, try? ValueDecoder.decode(from: WellKnownSchema.sample(of: type)))
        }
        if let list = type as? any ListShape.Type {
            return (["type": "array", "items": list.elementSchema(&self)], [] as? T)
        }
        let probe = Probe(self)
        // What it makes of the sample values does not matter: they may contradict each other.
        let sample = try? T(from: ProbeDecoder(probe: probe))
        self = probe.catalogue
        if let scalar = probe.scalar { return (scalar, sample) }
        let name = Self.name(of: type)
        if self.definitions[name] == nil { self.definitions[name] = probe.objectSchema }
        return (["$ref": .string(self.referencePrefix + name)], sample)
    }

    /// Without the module: `CasareWire.DeadLetterInfo.Attempt` is `DeadLetterInfoAttempt`.
    private static func name(of type: Any.Type) -> String {
        String(reflecting: type).split(separator: ".").dropFirst().joined()
    }
}

private protocol ListShape {
    static func elementSchema(_ catalogue: inout SchemaCatalogue) -> Value
}

extension Array: ListShape where Element: Decodable {
    fileprivate static func elementSchema(_ catalogue: inout SchemaCatalogue) -> Value {
        catalogue.schema(of: Element.self)
    }
}

/// What a type asked for while it was decoded.
private final class Probe {
    var catalogue: SchemaCatalogue
    /// Set by types that are no objects.
    var scalar: Value?
    private var properties = Object()
    private var required: [Value] = []

    init(_ catalogue: SchemaCatalogue) { self.catalogue = catalogue }

    var objectSchema: Value {
        var schema: Object = ["type": "object", "properties": .object(self.properties)]
        if !self.required.isEmpty { schema["required"] = .list(self.required) }
        return .object(schema)
    }

    func note(_ name: String, _ schema: Value, isRequired: Bool) {
        self.properties[name] = isRequired ? schema : Self.nullable(schema)
        if isRequired { self.required.append(.string(name)) }
    }

    /// Optional members are written as null.
    private static func nullable(_ schema: Value) -> Value {
        if case .object(var members) = schema, let type = members["type"]?.string, members["enum"] == nil {
            members["type"] = [.string(type), "null"]
            return .object(members)
        }
        return schema.object?.isEmpty == true ? schema : ["anyOf": [schema, ["type": "null"]]]
    }
}

private struct ProbeDecoder: Decoder {
    let probe: Probe
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(KeyedProbe<Key>(probe: self.probe))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw ProbeEnded() }
    func singleValueContainer() -> any SingleValueDecodingContainer { SingleProbe(probe: self.probe) }
}

/// A type cannot be watched any further; what it asked for so far is noted.
private struct ProbeEnded: Error {}

private struct KeyedProbe<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: Probe
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let (schema, sample) = self.probe.catalogue.describe(type)
        self.probe.note(key.wireName, schema, isRequired: true)
        guard let sample else { throw ProbeEnded() }
        return sample
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        self.probe.note(key.wireName, self.probe.catalogue.schema(of: type), isRequired: false)
        return nil
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { self.absent(type, key) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { self.absent(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { self.absent(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { self.absent(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { self.absent(type, key) }

    private func absent<T: Decodable>(_ type: T.Type, _ key: Key) -> T? {
        self.probe.note(key.wireName, self.probe.catalogue.schema(of: type), isRequired: false)
        return nil
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw ProbeEnded() }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw ProbeEnded() }
    func superDecoder() throws -> any Decoder { throw ProbeEnded() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw ProbeEnded() }
}

private struct SingleProbe: SingleValueDecodingContainer {
    let probe: Probe
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let (schema, sample) = self.probe.catalogue.describe(type)
        self.probe.scalar = schema
        guard let sample else { throw ProbeEnded() }
        return sample
    }
}
