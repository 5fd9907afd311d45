extension Value {
    /// How the value appears inside text that people read: in templates, log lines and joined lists.
    ///
    /// `true` and `false`, nothing for null, `15` also for `15.0`, and compact JSON for lists and objects.
    public var displayText: String {
        switch self {
        case .null: return ""
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return value.description
        case .double(let value): return value.displayText
        case .string(let value): return value
        case .list, .object:
            var writer = JSONWriter(style: .compact)
            writer.shortensIntegralDoubles = true
            writer.write(self)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }
}

extension Double {
    /// Doubles without a fraction are written like integers up to here; beyond, their digits are no longer exact.
    private static let integralTextMax = 1e16

    /// The shortest text that reads back as this number, without the fraction of a whole number.
    var displayText: String {
        if self.magnitude < Self.integralTextMax, let integer = Int(exactly: self) {
            return integer.description
        }
        return self.description
    }
}
