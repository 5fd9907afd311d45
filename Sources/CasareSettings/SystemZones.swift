package import CasareDomain
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension ZoneCatalogue {
    /// The time zones of this machine: `TZDIR`, else /usr/share/zoneinfo.
    ///
    /// `UTC` is known without files. A zone is read once and kept as long as the process lives: new rules count after a
    /// restart.
    package static let system = ZoneCatalogue { SystemZones.rules(of: $0) }
}

/// Reads time zones from the machine's files, and keeps them.
enum SystemZones {
    /// There are about 600 names. What is read beyond that is not kept.
    static let keptMax = 700
    /// The largest file has some 4 KB.
    static let fileBytesMax = 256 * 1024

    private static let kept = Mutex<[String: TimeZoneRules]>([:])
    private static let folder = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"

    /// - Returns: `nil` for a name that is none, or that this machine has no rules for.
    static func rules(of name: String) -> TimeZoneRules? {
        if name == "UTC" { return .utc }
        guard Self.isName(name) else { return nil }
        if let known = Self.kept.withLock({ $0[name] }) { return known }
        // Twice by two tasks at the same time does no harm: both read the same.
        guard let content = Self.content(of: "\(Self.folder)/\(name)"), let rules = TimeZoneRules(file: content) else {
            return nil
        }
        Self.kept.withLock { kept in
            if kept.count < Self.keptMax { kept[name] = rules }
        }
        return rules
    }

    /// Whether it may be a file below the folder: words between single slashes, none of which could lead out of it.
    /// Those below `right/` count leap seconds, which clocks here do not.
    static func isName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return name.utf8.count <= 100 && parts.first != "right"
            && parts.allSatisfy { part in
                part.first.map { $0.isASCII && $0.isLetter } == true
                    && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_+-".contains($0)) }
            }
    }

    /// A whole regular file; `nil` for what cannot be read or is too large.
    private static func content(of path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= Self.fileBytesMax
        else { return nil }
        var content = [UInt8](repeating: 0, count: Int(status.st_size))
        var length = 0
        while length < content.count {
            let count = content.withUnsafeMutableBytes { bytes in
                read(descriptor, bytes.baseAddress.map { $0 + length }, bytes.count - length)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return nil }
            length += count
        }
        return content
    }
}
