public import CasareDomain
import FoundationEssentials

/// Reads `Decodable` types from JSON values: the counterpart of `ValueEncoder`.
///
/// Members that a type does not know are ignored, as a newer server's answers may have some; `RequestShape` refuses
/// those of requests. `null` counts as missing for optional members.
public enum ValueDecoder {
    public static func decode<T: Decodable>(_ type: T.Type = T.self, from value: Value) throws(WireDecodingError) -> T {
        do {
            return try decoded(type, value, [])
        } catch {
            throw WireDecodingError(error)
        }
    }
}

/// Types whose wrong values deserve a better sentence than their own decoding gives, or another form on the wire.
private func decoded<T: Decodable>(_ type: T.Type, _ value: Value, _ path: [any CodingKey]) throws -> T {
    // The casts cannot fail: the types were just compared.
    if type == Value.self { return value as! T }
    if type == String.self { return try text(value, path) as! T }
    if type == Object.self {
        guard case .object(let object) = value else {
            throw WireDecodingError(path, expected: "an object", got: value)
        }
        return object as! T
    }
    if type == Date.self {
        guard let date = value.string.flatMap(Timestamp.date) else {
            throw WireDecodingError(
                path, expected: "a time such as 2026-01-02T03:04:05Z", got: value, kind: .malformed)
        }
        return date as! T
    }
    if type == Priority.self { return try priority(value, path) as! T }
    do {
        return try T(from: TreeDecoder(value: value, codingPath: path))
    } catch let DecodingError.dataCorrupted(context) where context.codingPath.count == path.count {
        if let expected = expectation(of: type) {
            throw WireDecodingError(path, expected: expected, got: value)
        }
        throw DecodingError.dataCorrupted(context)
    }
}

/// What the texts of a type must look like, where its name alone would not say it.
private func expectation(of type: any Decodable.Type) -> String? {
    if type == Robot.ID.self {
        return "1 to 64 letters, digits, '.', '_' and '-', beginning with a letter or digit"
    }
    if type == Role.Name.self {
        return "1 to \(Role.Name.charactersMax) small letters, digits, '-' and '_', beginning with a letter"
    }
    if type == Secret.Name.self { return Secret.Name.rule }
    if let type = type as? any UUIDIdentifier.Type { return uuidExpectation(type) }
    let names = enumerationNames(type)
    return names.isEmpty ? nil : "one of " + names.joined(separator: ", ")
}

private func uuidExpectation<T: UUIDIdentifier>(_: T.Type) -> String { "a UUID" }

/// The raw values of an enumeration of texts; empty for other types.
func enumerationNames(_ type: Any.Type) -> [String] {
    guard let type = type as? any CaseIterable.Type else { return [] }
    return allNames(type)
}

private func allNames<T: CaseIterable>(_ type: T.Type) -> [String] {
    type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
}

private func text(_ value: Value, _ path: [any CodingKey]) throws -> String {
    guard case .string(let text) = value else { throw WireDecodingError(path, expected: "a string", got: value) }
    return text
}

private func priority(_ value: Value, _ path: [any CodingKey]) throws -> Priority {
    let priority: Priority? =
        switch value {
        case .string(let text): Priority(text: text)
        case .int, .double: value.int.flatMap(Priority.init(rawValue:))
        case .null, .bool, .list, .object: nil
        }
    guard let priority else { throw WireDecodingError(path, expected: "a number from 0 to 20", got: value) }
    return priority
}

private struct TreeDecoder: Decoder {
    let value: Value
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = self.value else {
            throw WireDecodingError(self.codingPath, expected: "an object", got: self.value)
        }
        return KeyedDecodingContainer(KeyedTree<Key>(object: object, codingPath: self.codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let list) = self.value else {
            throw WireDecodingError(self.codingPath, expected: "a list", got: self.value)
        }
        return UnkeyedTree(list: list, codingPath: self.codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        SingleTree(value: self.value, codingPath: self.codingPath)
    }
}

private struct KeyedTree<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: Object
    let codingPath: [any CodingKey]

    var allKeys: [Key] { self.object.keys.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { self.object[key.wireName] != nil }
    func decodeNil(forKey key: Key) -> Bool { self.object[key.wireName]?.isNull ?? true }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try decoded(type, self.member(key), self.codingPath + [key])
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try self.superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try self.superDecoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { TreeDecoder(value: .object(self.object), codingPath: self.codingPath) }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        TreeDecoder(value: try self.member(key), codingPath: self.codingPath + [key])
    }

    private func member(_ key: Key) throws -> Value {
        guard let value = self.object[key.wireName] else {
            throw WireDecodingError(self.codingPath + [key], "is required")
        }
        return value
    }
}

private struct UnkeyedTree: UnkeyedDecodingContainer {
    let list: [Value]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(list: [Value], codingPath: [any CodingKey]) {
        self.list = list
        self.codingPath = codingPath
    }

    var count: Int? { self.list.count }
    var isAtEnd: Bool { self.currentIndex == self.list.count }

    mutating func decodeNil() -> Bool {
        guard !self.isAtEnd, self.list[self.currentIndex].isNull else { return false }
        self.currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let (value, path) = try self.next()
        return try decoded(type, value, path)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try self.superDecoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try self.superDecoder().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        let (value, path) = try self.next()
        return TreeDecoder(value: value, codingPath: path)
    }

    private mutating func next() throws -> (Value, [any CodingKey]) {
        let path = self.codingPath + [WireKey(intValue: self.currentIndex)]
        guard !self.isAtEnd else { throw WireDecodingError(path, "is required") }
        defer { self.currentIndex += 1 }
        return (self.list[self.currentIndex], path)
    }
}

private struct SingleTree: SingleValueDecodingContainer {
    let value: Value
    let codingPath: [any CodingKey]

    func decodeNil() -> Bool { self.value.isNull }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let value) = self.value else {
            throw WireDecodingError(self.codingPath, expected: "true or false", got: self.value)
        }
        return value
    }

    func decode(_ type: String.Type) throws -> String { try text(self.value, self.codingPath) }

    func decode(_ type: Double.Type) throws -> Double {
        guard let number = self.value.double else {
            throw WireDecodingError(self.codingPath, expected: "a number", got: self.value)
        }
        return number
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try self.decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try self.integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try self.integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try self.integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try self.integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try self.integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try self.integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try self.integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try self.integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try self.integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try self.integer() }

    private func integer<I: FixedWidthInteger>() throws -> I {
        guard let number = self.value.int, let exact = I(exactly: number) else {
            throw WireDecodingError(self.codingPath, expected: "a whole number", got: self.value)
        }
        return exact
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoded(type, self.value, self.codingPath) }
}
