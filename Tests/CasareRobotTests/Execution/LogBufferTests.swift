import CasareDomain
@testable import CasareRobot
import FoundationEssentials
import Testing

/// What waits to be sent of a job's log.
struct LogBufferTests {
    private static let now = Date(timeIntervalSince1970: 1)

    private var buffer = LogBuffer()

    private mutating func write(_ messages: some Sequence<String>) {
        for message in messages { self.buffer.wrote(.info, node: "n", message, at: Self.now) }
    }

    @Test mutating func `what was sent and perhaps not kept is sent again under its numbers`() {
        self.write(["a", "b"])
        #expect(self.buffer.report.map(\.number) == [1, 2])
        self.write(["c"])
        let report = self.buffer.report
        #expect(report.map(\.number) == [1, 2, 3] && report.map(\.message) == ["a", "b", "c"])
        self.write(["d"])
        self.buffer.kept(report, lines: 3, at: Self.now)
        #expect(self.buffer.report.map(\.number) == [4])
    }

    @Test mutating func `what comes while it is full is counted, and a line of its own says so`() {
        self.write((1...LogBuffer.linesMax + 7).map(String.init))
        let report = self.buffer.report
        #expect(report.count == LogBuffer.linesMax && self.buffer.unsent == LogBuffer.linesMax + 7)
        self.buffer.kept(report, lines: report.count, at: Self.now)
        self.write(["next"])
        let next = self.buffer.report
        #expect(next.map(\.number) == [LogBuffer.linesMax + 1, LogBuffer.linesMax + 2])
        #expect(next.first?.message.hasPrefix("7 lines are left out here") == true, "\(next)")
        #expect(next.first?.node == nil && next.first?.level == .warning && next.last?.message == "next")
    }

    @Test mutating func `once the job's log is full nothing is held any more`() {
        self.write(["a", "b"])
        self.buffer.kept(self.buffer.report, lines: Job.Log.linesMax, at: Self.now)
        self.write(["c"])
        #expect(self.buffer.report.isEmpty && self.buffer.unsent == 0)
    }

    @Test mutating func `long lines go in parts, and one that is too long by itself goes alone`() {
        let long = String(repeating: "x", count: Job.LogLine.messageCharactersMax)
        let fitting = LogBuffer.reportBytesMax / Job.LogLine.messageCharactersMax
        self.write(repeatElement(long, count: fitting + 1))
        #expect(self.buffer.report.count == fitting)
        self.buffer.kept(self.buffer.report, lines: fitting, at: Self.now)
        #expect(self.buffer.report.count == 1)
    }
}
