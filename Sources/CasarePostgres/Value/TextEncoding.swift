import FoundationEssentials

/// The text forms of values, for types that have no binary form here (numeric, interval, inet, enumerations in arrays).
enum TextEncoding {
    /// Nil when the value cannot be meant for such a type, or is out of its range.
    static func text(of value: PostgresValue, for type: PostgresType) -> String? {
        switch value {
        case .null: return nil
        case .bool(let value): return value ? "true" : "false"
        case .int2(let value): return self.text(of: Int64(value), for: type)
        case .int4(let value): return self.text(of: Int64(value), for: type)
        case .int8(let value): return self.text(of: value, for: type)
        case .double(let value): return "\(value)"
        case .text(let text), .json(let text), .jsonb(let text): return text
        case .uuid(let value): return value.uuidString.lowercased()
        case .bytes(let value): return self.hexadecimal(value)
        case .timestamp(let value): return PostgresTimestamp(value).text
        case .boolArray(let values): return self.array(values) { $0 ? "true" : "false" }
        case .int2Array(let values): return self.array(values) { "\($0)" }
        case .int4Array(let values): return self.array(values) { "\($0)" }
        case .int8Array(let values): return self.array(values) { "\($0)" }
        case .doubleArray(let values): return self.array(values) { "\($0)" }
        case .textArray(let values): return self.array(values) { $0 }
        case .uuidArray(let values): return self.array(values) { $0.uuidString.lowercased() }
        case .bytesArray(let values): return self.array(values) { self.hexadecimal($0) }
        case .timestampArray(let values): return self.array(values) { PostgresTimestamp($0).text }
        }
    }

    private static func text(of integer: Int64, for type: PostgresType) -> String? {
        switch type {
        // These have a binary form; coming here means that the number is too large for it.
        case .int2, .int4, .oid, .bool, .uuid, .bytea: nil
        default: "\(integer)"
        }
    }

    /// The input form of bytea (manual §8.4.1).
    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return bytes.reduce(into: "\\x") { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
    }

    /// The literal of an array (manual §8.15.2), every element quoted.
    private static func array<Element>(_ values: [Element?], _ text: (Element) -> String) -> String {
        let elements = values.map { value in
            guard let value else { return "NULL" }
            var quoted = "\""
            for character in text(value).unicodeScalars {
                if character == "\"" || character == "\\" { quoted.unicodeScalars.append("\\") }
                quoted.unicodeScalars.append(character)
            }
            return quoted + "\""
        }
        return "{" + elements.joined(separator: ",") + "}"
    }
}
