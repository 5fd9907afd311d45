/// Servers, as whoever runs a robot names them: `api.example.com`, `*.example.com` for all names below that one, and
/// `*` for every server.
package struct HostPatterns: Hashable, Sendable {
    private let names: Set<String>
    /// Begin with a dot.
    private let endings: Set<String>
    private let hasAll: Bool

    package static let none = HostPatterns(names: [], endings: [], hasAll: false)

    private init(names: Set<String>, endings: Set<String>, hasAll: Bool) {
        (self.names, self.endings, self.hasAll) = (names, endings, hasAll)
    }

    /// - Parameter text: patterns with commas between, and blanks around them. Addresses are written as in a URL.
    /// - Returns: `nil` where one of them is none.
    package init?(_ text: String) {
        var (names, endings, hasAll): (Set<String>, Set<String>, Bool) = ([], [], false)
        for part in text.split(separator: ",") {
            let words = part.split(whereSeparator: \.isWhitespace)
            guard let word = words.first else { continue }
            guard words.count == 1 else { return nil }
            var pattern = Substring(word.lowercased())
            if pattern == "*" {
                hasAll = true
                continue
            }
            let isEnding = pattern.hasPrefix("*.")
            if isEnding { pattern = pattern.dropFirst(2) }
            if pattern.hasPrefix("["), pattern.hasSuffix("]"), !isEnding {
                pattern = pattern.dropFirst().dropLast()
                guard pattern.contains(":"), pattern.utf8.allSatisfy(Self.isAddressByte) else { return nil }
            } else {
                if pattern.hasSuffix(".") { pattern = pattern.dropLast() }
                guard !pattern.isEmpty, pattern.utf8.allSatisfy(Self.isNameByte) else { return nil }
            }
            if isEnding { endings.insert(".\(pattern)") } else { names.insert(String(pattern)) }
        }
        self.init(names: names, endings: endings, hasAll: hasAll)
    }

    /// - Parameter host: a name, or an address without brackets.
    package func contains(_ host: String) -> Bool {
        if self.hasAll { return true }
        let host = host.lowercased()
        return self.names.contains(host) || self.endings.contains { host.hasSuffix($0) && host.count > $0.count }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
