package import FoundationEssentials

/// A type that a column's binary form can be read as.
package protocol PostgresDecodable {
    /// Nil when the column's type cannot be read as this one, or the value does not fit.
    static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Self?
    /// What NULL is; nil when it may not be.
    static func decodeNull() -> Self?
}

extension PostgresDecodable {
    package static func decodeNull() -> Self? { nil }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Wrapped?? {
        guard let value = Wrapped.decode(bytes, as: type) else { return nil }
        return .some(value)
    }

    package static func decodeNull() -> Wrapped?? { .some(nil) }
}

extension Bool: PostgresDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Bool? {
        type == .bool && bytes.count == 1 ? bytes[0] != 0 : nil
    }
}

extension PostgresDecodable where Self: FixedWidthInteger {
    /// Reads an integer column of any width, and a `numeric` without fraction (what `sum(int8)` gives).
    package static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Self? {
        switch type {
        case .int8: BinaryDecoding.integer(bytes, as: Int64.self).flatMap { Self(exactly: $0) }
        case .int4: BinaryDecoding.integer(bytes, as: Int32.self).flatMap { Self(exactly: $0) }
        case .int2: BinaryDecoding.integer(bytes, as: Int16.self).flatMap { Self(exactly: $0) }
        case .oid: BinaryDecoding.integer(bytes, as: UInt32.self).flatMap { Self(exactly: $0) }
        case .numeric: BinaryDecoding.wholeNumeric(bytes).flatMap { Self(exactly: $0) }
        default: nil
        }
    }
}

extension Int: PostgresDecodable {}
extension Int64: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int16: PostgresDecodable {}

extension Double: PostgresDecodable {
    /// Reads floating point columns, `numeric` to the nearest double, and integers.
    package static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Double? {
        switch type {
        case .float8: BinaryDecoding.integer(bytes, as: UInt64.self).map { Double(bitPattern: $0) }
        case .float4: BinaryDecoding.integer(bytes, as: UInt32.self).map { Double(Float(bitPattern: $0)) }
        case .numeric: BinaryDecoding.numeric(bytes)
        default: Int64.decode(bytes, as: type).map { Double($0) }
        }
    }
}

extension String: PostgresDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> String? {
        if type.isTextual { return String(decoding: bytes, as: UTF8.self) }
        // jsonb begins with the version of its binary form.
        guard type == .jsonb, bytes.first == 1 else { return nil }
        return String(decoding: bytes.dropFirst(), as: UTF8.self)
    }
}

extension UUID: PostgresDecodable {
    package static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> UUID? {
        type == .uuid && bytes.count == 16 ? UUID(uuid: bytes.loadUnaligned(as: uuid_t.self)) : nil
    }
}

extension Date: PostgresDecodable {
    /// Reads `timestamptz`, and `timestamp` as UTC.
    package static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Date? {
        guard type == .timestamptz || type == .timestamp else { return nil }
        return BinaryDecoding.integer(bytes, as: Int64.self).map { PostgresTimestamp(microseconds: $0).date }
    }
}

extension UInt8: PostgresDecodable {
    /// No column holds one; it is the element of `[UInt8]`, which reads `bytea`.
    package static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> UInt8? { nil }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    /// Reads an array of at most one dimension; `[UInt8]` reads `bytea`.
    package static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> [Element]? {
        if type == .bytea { return Array<UInt8>(bytes) as? [Element] }
        return BinaryDecoding.array(bytes, as: type)
    }
}
