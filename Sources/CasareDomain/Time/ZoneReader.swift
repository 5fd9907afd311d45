/// Takes a zone file apart. After a read beyond the end everything is zero and `hasFailed` is set.
struct ZoneReader {
    struct Header {
        let version: Int
        let utcFlags, standardFlags, leaps, times, types, names: Int

        func size(timeBytes: Int) -> Int {
            self.times * (timeBytes + 1) + self.types * 6 + self.names + self.leaps * (timeBytes + 4)
                + self.standardFlags + self.utcFlags
        }
    }

    private var rest: ArraySlice<UInt8>
    private(set) var hasFailed = false

    init(bytes: [UInt8]) { self.rest = bytes[...] }

    mutating func header() -> Header? {
        guard self.rest.starts(with: Array("TZif".utf8)), self.rest.count >= 44 else { return nil }
        let version = Int(self.rest[self.rest.startIndex + 4]) - 0x30
        self.rest = self.rest.dropFirst(20)
        let counts = (0..<6).map { _ in self.integer(4) }
        guard counts.allSatisfy({ (0...1_000_000).contains($0) }) else { return nil }
        return Header(
            version: version, utcFlags: counts[0], standardFlags: counts[1], leaps: counts[2], times: counts[3],
            types: counts[4], names: counts[5])
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        guard count <= self.rest.count else {
            self.hasFailed = true
            return []
        }
        defer { self.rest = self.rest.dropFirst(count) }
        return Array(self.rest.prefix(count))
    }

    mutating func skip(_ count: Int) -> Bool {
        _ = self.bytes(count)
        return !self.hasFailed
    }

    /// A big-endian integer; one of 4 or 8 bytes is signed.
    mutating func integer(_ size: Int) -> Int {
        let value = self.bytes(size).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return size == 4 ? Int(Int32(truncatingIfNeeded: value)) : Int(Int64(bitPattern: value))
    }

    /// The rule for all later times, between two line feeds.
    mutating func footer() -> String {
        String(decoding: self.rest.dropFirst().prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
