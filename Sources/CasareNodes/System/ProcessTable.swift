import CasareEngine
import Glibc

/// The processes of the machine, as /proc shows them (proc(5)).
enum ProcessTable {
    struct Process: Hashable, Sendable {
        var id: pid_t
        /// The program's name.
        var name: String
        /// One letter, such as `R` or `Z`.
        var state: Character
        /// Since the machine was started. Together with the number it tells a process from a later one of that number.
        var startedAfterTicks: Int
        /// On all processors together.
        var cpuTicks: Int
        var residentBytes: Int
        var userID: uid_t

        /// It has not ended; one that has stays in the table until its parent asks for it.
        var isLiving: Bool { self.state != "Z" && self.state != "X" }
    }

    /// What Linux cuts a name to.
    private static let nameBytesMax = 15

    /// All processes that there are and that this account sees, by number.
    static func all() throws(NodeFailure) -> [Process] {
        guard var entries = DirectoryEntries("/proc") else { throw FileAccess.failure("list", "/proc") }
        var processes: [Process] = []
        while let name = entries.next() {
            if let id = pid_t(name), let process = self.process(id) { processes.append(process) }
        }
        return processes.sorted { $0.id < $1.id }
    }

    /// `nil` for one that has ended.
    static func process(_ id: pid_t) -> Process? {
        guard let content = try? FileAccess.read("/proc/\(id)/stat") else { return nil }
        let text = String(decoding: content, as: UTF8.self)
        // pid (name) state parent …, where the name may hold anything.
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        var information = stat()
        guard fields.count > 21, let state = fields[0].first, stat("/proc/\(id)", &information) == 0 else { return nil }
        return Process(
            id: id, name: self.name(of: id, String(text[text.index(after: open)..<close])), state: state,
            startedAfterTicks: Int(fields[19]) ?? 0, cpuTicks: (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0),
            residentBytes: (Int(fields[21]) ?? 0) * Int(getpagesize()), userID: information.st_uid)
    }

    /// A name that was cut is completed from the command line.
    private static func name(of id: pid_t, _ name: String) -> String {
        guard name.utf8.count >= self.nameBytesMax, let content = try? FileAccess.read("/proc/\(id)/cmdline") else {
            return name
        }
        let program = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
        let last = program.split(separator: "/").last.map(String.init) ?? ""
        return last.hasPrefix(name) ? last : name
    }

    static var ticksPerSecond: Int { max(sysconf(Int32(_SC_CLK_TCK)), 1) }

    /// When the machine was started, in seconds since 1970.
    static func bootTime() throws(NodeFailure) -> Int {
        let text = String(decoding: try FileAccess.read("/proc/stat"), as: UTF8.self)
        for line in text.split(separator: "\n") where line.hasPrefix("btime ") {
            return Int(line.dropFirst("btime ".count)) ?? 0
        }
        return 0
    }

    /// The account's name, or its number when it has none.
    static func userName(_ id: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            guard let start = buffer.baseAddress, getpwuid_r(id, &entry, start, buffer.count, &found) == 0,
                found != nil, let name = entry.pw_name
            else { return String(id) }
            return String(cString: name)
        }
    }

    static func stateName(_ state: Character) -> String {
        switch state {
        case "R": "running"
        case "S": "sleeping"
        case "D": "disk-sleep"
        case "Z": "zombie"
        case "T": "stopped"
        case "t": "tracing-stop"
        case "I": "idle"
        default: "dead"
        }
    }
}
