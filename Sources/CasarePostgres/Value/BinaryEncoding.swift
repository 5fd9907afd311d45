import FoundationEssentials

/// The binary forms of values (the server's `…recv` functions), all big-endian.
enum BinaryEncoding {
    /// Appends the value in the binary form of `type`. False when there is none, or the value does not fit; `bytes` may
    /// then have grown.
    static func append(_ value: PostgresValue, as type: PostgresType, to bytes: inout [UInt8]) -> Bool {
        switch value {
        case .null: return false
        case .bool(let value):
            guard type == .bool else { return false }
            bytes.append(value ? 1 : 0)
            return true
        case .int2(let value): return self.append(integer: Int64(value), as: type, to: &bytes)
        case .int4(let value): return self.append(integer: Int64(value), as: type, to: &bytes)
        case .int8(let value): return self.append(integer: value, as: type, to: &bytes)
        case .double(let value): return self.append(double: value, as: type, to: &bytes)
        case .text(let text), .json(let text), .jsonb(let text):
            if type == .jsonb {
                bytes.append(1)  // The version of jsonb's binary form.
            } else if !type.isTextual {
                return false
            }
            bytes.append(contentsOf: text.utf8)
            return true
        case .bytes(let value):
            guard type == .bytea else { return false }
            bytes.append(contentsOf: value)
            return true
        case .uuid(let value):
            guard type == .uuid else { return false }
            withUnsafeBytes(of: value.uuid) { bytes.append(contentsOf: $0) }
            return true
        case .timestamp(let value):
            guard type == .timestamptz || type == .timestamp else { return false }
            self.appendBigEndian(PostgresTimestamp(value).microseconds, to: &bytes)
            return true
        case .boolArray(let values): return self.append(values, as: type, to: &bytes) { .bool($0) }
        case .int2Array(let values): return self.append(values, as: type, to: &bytes) { .int2($0) }
        case .int4Array(let values): return self.append(values, as: type, to: &bytes) { .int4($0) }
        case .int8Array(let values): return self.append(values, as: type, to: &bytes) { .int8($0) }
        case .doubleArray(let values): return self.append(values, as: type, to: &bytes) { .double($0) }
        case .textArray(let values): return self.append(values, as: type, to: &bytes) { .text($0) }
        case .bytesArray(let values): return self.append(values, as: type, to: &bytes) { .bytes($0) }
        case .uuidArray(let values): return self.append(values, as: type, to: &bytes) { .uuid($0) }
        case .timestampArray(let values): return self.append(values, as: type, to: &bytes) { .timestamp($0) }
        }
    }

    static func appendBigEndian(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(integer: Int64, as type: PostgresType, to bytes: inout [UInt8]) -> Bool {
        switch type {
        case .int8:
            self.appendBigEndian(integer, to: &bytes)
        case .int4:
            guard let value = Int32(exactly: integer) else { return false }
            self.appendBigEndian(value, to: &bytes)
        case .int2:
            guard let value = Int16(exactly: integer) else { return false }
            self.appendBigEndian(value, to: &bytes)
        case .oid:
            guard let value = UInt32(exactly: integer) else { return false }
            self.appendBigEndian(value, to: &bytes)
        case .float8:
            guard let value = Double(exactly: integer) else { return false }
            self.appendBigEndian(value.bitPattern, to: &bytes)
        default:
            return false
        }
        return true
    }

    private static func append(double: Double, as type: PostgresType, to bytes: inout [UInt8]) -> Bool {
        switch type {
        case .float8: self.appendBigEndian(double.bitPattern, to: &bytes)
        case .float4: self.appendBigEndian(Float(double).bitPattern, to: &bytes)
        default: return false
        }
        return true
    }

    /// An array of one dimension: dimensions, whether there are NULLs, element type, length, lower bound, elements.
    private static func append<Element>(
        _ values: [Element?], as type: PostgresType, to bytes: inout [UInt8], _ wrap: (Element) -> PostgresValue
    ) -> Bool {
        guard let elementType = type.element else { return false }
        guard let count = Int32(exactly: values.count) else { return false }
        self.appendBigEndian(Int32(values.isEmpty ? 0 : 1), to: &bytes)
        self.appendBigEndian(Int32(values.contains { $0 == nil } ? 1 : 0), to: &bytes)
        self.appendBigEndian(elementType.rawValue, to: &bytes)
        if values.isEmpty { return true }
        self.appendBigEndian(count, to: &bytes)
        self.appendBigEndian(Int32(1), to: &bytes)
        for value in values {
            let lengthStart = bytes.count
            self.appendBigEndian(Int32(-1), to: &bytes)
            guard let value else { continue }
            guard self.append(wrap(value), as: elementType, to: &bytes) else { return false }
            let length = Int32(truncatingIfNeeded: bytes.count - lengthStart - 4)
            withUnsafeBytes(of: length.bigEndian) { length in
                for (index, byte) in length.enumerated() { bytes[lengthStart + index] = byte }
            }
        }
        return true
    }
}
