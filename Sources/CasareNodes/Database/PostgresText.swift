import CasareDomain
import CasarePostgres
import FoundationEssentials

/// Values of workflows in PostgreSQL's text forms, and back.
///
/// A value is sent as text of the type that the server infers for its place, so that `1` fits an integer, a numeric and
/// a text column alike.
enum PostgresText {
    // MARK: To the server

    static func parameters(
        _ values: [Value], as types: [PostgresType]
    ) throws(DatabaseError) -> [String?] {
        guard values.count == types.count else {
            throw .refused(
                type: "ValueError",
                message: "Parameters given: \(values.count); placeholders in the statement: \(types.count)")
        }
        var texts: [String?] = []
        for (index, value) in values.enumerated() {
            texts.append(try self.text(of: value, as: types[index], number: index + 1))
        }
        return texts
    }

    private static func text(
        of value: Value, as type: PostgresType, number: Int
    ) throws(DatabaseError) -> String? {
        switch value {
        case .null: return nil
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        case .double: return value.displayText
        case .string(let text):
            guard type == .bytea, !text.hasPrefix("\\x") else { return text }
            guard let data = Data(base64Encoded: text) else {
                throw .refused(
                    type: "ValueError", message: "Parameter \(number) goes to a bytea: give its bytes as base64 or \\x…"
                )
            }
            return "\\x" + data.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        case .object:
            return value.jsonText(.compact)
        case .list(let elements):
            if Self.isTextual(type) { return value.jsonText(.compact) }
            var texts: [String] = []
            let element = Self.elements[type.rawValue] ?? .text
            for item in elements {
                if item.list != nil, element != .json, element != .jsonb {
                    texts.append(try Self.text(of: item, as: type, number: number) ?? "NULL")
                } else {
                    texts.append(try Self.text(of: item, as: element, number: number).map(CommandText.quoted) ?? "NULL")
                }
            }
            return "{" + texts.joined(separator: ",") + "}"
        }
    }

    /// Where a list is written as JSON, not as an array.
    private static func isTextual(_ type: PostgresType) -> Bool {
        [.json, .jsonb, .text, .varchar, .bpchar, .unknown].contains(type)
    }

    // MARK: From the server

    /// Numbers with more digits than this are not told apart by doubles.
    private static let exactDigitsMax = 15

    static func value(_ text: String?, of type: PostgresType) -> Value {
        guard let text else { return .null }
        switch type {
        case .bool: return .bool(text == "t")
        case .int2, .int4, .int8, .oid: return Int(text).map(Value.int) ?? .string(text)
        case .float4, .float8:
            // NaN and the infinities have no number in JSON.
            return Double(text).flatMap { $0.isFinite ? .double($0) : nil } ?? .string(text)
        case .numeric: return Self.number(text)
        case .json, .jsonb: return (try? Value(parsingJSON: text)) ?? .string(text)
        case .bytea: return Self.bytes(text)
        case .timestamp, .timestamptz: return .string(Self.isoTime(text))
        default:
            guard let element = Self.elements[type.rawValue] else { return .string(text) }
            return PostgresArrayText.items(text).map { .list($0.map { Self.value(of: $0, element) }) } ?? .string(text)
        }
    }

    private static func value(of item: PostgresArrayText.Item, _ element: PostgresType) -> Value {
        switch item {
        case .null: .null
        case .text(let text): Self.value(text, of: element)
        case .list(let items): .list(items.map { Self.value(of: $0, element) })
        }
    }

    /// A number where none of its digits is lost, otherwise text.
    private static func number(_ text: String) -> Value {
        if let integer = Int(text) { return .int(integer) }
        let digits = text.filter(\.isNumber).drop { $0 == "0" }
        guard digits.count <= self.exactDigitsMax, let number = Double(text), number.isFinite else {
            return .string(text)
        }
        return .double(number)
    }

    /// From `\x…` to base64, the form of bytes in workflows.
    private static func bytes(_ text: String) -> Value {
        let digits = Array(text.utf8.dropFirst(2))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count - 1, by: 2) {
            guard let high = Self.digit(digits[index]), let low = Self.digit(digits[index + 1]) else {
                return .string(text)
            }
            bytes.append(high << 4 | low)
        }
        return .string(Data(bytes).base64EncodedString())
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }

    /// `2024-05-06 07:08:09+00` as ISO 8601 has it: `2024-05-06T07:08:09+00:00`.
    private static func isoTime(_ text: String) -> String {
        guard let space = text.firstIndex(of: " "), text.contains(":") else { return text }
        var text = text
        text.replaceSubrange(space...space, with: "T")
        if let sign = text.suffix(3).first, sign == "+" || sign == "-" { text += ":00" }
        return text
    }

    /// The element types of the built-in array types (pg_type.dat).
    private static let elements: [UInt32: PostgresType] = [
        1000: .bool, 1001: .bytea, 1002: .char, 1003: .name, 1005: .int2, 1007: .int4, 1009: .text, 1014: .bpchar,
        1015: .varchar, 1016: .int8, 1021: .float4, 1022: .float8, 1028: .oid, 1115: .timestamp, 1185: .timestamptz,
        1231: .numeric, 199: .json, 3807: .jsonb, 2951: .uuid, 1182: .text, 1183: .text, 1187: .text, 1041: .text,
    ]
}
