import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What this process takes of its machine, looked at when somebody collects. What the machine does not tell is left out:
/// on macOS everything but the time on processors.
package enum ProcessMetrics {
    package static func register(in registry: MetricRegistry) {
        registry.observe(InstrumentCatalogue.process) { seen in self.observe(&seen) }
    }

    #if canImport(Glibc)
        /// /proc is made of memory: reading it waits for no device.
        private static func observe(_ seen: inout Observations) {
            if let line = self.text(of: "/proc/self/stat"), let status = ProcessStatus(line) {
                let ticksPerSecond = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
                seen.observe(.processCPUTime, Double(status.userTicks) / ticksPerSecond, [.cpuMode: "user"])
                seen.observe(.processCPUTime, Double(status.systemTicks) / ticksPerSecond, [.cpuMode: "system"])
                seen.observe(.processMemoryUsage, status.residentPages * Int(getpagesize()))
                seen.observe(.processThreadCount, status.threads)
                if let line = self.text(of: "/proc/uptime"), let first = line.split(separator: " ").first,
                    let sinceStart = Double(first)
                {
                    let began = Double(status.startedAfterTicks) / ticksPerSecond
                    seen.observe(.processUptime, max(0, sinceStart - began))
                }
            }
            // One of them is the one that this look takes.
            if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
                seen.observe(.processFileDescriptorCount, max(0, open.count - 1))
            }
        }

        /// `nil`: it cannot be read, as where /proc is not there.
        private static func text(of path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    #else
        private static func observe(_ seen: inout Observations) {
            var usage = rusage()
            guard getrusage(RUSAGE_SELF, &usage) == 0 else { return }
            for (time, mode) in [(usage.ru_utime, "user"), (usage.ru_stime, "system")] {
                let seconds = Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
                seen.observe(.processCPUTime, seconds, [.cpuMode: .string(mode)])
            }
        }
    #endif
}

/// What is of use of /proc/self/stat (proc(5)).
struct ProcessStatus: Hashable, Sendable {
    let userTicks: Int
    let systemTicks: Int
    let threads: Int
    /// Since the machine was started.
    let startedAfterTicks: Int
    let residentPages: Int

    /// - Parameter line: number (name) state parent …, where the name may hold anything.
    /// - Returns: `nil` for anything else.
    init?(_ line: String) {
        guard let close = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: close)...].split(separator: " ")
        guard fields.count > 21, let user = Int(fields[11]), let system = Int(fields[12]),
            let threads = Int(fields[17]), let startedAfter = Int(fields[19]), let pages = Int(fields[21])
        else { return nil }
        self.userTicks = user
        self.systemTicks = system
        self.threads = threads
        self.startedAfterTicks = startedAfter
        self.residentPages = pages
    }
}
