@testable import CasareTelemetry
import CasareTestSupport
import FoundationEssentials
import Glibc
import Testing

/// How lines get out.
struct LogOutputTests {
    @Test func `lines of several tasks do not run into each other`() async throws {
        try await withTemporaryDirectory { folder in
            let descriptor = open("\(folder)/log", O_WRONLY | O_CREAT, 0o600)
            try #require(descriptor >= 0)
            defer { close(descriptor) }
            // Longer than what a pipe takes at once.
            let length = 10_000
            await withDiscardingTaskGroup { group in
                for task in 0..<4 {
                    group.addTask {
                        let line = [UInt8](repeating: UInt8(ascii: "a") + UInt8(task), count: length) + [0x0A]
                        for _ in 0..<20 { LogOutput.write(line, to: descriptor) }
                    }
                }
            }
            let lines = try String(contentsOf: URL(filePath: "\(folder)/log"), encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 80)
            #expect(lines.allSatisfy { $0.utf8.count == length && Set($0.utf8).count == 1 })
        }
    }

    @Test func `who cannot write goes on`() throws {
        #expect(!LogOutput.write([0x0A], to: -1))
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (exit, entry) = (ends[0], ends[1])
        defer {
            close(exit)
            close(entry)
        }
        try #require(fcntl(entry, F_SETFL, O_NONBLOCK) == 0)
        // Far more than a pipe holds, which nobody empties.
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 21)
        #expect(LogOutput.write([0x0A], to: entry) && !LogOutput.write(line, to: entry))
        var buffer = [UInt8](repeating: 0, count: 16)
        let length = read(exit, &buffer, buffer.count)
        #expect(length == 16)
    }
}
