public import CasareDomain
import FoundationEssentials

/// Turns `Encodable` types into JSON values.
///
/// Names of struct members become snake case; `nil` becomes `null`; dates become `Timestamp` texts. `Value` and
/// `Object` members are taken over as they are. Dictionaries are not for the wire, as their keys would be renamed too:
/// use `Object`.
public enum ValueEncoder {
    /// - Throws: what a type's own `encode(to:)` throws; the types of this module throw nothing.
    public static func encode(_ value: some Encodable) throws -> Value {
        try encoded(value, [])
    }
}

/// What has been encoded so far at one place. Containers fill it after they were handed out, so it is a reference.
private final class Slot {
    enum Content {
        case nothing
        case value(Value)
        case list([Slot])
        case object([(name: String, slot: Slot)])
    }

    var content = Content.nothing

    init(_ content: Content = .nothing) { self.content = content }

    var value: Value {
        switch self.content {
        case .nothing: .null
        case .value(let value): value
        case .list(let slots): .list(slots.map(\.value))
        case .object(let members): .object(Object(members.map { ($0.name, $0.slot.value) }))
        }
    }

    func set(_ name: String, _ slot: Slot) {
        guard case .object(var members) = self.content else {
            self.content = .object([(name, slot)])
            return
        }
        // Taken out while it grows, so that it is not copied.
        self.content = .nothing
        members.append((name, slot))
        self.content = .object(members)
    }

    func append(_ slot: Slot) {
        guard case .list(var slots) = self.content else {
            self.content = .list([slot])
            return
        }
        self.content = .nothing
        slots.append(slot)
        self.content = .list(slots)
    }
}

private func encoded<T: Encodable>(_ value: T, _ path: [any CodingKey]) throws -> Value {
    // The casts cannot fail: the types were just compared.
    if T.self == Value.self { return value as! Value }
    if T.self == Object.self { return .object(value as! Object) }
    if T.self == Date.self { return .string(Timestamp.text(value as! Date)) }
    if T.self == String.self { return .string(value as! String) }
    let encoder = SlotEncoder(slot: Slot(), codingPath: path)
    try value.encode(to: encoder)
    return encoder.slot.value
}

private struct SlotEncoder: Encoder {
    let slot: Slot
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .nothing = self.slot.content { self.slot.content = .object([]) }
        return KeyedEncodingContainer(KeyedSlots<Key>(slot: self.slot, codingPath: self.codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .nothing = self.slot.content { self.slot.content = .list([]) }
        return UnkeyedSlots(slot: self.slot, codingPath: self.codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleSlot(slot: self.slot, codingPath: self.codingPath)
    }
}

private struct KeyedSlots<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { self.slot.set(key.wireName, Slot(.value(.null))) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        self.slot.set(key.wireName, Slot(.value(try encoded(value, self.codingPath + [key]))))
    }

    // A missing value is written as null: the published shapes always have all their members.
    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
        if let value { try self.encode(value, forKey: key) } else { self.encodeNil(forKey: key) }
    }
    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { self.put(value.map(Value.bool), key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { self.put(value.map(Value.string), key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { self.put(value.map(Value.double), key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { self.put(value.map(Value.int), key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { self.put(value.map { .int(Int($0)) }, key) }

    private func put(_ value: Value?, _ key: Key) { self.slot.set(key.wireName, Slot(.value(value ?? .null))) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        self.nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { self.nested(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { self.nested(WireKey(stringValue: "super")) }
    func superEncoder(forKey key: Key) -> any Encoder { self.nested(key) }

    private func nested(_ key: any CodingKey) -> SlotEncoder {
        let child = Slot()
        self.slot.set(key.wireName, child)
        return SlotEncoder(slot: child, codingPath: self.codingPath + [key])
    }
}

private struct UnkeyedSlots: UnkeyedEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]
    private(set) var count = 0

    init(slot: Slot, codingPath: [any CodingKey]) {
        self.slot = slot
        self.codingPath = codingPath
    }

    mutating func encodeNil() {
        self.slot.append(Slot(.value(.null)))
        self.count += 1
    }

    mutating func encode<T: Encodable>(_ value: T) throws {
        self.slot.append(Slot(.value(try encoded(value, self.codingPath + [WireKey(intValue: self.count)]))))
        self.count += 1
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        self.nested().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self.nested().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { self.nested() }

    private mutating func nested() -> SlotEncoder {
        let child = Slot()
        self.slot.append(child)
        self.count += 1
        return SlotEncoder(slot: child, codingPath: self.codingPath + [WireKey(intValue: self.count - 1)])
    }
}

private struct SingleSlot: SingleValueEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]

    func encodeNil() { self.slot.content = .value(.null) }
    func encode(_ value: Bool) { self.slot.content = .value(.bool(value)) }
    func encode(_ value: String) { self.slot.content = .value(.string(value)) }
    func encode(_ value: Double) { self.slot.content = .value(.double(value)) }
    func encode(_ value: Float) { self.slot.content = .value(.double(Double(value))) }
    func encode(_ value: Int) { self.slot.content = .value(.int(value)) }
    func encode(_ value: Int8) { self.slot.content = .value(.int(Int(value))) }
    func encode(_ value: Int16) { self.slot.content = .value(.int(Int(value))) }
    func encode(_ value: Int32) { self.slot.content = .value(.int(Int(value))) }
    func encode(_ value: Int64) { self.slot.content = .value(.int(Int(value))) }
    func encode(_ value: UInt) throws { try self.encode(unsigned: value) }
    func encode(_ value: UInt8) { self.slot.content = .value(.int(Int(value))) }
    func encode(_ value: UInt16) { self.slot.content = .value(.int(Int(value))) }
    func encode(_ value: UInt32) { self.slot.content = .value(.int(Int(value))) }
    func encode(_ value: UInt64) throws { try self.encode(unsigned: value) }

    private func encode(unsigned value: some FixedWidthInteger & UnsignedInteger) throws {
        guard let exact = Int(exactly: value) else {
            throw EncodingError.invalidValue(
                value,
                .init(codingPath: self.codingPath, debugDescription: "\(value) does not fit a signed 64-bit number"))
        }
        self.slot.content = .value(.int(exact))
    }

    func encode<T: Encodable>(_ value: T) throws { self.slot.content = .value(try encoded(value, self.codingPath)) }
}
