/// The value of `tracestate` (W3C Trace Context §3.3): what tracing systems on the way have added for themselves, each
/// under a key of its own, the latest first. Nothing here looks into it; it is handed on.
public struct TraceState: Hashable, Sendable, CustomStringConvertible {
    public static let membersMax = 32
    /// Longer ones lose members: 512 is what everybody on the way should be able to hand on.
    public static let charactersMax = 512
    /// Members longer than this go first.
    private static let memberCharactersKept = 128

    /// As it is sent.
    public let description: String

    /// Checks a value that came. One that is longer than `charactersMax` loses whole members, long ones first and then
    /// from its end, until it is not.
    ///
    /// - Returns: `nil` where nothing is in it, and for what breaks the rules: then all of it is to be dropped.
    public init?(_ text: String) {
        var members: [Substring] = []
        var keys: Set<Substring> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: true) {
            let member = part.trimmingBlanks
            if member.isEmpty { continue }
            guard let equals = member.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let key = member[..<equals]
            guard Self.isKey(key), Self.isValue(member[member.index(after: equals)...]), keys.insert(key).inserted,
                members.count < Self.membersMax
            else { return nil }
            members.append(member)
        }
        Self.shorten(&members)
        guard !members.isEmpty else { return nil }
        self.description = members.joined(separator: ",")
    }

    private static func shorten(_ members: inout [Substring]) {
        var length = members.reduce(members.count - 1) { $0 + $1.utf8.count }
        for position in members.indices.reversed()
        where length > self.charactersMax && members[position].utf8.count > self.memberCharactersKept {
            length -= members.remove(at: position).utf8.count + 1
        }
        while length > self.charactersMax { length -= members.removeLast().utf8.count + 1 }
    }

    private static func isKey(_ key: Substring) -> Bool {
        guard let first = key.utf8.first, (1...256).contains(key.utf8.count), first.isLowerCaseOrDigit else {
            return false
        }
        return key.utf8.allSatisfy { byte in
            byte.isLowerCaseOrDigit || "_-*/@".utf8.contains(byte)
        }
    }

    /// - Parameter value: without blanks at its end.
    private static func isValue(_ value: Substring) -> Bool {
        (1...256).contains(value.utf8.count)
            && value.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }
    }
}

extension UInt8 {
    fileprivate var isLowerCaseOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}

extension Substring {
    /// Without spaces and tabs at both ends: they mean nothing around the members of a header's list.
    var trimmingBlanks: Substring {
        var text = self
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
        return text
    }
}
