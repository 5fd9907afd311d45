import Glibc

/// An address of either family, and whether it leads into a network that is not everybody's.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// In network order: 4 of version 4, 16 of version 6.
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        precondition(bytes.count == 4 || bytes.count == 16, "An address has 4 or 16 bytes")
        self.bytes = bytes
    }

    /// The dotted form with four decimal numbers, or any form of version 6 without a zone.
    package init?(_ text: String) {
        var version4 = in_addr()
        if inet_pton(AF_INET, text, &version4) == 1 {
            self.bytes = withUnsafeBytes(of: &version4) { Array($0) }
            return
        }
        var version6 = in6_addr()
        guard inet_pton(AF_INET6, text, &version6) == 1 else { return nil }
        self.bytes = withUnsafeBytes(of: &version6) { Array($0) }
    }

    package var isVersion6: Bool { self.bytes.count == 16 }

    package var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            guard let start = buffer.baseAddress,
                inet_ntop(self.isVersion6 ? AF_INET6 : AF_INET, self.bytes, start, socklen_t(buffer.count)) != nil
            else { return "?" }
            return String(cString: start)
        }
    }

    /// Whether only machines of some network of its own can reach it: this machine, private and link-local networks,
    /// carrier networks, groups, and everything reserved (RFC 6890 and the registries that it founded).
    ///
    /// Addresses of version 6 that stand for one of version 4 are what that one is.
    package var isInternal: Bool {
        self.isVersion6 ? Self.isInternal6(self.bytes) : Self.isInternal4(self.bytes[...])
    }

    private static func isInternal4(_ address: ArraySlice<UInt8>) -> Bool {
        let bytes = Array(address)
        switch (bytes[0], bytes[1]) {
        case (0, _), (10, _), (127, _): return true
        case (100, 64...127), (169, 254), (172, 16...31), (192, 168), (198, 18...19): return true
        case (192, 0): return bytes[2] == 0
        case (224..., _): return true
        default: return false
        }
    }

    private static func isInternal6(_ bytes: [UInt8]) -> Bool {
        func begins(_ prefix: UInt8...) -> Bool { bytes.starts(with: prefix) }
        let zeros8 = bytes.prefix(8).allSatisfy { $0 == 0 }
        // `::`, `::1`, `::a.b.c.d`, mapped `::ffff:a.b.c.d` and translated `::ffff:0:a.b.c.d`.
        if zeros8, [[0, 0, 0, 0], [0, 0, 0xFF, 0xFF], [0xFF, 0xFF, 0, 0]].contains(Array(bytes[8..<12])) {
            return Self.isInternal4(bytes[12...])
        }
        if begins(0, 0x64, 0xFF, 0x9B) {
            // NAT64: the well-known prefix carries the address at its end, the local-use one is a network's own.
            return bytes[4..<12].contains { $0 != 0 } || Self.isInternal4(bytes[12...])
        }
        if begins(0x20, 0x02) { return Self.isInternal4(bytes[2..<6]) }
        // Teredo hides an address of version 4 that nothing here needs.
        if begins(0x20, 0x01, 0, 0) { return true }
        let isUniqueLocal = bytes[0] & 0xFE == 0xFC
        let isLinkOrSiteLocal = bytes[0] == 0xFE && bytes[1] & 0x80 == 0x80
        return isUniqueLocal || isLinkOrSiteLocal || bytes[0] == 0xFF || zeros8
    }
}
