/// The address of a machine, of either version of the Internet Protocol.
///
/// An address of version 6 that stands for one of version 4 (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is that one: a
/// server that listens for both is told of version 4 in this way.
public struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    /// In network order: 4 of version 4, 16 of version 6.
    public let bytes: [UInt8]

    private static let mappedPrefix: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]

    /// - Precondition: 4 or 16 bytes.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 4 || bytes.count == 16, "An address has 4 or 16 bytes")
        self.bytes = bytes.count == 16 && bytes.starts(with: Self.mappedPrefix) ? Array(bytes.suffix(4)) : bytes
    }

    /// The dotted form with four decimal numbers, or any form of version 6 (RFC 4291 §2.2), also with a zone, which
    /// says nothing of the machine and is left away.
    public init?(_ text: some StringProtocol) {
        if let bytes = Self.version4(text) {
            self.init(bytes: bytes)
        } else if let bytes = Self.version6(text.prefix { $0 != "%" }) {
            self.init(bytes: bytes)
        } else {
            return nil
        }
    }

    public var isVersion6: Bool { self.bytes.count == 16 }

    /// As RFC 5952 has it: small letters, no zeros in front, the longest run of zero groups as `::`.
    public var description: String {
        guard self.isVersion6 else { return self.bytes.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { Int(self.bytes[$0]) << 8 | Int(self.bytes[$0 + 1]) }
        let run = Self.longestRunOfZeros(groups)
        func text(_ groups: ArraySlice<Int>) -> String {
            groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard run.count > 1 else { return text(groups[...]) }
        return text(groups[..<run.lowerBound]) + "::" + text(groups[run.upperBound...])
    }

    private static func longestRunOfZeros(_ groups: [Int]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 {
                start = index + 1
            } else if index + 1 - start > longest.count {
                longest = start..<index + 1
            }
        }
        return longest
    }

    // MARK: Parsing

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            // A zero in front would be octal to some programs and decimal to others.
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                part.utf8.count == 1 || part.utf8.first != 0x30, let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: some StringProtocol) -> [UInt8]? {
        guard let gap = text.firstRange(of: "::") else {
            guard let bytes = Self.groups(text, mayEndInVersion4: true), bytes.count == 16 else { return nil }
            return bytes
        }
        guard let head = Self.groups(text[..<gap.lowerBound], mayEndInVersion4: false),
            let tail = Self.groups(text[gap.upperBound...], mayEndInVersion4: true), head.count + tail.count <= 14
        else { return nil }
        return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// Groups of up to four hexadecimal digits with colons between.
    ///
    /// - Parameter mayEndInVersion4: the last one may be an address of version 4: at the end of the whole address only.
    private static func groups(_ text: some StringProtocol, mayEndInVersion4: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if mayEndInVersion4, index == parts.count - 1, let last = Self.version4(part) {
                bytes += last
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(Self.isHexadecimal),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
