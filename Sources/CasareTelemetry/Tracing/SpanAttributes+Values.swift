import Tracing

extension SpanAttributes {
    static let empty: SpanAttributes = [:]
    static let errorType = "error.type"

    /// So many of these at most. Those that stand in `known` too go before the others.
    func limited(to countMax: Int, keeping known: SpanAttributes) -> SpanAttributes {
        var kept = SpanAttributes.empty
        for isKnown in [true, false] {
            // It has nothing else to go through its members with.
            // swift-format-ignore: ReplaceForEachWithForLoop
            self.forEach { name, value in
                guard kept.count < countMax, (known.get(name) != nil) == isKnown else { return }
                kept.set(name, value: value)
            }
        }
        return kept
    }

    /// As they are sent. What has no name is dropped, and what there is beyond `countMax`.
    ///
    /// - Parameter lengthMax: characters of a text; `nil`: `AttributeLimits.valueBytesMax` of a value.
    func values(countMax: Int, lengthMax: Int?) -> (kept: [AttributeKey: AttributeValue], dropped: Int) {
        var kept: [AttributeKey: AttributeValue] = [:]
        kept.reserveCapacity(min(self.count, countMax))
        // swift-format-ignore: ReplaceForEachWithForLoop
        self.forEach { name, attribute in
            guard !name.isEmpty, kept.count < countMax,
                let value = AttributeValue(attribute, lengthMax: lengthMax)
            else { return }
            kept[AttributeKey(rawValue: name)] = value
        }
        return (kept, self.count - kept.count)
    }
}

extension AttributeValue {
    /// - Parameter lengthMax: characters of a text; `nil`: `AttributeLimits.valueBytesMax` of a value.
    /// - Returns: `nil` for the case that stands for cases of the future.
    init?(_ attribute: SpanAttribute, lengthMax: Int?) {
        switch attribute {
        case .int32(let number): self = .int(Int(number))
        case .int64(let number): self = .int(Int(number))
        case .double(let number): self = .double(number)
        case .bool(let flag): self = .bool(flag)
        case .string(let text): self = .string(text.shortened(to: lengthMax))
        case .stringConvertible(let value): self = .string("\(value)".shortened(to: lengthMax))
        case .int32Array(let numbers): self = Self.list(numbers, lengthMax) { .int(Int($0)) }
        case .int64Array(let numbers): self = Self.list(numbers, lengthMax) { .int(Int($0)) }
        case .doubleArray(let numbers): self = Self.list(numbers, lengthMax) { .double($0) }
        case .boolArray(let flags): self = Self.list(flags, lengthMax) { .bool($0) }
        case .stringArray(let texts): self = Self.list(texts, lengthMax) { .string($0) }
        case .stringConvertibleArray(let values): self = Self.list(values, lengthMax) { .string("\($0)") }
        // The package keeps the right to add cases.
        default: return nil
        }
    }

    private static func list<Member>(
        _ members: [Member], _ lengthMax: Int?, _ make: (Member) -> AttributeValue
    ) -> AttributeValue {
        // There is no member without a byte: what cannot stay is not made.
        let few = lengthMax == nil ? members.prefix(AttributeLimits.valueBytesMax) : members[...]
        return AttributeValue.array(few.map(make)).shortened(to: lengthMax)
    }

    /// Within the limit. What does not fit of a list is left out from its end.
    ///
    /// - Parameter lengthMax: characters of a text; `nil`: `AttributeLimits.valueBytesMax` of the whole value.
    func shortened(to lengthMax: Int?) -> AttributeValue {
        switch self {
        case .string(let text): return .string(text.shortened(to: lengthMax))
        case .int, .double, .bool: return self
        case .array(let values):
            let short = values.map { $0.shortened(to: lengthMax) }
            guard lengthMax == nil else { return .array(short) }
            var room = AttributeLimits.valueBytesMax
            return .array(
                Array(
                    short.prefix { value in
                        room -= value.bytes
                        return room >= 0
                    }))
        }
    }

    /// About what it takes of memory; never 0.
    private var bytes: Int {
        switch self {
        case .string(let text): max(1, text.utf8.count)
        case .int, .double: 8
        case .bool: 1
        case .array(let values): values.reduce(1) { $0 + $1.bytes }
        }
    }
}

extension String {
    /// - Parameter lengthMax: characters; `nil`: `AttributeLimits.valueBytesMax`.
    func shortened(to lengthMax: Int?) -> String {
        guard let lengthMax else { return self.shortened(toBytes: AttributeLimits.valueBytesMax) }
        // Counting characters takes long, and there are never more of them than bytes.
        guard self.utf8.count > lengthMax else { return self }
        return String(self.prefix(lengthMax))
    }

    /// Whole characters, as many as have no more bytes than that together.
    func shortened(toBytes bytesMax: Int) -> String {
        guard self.utf8.count > bytesMax else { return self }
        // Behind the character in which the limit lies, and before it again.
        let next = self.index(after: self.utf8.index(self.startIndex, offsetBy: bytesMax))
        return String(self[..<self.index(before: next)])
    }
}
