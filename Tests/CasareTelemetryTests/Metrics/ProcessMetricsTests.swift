import FoundationEssentials
import Testing

@testable import CasareTelemetry

/// What a process says of itself.
struct ProcessMetricsTests {
    @Test func `a process has used time and memory, and has threads and files`() async throws {
        let registry = RegistryTests.registry()
        ProcessMetrics.register(in: registry)
        let snapshot = await registry.snapshot()
        #expect(Set(snapshot.metrics.map(\.instrument)) == Set(InstrumentCatalogue.process))
        let times = try RegistryTests.numbers("process.cpu.time", snapshot)
        #expect(times.map(\.attributes) == [[.cpuMode: "system"], [.cpuMode: "user"]])
        #expect(times.map(\.value.double).reduce(0, +) > 0)
        let uptime = try #require(try RegistryTests.numbers("process.uptime", snapshot).first).value.double
        #expect(uptime >= 0)
        // A test runner takes more than a megabyte, and less than all that a machine has.
        let memory = try #require(try RegistryTests.numbers("process.memory.usage", snapshot).first).value.double
        #expect(memory > 1_000_000 && memory < 1e12)
        #expect(try RegistryTests.numbers("process.thread.count", snapshot).allSatisfy { $0.value.double >= 1 })
        let files = try #require(
            try RegistryTests.numbers("process.unix.file_descriptor.count", snapshot).first)
        #expect(files.value.double >= 1)
    }

    @Test func `time only grows`() async throws {
        let registry = RegistryTests.registry()
        ProcessMetrics.register(in: registry)
        func time() async throws -> Double {
            try RegistryTests.numbers("process.cpu.time", await registry.snapshot()).map(\.value.double).reduce(0, +)
        }
        let before = try await time()
        let after = try await time()
        #expect(after >= before)
    }

    // MARK: - /proc/self/stat

    private static let rest =
        "S 1 7 7 0 -1 4194560 1234 0 5 0 150 25 3 4 20 0 9 0 98765 1073741824 2560 18446744073709551615 1 1 0"

    @Test(arguments: ["casare-robot", "a b", "odd) S 1", "(", ""])
    func `a program's name may hold anything`(name: String) throws {
        let status = try #require(ProcessStatus("7 (\(name)) \(Self.rest)\n"))
        #expect(status.userTicks == 150 && status.systemTicks == 25 && status.threads == 9)
        #expect(status.startedAfterTicks == 98765 && status.residentPages == 2560)
    }

    @Test(arguments: ["", "7", "7 (x) S 1", "7 (x) S 1 7 7 0 -1 4194560 1234 0 5 0 many 25 3 4 20 0 9 0 1 2 3 4 5 6 7"])
    func `what is no such line is none`(line: String) { #expect(ProcessStatus(line) == nil) }
}
