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
    /// - Parameter lengthMax: characters of a text; `nil`: no limit.
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
    /// - Parameter lengthMax: characters of a text; `nil`: no limit.
    /// - Returns: `nil` for the case that stands for cases of the future.
    init?(_ attribute: SpanAttribute, lengthMax: Int?) {
        switch attribute {
        case .int32(let number): self = .int(Int(number))
        case .int64(let number): self = .int(Int(number))
        case .double(let number): self = .double(number)
        case .bool(let flag): self = .bool(flag)
        case .string(let text): self = .string(text.shortened(to: lengthMax))
        case .stringConvertible(let value): self = .string("\(value)".shortened(to: lengthMax))
        case .int32Array(let numbers): self = .array(numbers.map { .int(Int($0)) })
        case .int64Array(let numbers): self = .array(numbers.map { .int(Int($0)) })
        case .doubleArray(let numbers): self = .array(numbers.map { .double($0) })
        case .boolArray(let flags): self = .array(flags.map { .bool($0) })
        case .stringArray(let texts): self = .array(texts.map { .string($0.shortened(to: lengthMax)) })
        case .stringConvertibleArray(let values):
            self = .array(values.map { .string("\($0)".shortened(to: lengthMax)) })
        // The package keeps the right to add cases.
        default: return nil
        }
    }
}

extension String {
    /// - Parameter lengthMax: characters; `nil`: no limit.
    func shortened(to lengthMax: Int?) -> String {
        // Counting characters takes long, and there are never more of them than bytes.
        guard let lengthMax, self.utf8.count > lengthMax else { return self }
        return String(self.prefix(lengthMax))
    }
}
