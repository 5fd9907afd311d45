/// The values of one version of a secret, by the names of its fields.
public struct SecretFields: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    private var texts: [String: SecretText]

    public init(_ texts: [String: SecretText] = [:]) { self.texts = texts }

    public init(dictionaryLiteral elements: (String, SecretText)...) {
        self.texts = Dictionary(elements) { _, last in last }
    }

    public subscript(name: String) -> SecretText? {
        get { self.texts[name] }
        set { self.texts[name] = newValue }
    }

    /// In alphabetical order.
    public var names: [String] { self.texts.keys.sorted() }
    public var isEmpty: Bool { self.texts.isEmpty }
    /// Of all values together, names not counted.
    public var bytesCount: Int { self.texts.values.reduce(0) { $0 + $1.bytesCount } }
}

extension SecretFields: CustomStringConvertible, CustomReflectable {
    public var description: String { "<redacted: \(self.names.joined(separator: ", "))>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

// MARK: - As bytes

/// What is encrypted: a byte for the form, then for each field, by name, two bytes with the length of its name, the
/// name, four bytes with the length of its value, and the value; numbers with the high byte first.
///
/// Not JSON: there the values would have to be strings on the way, in memory that nobody overwrites.
extension SecretFields {
    private static let form: UInt8 = 1

    /// In memory that is overwritten, as that of the values is.
    package func packed() -> SecretText {
        let names = self.names
        let count = names.reduce(1) { $0 + 6 + $1.utf8.count + (self.texts[$1]?.bytesCount ?? 0) }
        return SecretText(bytesCount: count) { memory in
            memory[0] = Self.form
            var position = 1
            func write(_ number: Int, bytes: Int) {
                for shift in (0..<bytes).reversed() {
                    memory[position] = UInt8(truncatingIfNeeded: number >> (8 * shift))
                    position += 1
                }
            }
            for name in names {
                write(name.utf8.count, bytes: 2)
                for byte in name.utf8 {
                    memory[position] = byte
                    position += 1
                }
                write(self.texts[name]?.bytesCount ?? 0, bytes: 4)
                self.texts[name]?.withBytes { value in
                    for byte in value {
                        memory[position] = byte
                        position += 1
                    }
                }
            }
        }
    }

    /// - Returns: `nil` for what `packed` does not write.
    package init?(unpacking packed: SecretText) {
        let texts = packed.withBytes { bytes -> [String: SecretText]? in
            guard bytes.first == Self.form else { return nil }
            var texts: [String: SecretText] = [:]
            var position = 1
            func take(_ count: Int) -> UnsafeRawBufferPointer? {
                guard count <= bytes.count - position else { return nil }
                defer { position += count }
                return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
            }
            func number(_ count: Int) -> Int? { take(count)?.reduce(0) { $0 << 8 | Int($1) } }
            while position < bytes.count {
                guard let name = number(2).flatMap(take), let value = number(4).flatMap(take) else { return nil }
                texts[String(decoding: name, as: UTF8.self)] = SecretText(bytesCount: value.count) { memory in
                    memory.copyMemory(from: value)
                }
            }
            return texts
        }
        guard let texts else { return nil }
        self.init(texts)
    }
}
