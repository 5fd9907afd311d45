/// What a process takes of its machine, by the conventions of OpenTelemetry. `ProcessMetrics` observes it.
extension Instrument {
    package static let processCPUTime = Instrument(
        "process.cpu.time", .counter, number: .double, unit: "s", "Time on processors, by what it was for",
        attributes: [.cpuMode], by: .every, isObserved: true)
    package static let processMemoryUsage = Instrument(
        "process.memory.usage", .upDownCounter, unit: "By", "Memory that is in use, shared parts included",
        by: .every, isObserved: true)
    package static let processThreadCount = Instrument(
        "process.thread.count", .upDownCounter, unit: "{thread}", "Threads", by: .every, isObserved: true)
    package static let processFileDescriptorCount = Instrument(
        "process.unix.file_descriptor.count", .upDownCounter, unit: "{file_descriptor}",
        "File descriptors that are open", by: .every, isObserved: true)
    package static let processUptime = Instrument(
        "process.uptime", .gauge, number: .double, unit: "s", "How long the process has run", by: .every,
        isObserved: true)
}
