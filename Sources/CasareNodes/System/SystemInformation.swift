import CasareDomain
import CasareEngine
import Glibc

/// What the machine is and how busy it is, from uname(2), /proc and statvfs(3).
enum SystemInformation {
    /// The processors' load is what they did between two looks, this long apart.
    private static let sample = Duration.milliseconds(100)

    static func read(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let wanted = inputs.string("info_type")
        let before = try await BlockingWork.run { try Self.processorTimes() }
        try await Task.sleep(for: Self.sample)
        let (os, memory, disks, processors, network) = try await BlockingWork.run {
            (
                Self.operatingSystem(), try Self.memory(), try Self.disks(),
                try Self.processors(load: Self.load(before, try Self.processorTimes())), try Self.network()
            )
        }
        let parts: KeyValuePairs<String, Value> = [
            "os": .object(os), "cpu": .object(processors), "ram": .object(memory), "disk": .list(disks),
            "network": .object(network),
        ]
        let info = Object(parts.filter { wanted == "all" || wanted == $0.key }.map { ($0.key, $0.value) })
        let root = disks.first { $0["mountpoint"] == "/" } ?? Self.usage(of: "/", device: "", kind: "")
        return NodeResult([
            "info": .object(info), "os_name": os["system"] ?? "", "cpu_percent": processors["percent"] ?? .null,
            "ram_percent": memory["percent"] ?? .null, "disk_percent": root?["percent"] ?? .null,
        ])
    }

    private static func operatingSystem() -> Object {
        var names = utsname()
        uname(&names)
        let machine = Self.text(&names.machine)
        return [
            "system": .string(Self.text(&names.sysname)), "release": .string(Self.text(&names.release)),
            "version": .string(Self.text(&names.version)), "machine": .string(machine),
            "processor": .string(Self.processorName ?? machine), "hostname": .string(Self.text(&names.nodename)),
        ]
    }

    private static func text<Field>(_ field: inout Field) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func lines(_ path: String) throws(NodeFailure) -> [Substring] {
        String(decoding: try FileAccess.read(path), as: UTF8.self).split(separator: "\n")
    }

    // MARK: Processors

    private static var processorName: String? {
        let lines = try? Self.lines("/proc/cpuinfo")
        return lines?.first { $0.hasPrefix("model name") }.flatMap { $0.split(separator: ":").last }.map(\.trimmed)
    }

    /// Ticks that all processors were busy, and all that there were.
    private static func processorTimes() throws(NodeFailure) -> (busy: Int, all: Int) {
        let fields = try Self.lines("/proc/stat").first.map {
            $0.split(separator: " ").dropFirst().compactMap { Int($0) }
        }
        // user nice system idle iowait irq softirq steal; guest times are part of user's.
        let times = Array((fields ?? []).prefix(8))
        guard times.count > 4 else { return (0, 0) }
        let all = times.reduce(0, +)
        return (all - times[3] - times[4], all)
    }

    private static func load(_ before: (busy: Int, all: Int), _ after: (busy: Int, all: Int)) -> Double {
        after.all > before.all ? Double(after.busy - before.busy) / Double(after.all - before.all) * 100 : 0
    }

    private static func processors(load: Double) throws(NodeFailure) -> Object {
        var cores: Set<String> = []
        var frequencies: [Double] = []
        var package = ""
        for line in try Self.lines("/proc/cpuinfo") {
            let value = line.split(separator: ":", maxSplits: 1).dropFirst().first?.trimmed ?? ""
            if line.hasPrefix("physical id") { package = value }
            if line.hasPrefix("core id") { cores.insert("\(package)/\(value)") }
            if line.hasPrefix("cpu MHz") { frequencies += Double(value).map { [$0] } ?? [] }
        }
        let logical = max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
        let frequency = frequencies.reduce(0, +) / Double(max(frequencies.count, 1))
        return [
            "percent": .double(Self.rounded(min(max(load, 0), 100))),
            // Where the machine does not tell cores apart, each processor is one.
            "cores_physical": .int(cores.isEmpty ? logical : cores.count), "cores_logical": .int(logical),
            "frequency_mhz": .double(Self.rounded(frequency)),
        ]
    }

    // MARK: Memory and disks

    private static func memory() throws(NodeFailure) -> Object {
        var kibibytes: [Substring: Double] = [:]
        for line in try Self.lines("/proc/meminfo") {
            let fields = line.split(whereSeparator: { $0 == " " || $0 == ":" })
            if fields.count > 1 { kibibytes[fields[0]] = Double(fields[1]) }
        }
        let total = kibibytes["MemTotal"] ?? 0
        let available = kibibytes["MemAvailable"] ?? 0
        return [
            "total_gb": Self.gigabytes(total * 1024), "available_gb": Self.gigabytes(available * 1024),
            "used_gb": Self.gigabytes((total - available) * 1024),
            "percent": Self.percent(total - available, of: total),
        ]
    }

    /// Each file system on a device once, where it is mounted first.
    private static func disks() throws(NodeFailure) -> [Value] {
        var seen: Set<Substring> = []
        var disks: [Value] = []
        for line in try Self.lines("/proc/self/mounts") {
            let fields = line.split(separator: " ")
            guard fields.count > 2, fields[0].hasPrefix("/dev/"), seen.insert(fields[0]).inserted else { continue }
            let mountPoint = Self.unescaped(fields[1])
            if let usage = Self.usage(of: mountPoint, device: String(fields[0]), kind: String(fields[2])) {
                disks.append(usage)
            }
        }
        return disks
    }

    private static func usage(of mountPoint: String, device: String, kind: String) -> Value? {
        var information = statvfs()
        guard statvfs(mountPoint, &information) == 0 else { return nil }
        let block = Double(information.f_frsize)
        let total = Double(information.f_blocks) * block
        let used = total - Double(information.f_bfree) * block
        let free = Double(information.f_bavail) * block
        return [
            "device": .string(device), "mountpoint": .string(mountPoint), "fstype": .string(kind),
            "total_gb": Self.gigabytes(total), "used_gb": Self.gigabytes(used), "free_gb": Self.gigabytes(free),
            // Of what users may fill, as df has it.
            "percent": Self.percent(used, of: used + free),
        ]
    }

    /// /proc/mounts writes white space and backslashes as octal numbers.
    private static func unescaped(_ field: Substring) -> String {
        var text = String(field)
        for (escape, character) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
            text = text.replacing(escape, with: character)
        }
        return text
    }

    // MARK: Network

    private static func network() throws(NodeFailure) -> Object {
        var (received, sent) = (0, 0)
        var names: [Value] = []
        for line in try Self.lines("/proc/net/dev").dropFirst(2) {
            let parts = line.split(separator: ":", maxSplits: 1)
            let counts = parts.count > 1 ? parts[1].split(separator: " ").compactMap { Int($0) } : []
            guard counts.count > 8 else { continue }
            names.append(.string(parts[0].trimmed))
            received += counts[0]
            sent += counts[8]
        }
        return ["bytes_sent": .int(sent), "bytes_recv": .int(received), "interfaces": .list(names)]
    }

    private static func gigabytes(_ bytes: Double) -> Value {
        .double(Rounding.halfEven(bytes / 1_073_741_824, digits: 2))
    }

    private static func percent(_ part: Double, of whole: Double) -> Value {
        .double(whole > 0 ? Self.rounded(part / whole * 100) : 0)
    }

    private static func rounded(_ number: Double) -> Double { Rounding.halfEven(number, digits: 1) }
}
