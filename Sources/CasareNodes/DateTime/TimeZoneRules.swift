import Glibc

/// The offsets of a time zone from UTC, read from the system's zone files (RFC 9636, "TZif").
///
/// FoundationEssentials knows fixed offsets only, and all of Foundation would cost every command its start-up time.
struct TimeZoneRules: Sendable {
    struct Offset: Hashable, Sendable {
        /// East of UTC.
        var seconds: Int
        /// Such as `CET`.
        var abbreviation: String
    }

    /// Ascending moments from which an offset holds.
    private let transitions: [(at: Int, offset: Offset)]
    /// Before the first transition.
    private let first: Offset
    /// After the last transition.
    private let recurring: PosixZone?

    static let utc = TimeZoneRules(fixed: Offset(seconds: 0, abbreviation: "UTC"))

    /// The zone of this machine, by the rules of tzset(3): `TZ`, else /etc/localtime. Read once.
    static let local: TimeZoneRules = {
        if let variable = getenv("TZ") {
            let name = String(cString: variable).drop { $0 == ":" }
            if name.isEmpty { return .utc }
            if name.hasPrefix("/") {
                return TimeZoneRules(path: String(name)) ?? .utc
            }
            return TimeZoneRules(named: String(name)) ?? PosixZone(String(name)).map(TimeZoneRules.init(posix:)) ?? .utc
        }
        return TimeZoneRules(path: "/etc/localtime") ?? .utc
    }()

    init(fixed offset: Offset) {
        self.transitions = []
        self.first = offset
        self.recurring = nil
    }

    private init(posix: PosixZone) {
        self.transitions = []
        self.first = posix.standard
        self.recurring = posix
    }

    /// - Parameter name: An IANA name such as `Europe/Berlin`, `UTC`, or a fixed offset such as `+02:00`.
    init?(named name: String) {
        if let seconds = Self.fixedOffset(name) {
            self.init(fixed: Offset(seconds: seconds, abbreviation: "UTC" + DateTimeText.offsetText(seconds, ":")))
            return
        }
        let isName = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/_+-".contains($0)) }
        guard isName, !name.isEmpty, !name.hasPrefix("/") else { return nil }
        if ["UTC", "GMT", "Z"].contains(name.uppercased()) {
            self.init(fixed: Offset(seconds: 0, abbreviation: name.uppercased() == "GMT" ? "GMT" : "UTC"))
            return
        }
        let directory = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"
        self.init(path: "\(directory)/\(name)")
    }

    private init?(path: String) {
        guard let content = try? FileAccess.read(PathPolicy.canonical(path)) else { return nil }
        self.init(file: content)
    }

    private static func fixedOffset(_ text: String) -> Int? {
        guard let first = text.first, first == "+" || first == "-" else { return nil }
        return DateTimeText.parseOffset(text[...])?.seconds
    }

    /// - Parameter content: A zone file of version 2 or later; its first block, with 32-bit times, is passed over.
    init?(file content: [UInt8]) {
        var reader = ZoneReader(bytes: content)
        guard let old = reader.header(), old.version >= 2, reader.skip(old.size(timeBytes: 4)),
            let header = reader.header(), header.types > 0
        else { return nil }
        let times = (0..<header.times).map { _ in reader.integer(8) }
        let indexes = (0..<header.times).map { _ in reader.integer(1) }
        let types = (0..<header.types).map { _ in
            (seconds: reader.integer(4), isDST: reader.integer(1), name: reader.integer(1))
        }
        let names = reader.bytes(header.names)
        guard reader.skip(header.leaps * 12 + header.standardFlags + header.utcFlags), !reader.hasFailed,
            indexes.allSatisfy(types.indices.contains), types.allSatisfy({ names.indices.contains($0.name) })
        else { return nil }
        let offsets = types.map { type in
            Offset(
                seconds: type.seconds,
                abbreviation: String(decoding: names[type.name...].prefix { $0 != 0 }, as: UTF8.self))
        }
        self.transitions = zip(times, indexes).map { ($0, offsets[$1]) }
        self.first = offsets[types.firstIndex { $0.isDST == 0 } ?? 0]
        self.recurring = PosixZone(reader.footer())
    }

    func offset(at seconds: Int) -> Offset {
        if let last = self.transitions.last, seconds < last.at || self.recurring == nil {
            // The last transition at or before the moment.
            var (low, high) = (0, self.transitions.count)
            while low < high {
                let middle = (low + high) / 2
                if self.transitions[middle].at <= seconds { low = middle + 1 } else { high = middle }
            }
            return low == 0 ? self.first : self.transitions[low - 1].offset
        }
        return self.recurring?.offset(at: seconds) ?? self.first
    }

    /// The offset of what a clock on the wall shows. Of a time that comes twice, the first; of one left out, the
    /// offset before, so that the clock reads as if it had not been put forward yet (PEP 495, `fold=0`).
    func offset(ofWallSeconds wall: Int) -> Offset {
        let before = self.offset(at: wall - 86_400)
        if self.offset(at: wall - before.seconds) == before { return before }
        let after = self.offset(at: wall + 86_400)
        return self.offset(at: wall - after.seconds) == after ? after : before
    }

    func civil(_ moment: Moment) -> CivilTime {
        CivilTime(
            wallSeconds: moment.seconds + self.offset(at: moment.seconds).seconds, microsecond: moment.microseconds)
    }

    func moment(of civil: CivilTime) -> Moment {
        let wall = civil.wallSeconds
        return Moment(seconds: wall - self.offset(ofWallSeconds: wall).seconds, microseconds: civil.microsecond)
    }
}

/// Takes a zone file apart. After a read beyond the end everything is zero and `hasFailed` is set.
private struct ZoneReader {
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
