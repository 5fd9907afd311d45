/// Addresses that begin with the same bits, written as CIDR (RFC 4632, RFC 4291 §2.3): `192.0.2.0/24`, `2001:db8::/32`.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    /// Its first address.
    public let address: NetworkAddress
    /// How many bits are the same: 0 to 32 of version 4, 0 to 128 of version 6.
    public let prefixLength: Int

    /// The addresses that share their first bits with one of them.
    ///
    /// - Parameter prefixLength: is cut to the address's own length.
    public init(_ address: NetworkAddress, prefixLength: Int) {
        let length = min(max(prefixLength, 0), address.bytes.count * 8)
        self.address = NetworkAddress(bytes: Self.masked(address.bytes, length))
        self.prefixLength = length
    }

    /// - Parameter text: without a length it is the one address. Bits behind the prefix must be zero: what has some is
    ///   rather a mistake in the length.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = NetworkAddress(parts[0]), !parts[0].contains("%") else { return nil }
        let bits = address.bytes.count * 8
        guard parts.count == 2 else {
            self.init(address, prefixLength: bits)
            return
        }
        let digits = parts[1]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            var length = Int(digits)
        else { return nil }
        // Of an address of version 4 that was written as one of version 6, the length counts the bits in front too.
        if parts[0].contains(":"), !address.isVersion6 { length -= 96 }
        guard (0...bits).contains(length), Self.masked(address.bytes, length) == address.bytes else { return nil }
        self.init(address, prefixLength: length)
    }

    public var description: String { "\(self.address)/\(self.prefixLength)" }

    public func contains(_ other: NetworkAddress) -> Bool {
        other.bytes.count == self.address.bytes.count
            && Self.masked(other.bytes, self.prefixLength) == self.address.bytes
    }

    /// Whether all addresses of another one are among these.
    public func contains(_ other: AddressRange) -> Bool {
        other.prefixLength >= self.prefixLength && self.contains(other.address)
    }

    private static func masked(_ bytes: [UInt8], _ length: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(length - index * 8, 0), 8)
            return kept == 8 ? byte : byte & ~(0xFF >> UInt8(kept))
        }
    }
}
