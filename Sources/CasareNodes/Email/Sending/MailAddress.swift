import CasareEngine

/// Somebody who sends or gets mail: `Ann Lee <ann@example.com>`.
struct MailAddress: Hashable, Sendable {
    var displayName: String
    /// `local@domain`, in ASCII.
    var address: String

    /// - Parameter parameter: The one that gave the texts, for the error.
    /// - Throws: `ValueError` for what could not stand in a header or a command.
    init(displayName: String = "", address: String, of parameter: String) throws(NodeFailure) {
        try CommandText.check(displayName, of: parameter)
        guard Self.isAddress(address) else {
            throw .value("\(parameter) has something that is no email address: \(address)")
        }
        self.displayName = displayName
        self.address = address
    }

    /// The addresses of a list with commas; blank entries do not count.
    static func list(_ text: String, of parameter: String) throws(NodeFailure) -> [MailAddress] {
        try CommandText.check(text, of: parameter)
        var addresses: [MailAddress] = []
        for entry in self.split(text) {
            let entry = entry.trimmed
            guard !entry.isEmpty else { continue }
            guard let open = entry.lastIndex(of: "<"), entry.hasSuffix(">") else {
                addresses.append(try MailAddress(address: entry, of: parameter))
                continue
            }
            addresses.append(
                try MailAddress(
                    displayName: self.unquoted(String(entry[..<open]).trimmed),
                    address: String(entry[entry.index(after: open)...].dropLast()).trimmed, of: parameter))
        }
        return addresses
    }

    /// As it stands in a header.
    var headerText: String {
        if self.displayName.isEmpty { return self.address }
        return "\(MailHeader.phrase(self.displayName)) <\(self.address)>"
    }

    var domain: String { self.address.split(separator: "@").last.map(String.init) ?? "" }

    /// Commas inside quotes and angle brackets separate nothing.
    private static func split(_ text: String) -> [String] {
        var entries = [""]
        var isQuoted = false
        var isEscaped = false
        var isInside = false
        for character in text {
            switch character {
            case "\"" where !isEscaped: isQuoted.toggle()
            case "<" where !isQuoted: isInside = true
            case ">" where !isQuoted: isInside = false
            case "," where !isQuoted && !isInside:
                entries.append("")
                continue
            default: break
            }
            isEscaped = isQuoted && character == "\\" && !isEscaped
            entries[entries.count - 1].append(character)
        }
        return entries
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        var plain = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                plain.append(character)
                isEscaped = false
            }
        }
        return plain
    }

    /// A dot-atom before the `@` and a host name or `[address]` after it (RFC 5321 §4.1.2, without quoted names).
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 320, !parts[0].hasPrefix("."), !parts[0].hasSuffix(".") else {
            return false
        }
        let isLocal = !parts[0].isEmpty && parts[0].utf8.allSatisfy { MailHeader.isAtom($0) || $0 == UInt8(ascii: ".") }
        var domain = parts[1]
        let isLiteral = domain.hasPrefix("[") && domain.hasSuffix("]")
        if isLiteral { domain = domain.dropFirst().dropLast() }
        let isDomain =
            !domain.isEmpty
            && domain.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: byte == UInt8(ascii: ":") && isLiteral
                }
            }
        return isLocal && isDomain && !domain.hasPrefix("-") && !domain.hasPrefix(".")
    }
}
