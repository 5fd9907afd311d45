/// What an attribute of telemetry is called: lower case, with dots between namespaces.
package struct AttributeKey: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package init(stringLiteral: StaticString) { self.rawValue = stringLiteral.description }

    package var description: String { self.rawValue }
}

/// What an attribute says. On metrics it takes few values: never an ID, an address or a text that people wrote freely.
package enum AttributeValue: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    case string(String)
    case int(Int)
    case double(Double)
    case bool(Bool)
    /// Several of one kind; not on metrics.
    case array([AttributeValue])

    package init(stringLiteral: StaticString) { self = .string(stringLiteral.description) }

    package var description: String {
        switch self {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): number.description
        case .bool(let flag): String(flag)
        case .array(let values): "[\(values.map(\.description).joined(separator: ","))]"
        }
    }
}

/// The attributes that tell one series of a metric from another. Two sets with the same members are the same series,
/// in whatever order they were written down.
package struct Attributes: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package struct Member: Hashable, Sendable {
        package let key: AttributeKey
        package let value: AttributeValue
    }

    /// By key.
    package let members: [Member]

    package static let none = Attributes([])

    /// The one series that everything beyond the limit of a metric is added to.
    package static let overflow: Attributes = ["otel.metric.overflow": .bool(true)]

    /// Members without a value are left out, so that what is there only at times can stand beside the rest.
    ///
    /// - Precondition: no key stands there twice.
    package init(dictionaryLiteral pairs: (AttributeKey, AttributeValue?)...) {
        self.init(
            pairs.compactMap { key, value in value.map { Member(key: key, value: $0) } })
    }

    /// For keys that are only known when the program runs: of two that are equal the last one's value counts.
    package init(pairs: some Sequence<(AttributeKey, AttributeValue)>) {
        let members = Dictionary(pairs) { $1 }
        self.init(members.map { Member(key: $0.key, value: $0.value) })
    }

    private init(_ members: [Member]) {
        guard members.count > 1 else {
            self.members = members
            return
        }
        let sorted = members.sorted { $0.key.rawValue < $1.key.rawValue }
        for (one, next) in zip(sorted, sorted.dropFirst()) {
            precondition(one.key != next.key, "The attribute \(one.key) stands there twice")
        }
        self.members = sorted
    }

    package subscript(key: AttributeKey) -> AttributeValue? { self.members.first { $0.key == key }?.value }
}
