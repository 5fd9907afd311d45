/// The value of `baggage` (W3C Baggage): names and values that whoever began a trace gives to everybody on the way.
///
/// Everybody reads it, so it is no place for secrets, and it is sent to nobody but Casare's own parts.
public struct Baggage: Hashable, Sendable, CustomStringConvertible {
    public static let membersMax = 64
    public static let bytesMax = 8192

    /// As it is sent.
    public let description: String

    /// Checks a value that came. Members that break the rules are left out, and whole members from its end where there
    /// are more than `membersMax` of them or `bytesMax` bytes.
    ///
    /// - Returns: `nil` when nothing is left.
    public init?(_ text: String) {
        var kept: [Substring] = []
        var bytes = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: true) {
            let member = part.trimmingBlanks
            guard Self.isMember(member) else { continue }
            bytes += member.utf8.count + (kept.isEmpty ? 0 : 1)
            guard kept.count < Self.membersMax, bytes <= Self.bytesMax else { break }
            kept.append(member)
        }
        guard !kept.isEmpty else { return nil }
        self.init(members: kept)
    }

    private init(members: [Substring]) { self.description = members.joined(separator: ",") }

    // MARK: - New members

    /// One member. Its value may be any text: what may not stand there is percent-encoded.
    ///
    /// - Returns: `nil` for a name that is none (RFC 9110 §5.6.2), and for more than `bytesMax` bytes.
    public init?(_ name: String, _ value: String) {
        guard let member = Self.member(name, value), member.utf8.count <= Self.bytesMax else { return nil }
        self.init(members: [member[...]])
    }

    /// With one more member, as `init(_:_:)` makes it, in the place of those that have its name.
    ///
    /// - Returns: the same as before when the name is none, or when there is no room for the whole member.
    public func adding(_ name: String, _ value: String) -> Baggage {
        guard let member = Self.member(name, value) else { return self }
        let others = self.description.split(separator: ",").filter { Self.name(of: $0) != name }
        let bytes = others.reduce(others.count + member.utf8.count) { $0 + $1.utf8.count }
        guard others.count < Self.membersMax, bytes <= Self.bytesMax else { return self }
        return Baggage(members: others + [member[...]])
    }

    private static func member(_ name: String, _ value: String) -> String? {
        guard !name.isEmpty, name.utf8.allSatisfy(self.isNameByte) else { return nil }
        return "\(name)=\(self.percentEncoded(value))"
    }

    private static func name(of member: Substring) -> Substring {
        member.prefix { $0 != "=" }.trimmingBlanks
    }

    private static func percentEncoded(_ value: String) -> String {
        // Names of workflows and tenants, which are told with each job, are such as a rule.
        if value.utf8.allSatisfy({ self.isValueByte($0) && $0 != UInt8(ascii: "%") }) { return value }
        var text = ""
        for byte in value.utf8 {
            if self.isValueByte(byte), byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
            }
        }
        return text
    }

    // MARK: - What is a member

    /// `name=value`, and behind it properties, each `name` or `name=value` after a semicolon.
    private static func isMember(_ member: Substring) -> Bool {
        let parts = member.split(separator: ";", omittingEmptySubsequences: false)
        return self.isPair(parts[0], needsValue: true)
            && parts.dropFirst().allSatisfy { self.isPair($0, needsValue: false) }
    }

    private static func isPair(_ text: Substring, needsValue: Bool) -> Bool {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = halves[0].trimmingBlanks
        guard !name.isEmpty, name.utf8.allSatisfy(self.isNameByte) else { return false }
        guard halves.count == 2 else { return !needsValue }
        return halves[1].trimmingBlanks.utf8.allSatisfy(self.isValueByte)
    }

    /// RFC 9110 §5.6.2.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !#""(),/:;<=>?@[\]{}"#.utf8.contains(byte)
    }

    /// What else there is in a value is percent-encoded.
    private static func isValueByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !#"",;\"#.utf8.contains(byte)
    }
}
