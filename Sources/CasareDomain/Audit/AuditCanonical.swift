/// The bytes that are hashed: a first line that says of what, and then each field as the number of its bytes, a colon,
/// its UTF-8 and a line feed; `-` and a line feed where there is none. No two different things have the same bytes.
///
/// The database writes the same for an entry, in `casare_audit_hash`. What an installation has once hashed is hashed
/// so for ever: another form would have another first line.
struct AuditCanonical {
    private(set) var bytes: [UInt8]

    init(_ kind: StaticString) { self.bytes = Array("casare-audit-\(kind) 1\n".utf8) }

    mutating func append(_ field: String?) {
        guard let field else { return self.bytes += [UInt8(ascii: "-"), UInt8(ascii: "\n")] }
        let text = field.utf8
        self.bytes += "\(text.count):".utf8
        self.bytes += text
        self.bytes.append(UInt8(ascii: "\n"))
    }
}

extension AuditEntry {
    /// What its hash is made of.
    public var canonical: [UInt8] {
        var form = AuditCanonical("entry")
        form.append(self.tenant.description)
        form.append(String(self.id))
        form.append(self.at)
        form.append(self.actor)
        form.append(self.actorKind)
        form.append(self.action)
        form.append(self.subject)
        form.append(self.outcome.rawValue)
        form.append(self.reason)
        form.append(self.source)
        form.append(self.requestID)
        form.append(self.traceID)
        form.append(self.detail)
        return form.bytes
    }
}

/// A SHA-256.
public struct AuditHash: Hashable, Sendable, CustomStringConvertible {
    public static let bytesCount = 32
    /// What the first link follows.
    public static let zero = AuditHash(unchecked: [UInt8](repeating: 0, count: Self.bytesCount))

    public let bytes: [UInt8]

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// `nil` for anything but 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.bytesCount else { return nil }
        self.bytes = bytes
    }

    /// Reads what `description` wrote.
    public init?(_ hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 2 * Self.bytesCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.bytesCount)
        for position in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.value(of: digits[position]), let low = Self.value(of: digits[position + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// 64 hexadecimal digits in small letters.
    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: self.bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
