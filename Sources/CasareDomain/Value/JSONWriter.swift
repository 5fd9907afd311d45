extension Value {
    /// How JSON text is laid out.
    public enum JSONStyle: Hashable, Sendable {
        /// No space at all: `{"a":[1,2]}`.
        case compact
        /// One space after commas and colons, as Python writes it: `{"a": [1, 2]}`.
        case spaced
        /// A line per element, indented by so many spaces a level.
        case pretty(indent: Int)
    }

    /// The value as JSON text, which reads back as an equal value.
    ///
    /// A double has the fewest digits that read back as the same double, and keeps its `.0`, so that it stays a double.
    /// JSON has no NaN and no infinity: they become `null`.
    ///
    /// - Parameters:
    ///   - sortKeys: Write keys in the order of their code points rather than in the object's own.
    ///   - escapeNonASCII: Write everything beyond ASCII as `\u` escapes.
    public func jsonText(
        _ style: JSONStyle = .compact, sortKeys: Bool = false, escapeNonASCII: Bool = false
    ) -> String {
        String(decoding: self.jsonBytes(style, sortKeys: sortKeys, escapeNonASCII: escapeNonASCII), as: UTF8.self)
    }

    /// `jsonText` in UTF-8, for bodies and files.
    public func jsonBytes(
        _ style: JSONStyle = .compact, sortKeys: Bool = false, escapeNonASCII: Bool = false
    ) -> [UInt8] {
        var writer = JSONWriter(style: style, sortsKeys: sortKeys, escapesNonASCII: escapeNonASCII)
        writer.write(self)
        return writer.bytes
    }
}

/// Writes values as JSON.
struct JSONWriter {
    let style: Value.JSONStyle
    let sortsKeys: Bool
    let escapesNonASCII: Bool
    /// For people: `15` rather than `15.0`.
    var shortensIntegralDoubles = false
    private(set) var bytes: [UInt8] = []
    private var depth = 0

    init(style: Value.JSONStyle, sortsKeys: Bool = false, escapesNonASCII: Bool = false) {
        self.style = style
        self.sortsKeys = sortsKeys
        self.escapesNonASCII = escapesNonASCII
    }

    mutating func write(_ value: Value) {
        switch value {
        case .null: self.put("null")
        case .bool(let value): self.put(value ? "true" : "false")
        case .int(let value): self.write(value)
        case .double(let value): self.write(value)
        case .string(let value): self.write(quoted: value)
        case .list(let elements): self.write(elements)
        case .object(let object): self.write(object)
        }
    }

    // MARK: Lists and objects

    private mutating func write(_ elements: [Value]) {
        guard !elements.isEmpty else { return self.put("[]") }
        self.bytes.append(UInt8(ascii: "["))
        self.depth += 1
        var isFirst = true
        for element in elements {
            self.separate(isFirst: isFirst)
            isFirst = false
            self.write(element)
        }
        self.depth -= 1
        self.breakLine()
        self.bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: Object) {
        guard !object.isEmpty else { return self.put("{}") }
        self.bytes.append(UInt8(ascii: "{"))
        self.depth += 1
        var isFirst = true
        if self.sortsKeys {
            for (key, value) in object.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                self.write(member: key, value, isFirst: isFirst)
                isFirst = false
            }
        } else {
            for (key, value) in object {
                self.write(member: key, value, isFirst: isFirst)
                isFirst = false
            }
        }
        self.depth -= 1
        self.breakLine()
        self.bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(member key: String, _ value: Value, isFirst: Bool) {
        self.separate(isFirst: isFirst)
        self.write(quoted: key)
        self.put(self.style == .compact ? ":" : ": ")
        self.write(value)
    }

    private mutating func separate(isFirst: Bool) {
        if !isFirst {
            self.put(self.style == .spaced ? ", " : ",")
        }
        self.breakLine()
    }

    private mutating func breakLine() {
        guard case .pretty(let indent) = self.style else { return }
        self.bytes.append(UInt8(ascii: "\n"))
        self.bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * self.depth))
    }

    // MARK: Scalars

    private mutating func put(_ text: StaticString) {
        self.bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func write(_ value: Int) {
        if value >= 0, value < 10 {
            self.bytes.append(UInt8(ascii: "0") + UInt8(value))
        } else {
            self.bytes.append(contentsOf: value.description.utf8)
        }
    }

    private mutating func write(_ value: Double) {
        if !value.isFinite {
            self.put("null")
        } else if self.shortensIntegralDoubles {
            self.bytes.append(contentsOf: value.displayText.utf8)
        } else {
            self.bytes.append(contentsOf: value.description.utf8)
        }
    }

    private mutating func write(quoted text: String) {
        self.bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var plainStart = 0
            for position in utf8.indices where self.mustEscape(utf8[position]) {
                guard position >= plainStart else { continue }  // Inside a scalar that is already written.
                self.bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[plainStart..<position]))
                plainStart = position + self.writeEscaped(utf8, at: position)
            }
            self.bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[plainStart...]))
        }
        self.bytes.append(UInt8(ascii: "\""))
    }

    private func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            || (byte >= 0x80 && self.escapesNonASCII)
    }

    /// Writes the scalar that begins at a byte as an escape, and says how many bytes it has.
    private mutating func writeEscaped(_ utf8: UnsafeBufferPointer<UInt8>, at position: Int) -> Int {
        let byte = utf8[position]
        switch byte {
        case UInt8(ascii: "\""): self.put(#"\""#)
        case UInt8(ascii: "\\"): self.put(#"\\"#)
        case 0x08: self.put(#"\b"#)
        case 0x09: self.put(#"\t"#)
        case 0x0A: self.put(#"\n"#)
        case 0x0C: self.put(#"\f"#)
        case 0x0D: self.put(#"\r"#)
        case 0x80...:
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            let scalar = UnsafeBufferPointer(rebasing: utf8[position..<position + length])
            for unit in String(decoding: scalar, as: UTF8.self).utf16 {
                self.write(escapedUnit: unit)
            }
            return length
        default:
            self.write(escapedUnit: UInt16(byte))
        }
        return 1
    }

    private mutating func write(escapedUnit unit: UInt16) {
        self.put(#"\u"#)
        for shift in [12, 8, 4, 0] as [UInt16] {
            let digit = UInt8(truncatingIfNeeded: unit >> shift & 0xF)
            self.bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
