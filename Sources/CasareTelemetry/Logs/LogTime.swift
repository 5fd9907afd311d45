import CasareDomain

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// When a line was logged.
struct LogTime: Hashable, Sendable {
    /// Of Unix time.
    let nanoseconds: UInt64

    static var now: LogTime {
        var time = timespec()
        // It fails for clocks only that do not exist.
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(nanoseconds: UInt64(max(time.tv_sec, 0)) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    private var seconds: Int { Int(self.nanoseconds / 1_000_000_000) }

    /// RFC 3339, in UTC and cut off after milliseconds: `2026-01-02T03:04:05.678Z`.
    var utcText: String {
        let time = CivilTime(wallSeconds: self.seconds)
        let milliseconds = Int(self.nanoseconds / 1_000_000 % 1000)
        let date = "\(Self.padded(time.year, 4))-\(Self.padded(time.month, 2))-\(Self.padded(time.day, 2))"
        let clock = "\(Self.padded(time.hour, 2)):\(Self.padded(time.minute, 2)):\(Self.padded(time.second, 2))"
        return "\(date)T\(clock).\(Self.padded(milliseconds, 3))Z"
    }

    /// In the machine's time zone: `2026-01-02T04:04:05+0100`.
    var localText: String {
        var seconds = time_t(self.seconds)
        var time = tm()
        guard localtime_r(&seconds, &time) != nil else { return self.utcText }
        var buffer = [CChar](repeating: 0, count: 64)
        let length = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S%z", &time)
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
