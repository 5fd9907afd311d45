/// The offsets of a time zone from UTC, as a zone file tells them (RFC 9636, "TZif").
///
/// FoundationEssentials knows fixed offsets only, and all of Foundation would cost every command its start-up time.
package struct TimeZoneRules: Sendable {
    /// How far a clock is from UTC.
    package struct Offset: Hashable, Sendable {
        /// East of UTC.
        package var seconds: Int
        /// Such as `CET`.
        package var abbreviation: String

        package init(seconds: Int, abbreviation: String) {
            self.seconds = seconds
            self.abbreviation = abbreviation
        }
    }

    /// Ascending moments from which an offset holds.
    private let transitions: [(at: Int, offset: Offset)]
    /// Before the first transition.
    private let first: Offset
    /// After the last transition.
    private let recurring: PosixZone?

    /// Known without a file.
    package static let utc = TimeZoneRules(fixed: Offset(seconds: 0, abbreviation: "UTC"))

    /// A zone whose clock is never changed.
    package init(fixed offset: Offset) {
        self.transitions = []
        self.first = offset
        self.recurring = nil
    }

    /// A zone that keeps one rule for ever.
    package init(posix: PosixZone) {
        self.transitions = []
        self.first = posix.standard
        self.recurring = posix
    }

    /// - Parameter content: A zone file of version 2 or later; its first block, with 32-bit times, is passed over.
    package init?(file content: [UInt8]) {
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

    /// The offset that holds at a moment, in seconds after 1970-01-01 00:00:00 UTC.
    package func offset(at seconds: Int) -> Offset {
        if let last = self.transitions.last, seconds < last.at || self.recurring == nil {
            let following = self.indexOfTransition(after: seconds)
            return following == 0 ? self.first : self.transitions[following - 1].offset
        }
        return self.recurring?.offset(at: seconds) ?? self.first
    }

    /// The next moment after this one from which another rule holds; it may have the same offset. `nil` for never.
    package func transition(after seconds: Int) -> Int? {
        let following = self.indexOfTransition(after: seconds)
        if following < self.transitions.count { return self.transitions[following].at }
        return self.recurring?.transition(after: seconds)
    }

    /// The position of the first transition that comes later than a moment; the count when there is none.
    private func indexOfTransition(after seconds: Int) -> Int {
        var (low, high) = (0, self.transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if self.transitions[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The offset of what a clock on the wall shows. Of a time that comes twice, the first; of one left out, the
    /// offset before, so that the clock reads as if it had not been put forward yet (PEP 495, `fold=0`).
    package func offset(ofWallSeconds wall: Int) -> Offset {
        let before = self.offset(at: wall - 86_400)
        if self.offset(at: wall - before.seconds) == before { return before }
        let after = self.offset(at: wall + 86_400)
        return self.offset(at: wall - after.seconds) == after ? after : before
    }
}
