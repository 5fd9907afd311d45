package import FoundationEssentials

/// A value for a parameter.
///
/// It is sent in the form that the server expects at the parameter's place: an `int8` fits an `int4` column when the
/// number does, a `text` becomes an enumeration's label or `jsonb`. Where there is no binary form for the pair, its
/// text goes over and the server parses it.
package enum PostgresValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case int2(Int16)
    case int4(Int32)
    case int8(Int64)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    case uuid(UUID)
    /// `Date.distantPast` and `.distantFuture` stand for `-infinity` and `infinity`.
    case timestamp(Date)
    /// JSON text.
    case json(String)
    /// JSON text.
    case jsonb(String)
    case boolArray([Bool?])
    case int2Array([Int16?])
    case int4Array([Int32?])
    case int8Array([Int64?])
    case doubleArray([Double?])
    /// Also for `jsonb[]`, `varchar[]` and arrays of enumerations.
    case textArray([String?])
    case bytesArray([[UInt8]?])
    case uuidArray([UUID?])
    case timestampArray([Date?])
}

extension PostgresValue {
    package static func int(_ value: Int) -> PostgresValue { .int8(Int64(value)) }

    package static func bool(_ value: Bool?) -> PostgresValue { value.map { .bool($0) } ?? .null }
    package static func int(_ value: Int?) -> PostgresValue { value.map { .int8(Int64($0)) } ?? .null }
    package static func int2(_ value: Int16?) -> PostgresValue { value.map { .int2($0) } ?? .null }
    package static func int4(_ value: Int32?) -> PostgresValue { value.map { .int4($0) } ?? .null }
    package static func int8(_ value: Int64?) -> PostgresValue { value.map { .int8($0) } ?? .null }
    package static func double(_ value: Double?) -> PostgresValue { value.map { .double($0) } ?? .null }
    package static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
    package static func bytes(_ value: [UInt8]?) -> PostgresValue { value.map { .bytes($0) } ?? .null }
    package static func uuid(_ value: UUID?) -> PostgresValue { value.map { .uuid($0) } ?? .null }
    package static func timestamp(_ value: Date?) -> PostgresValue { value.map { .timestamp($0) } ?? .null }
    package static func json(_ value: String?) -> PostgresValue { value.map { .json($0) } ?? .null }
    package static func jsonb(_ value: String?) -> PostgresValue { value.map { .jsonb($0) } ?? .null }
    package static func intArray(_ values: [Int]) -> PostgresValue { .int8Array(values.map { Int64($0) }) }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .int8(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(nilLiteral: ()) { self = .null }
}
