import Glibc

/// The home of the account that the process runs under, which the path rules guard.
///
/// It is the process's and not the run's: a workflow may set `HOME` for itself, and must not move the rules with it.
enum AccountHome {
    /// Larger entries of the account database are not read.
    private static let entryBytesMax = 1 << 20

    /// What `HOME` says and what the account database says, which may differ. Read once: neither changes in a process.
    static let directories: [String] = {
        let stated = getenv("HOME").map { String(cString: $0) }
        return [stated, Self.registered].compactMap(\.self).filter(PathText.isAbsolute)
    }()

    private static var registered: String? {
        var size = 4096
        while size <= Self.entryBytesMax {
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            var code: CInt = 0
            let directory = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer -> String? in
                let start = buffer.baseAddress!  // Not empty, so it has an address.
                code = getpwuid_r(geteuid(), &entry, start, buffer.count, &found)
                // The entry points into the buffer.
                guard code == 0, found != nil, let directory = entry.pw_dir else { return nil }
                return String(cString: directory)
            }
            guard code == ERANGE else { return directory }
            size *= 4
        }
        return nil
    }
}
