import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareRobot

/// What a robot logged, while it waits to be sent.
struct RobotLogBufferTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private static func line(_ message: String) -> Robot.LogLine {
        Robot.LogLine(number: 0, at: Self.now, level: .info, label: "casare.robot", message: message)
    }

    @Test func `lines are sent in order, with numbers from one on, until they are kept`() {
        var buffer = RobotLogBuffer()
        let taken = ["a", "b", "c"].map { buffer.logged(Self.line($0)) }
        #expect(taken == [nil, nil, nil])
        #expect(buffer.report.map(\.number) == [1, 2, 3] && buffer.report.map(\.message) == ["a", "b", "c"])
        let report = buffer.report
        _ = buffer.logged(Self.line("d"))
        buffer.done(report, at: Self.now)
        #expect(buffer.report.map(\.number) == [4])
        buffer.done(report, at: Self.now)
        #expect(buffer.report.map(\.number) == [4], "a report that is told of twice takes nothing else along")
        buffer.done(buffer.report, at: Self.now)
        #expect(buffer.isEmpty && buffer.report.isEmpty)
    }

    @Test func `so many wait, others are left out, and a line says how many`() {
        var buffer = RobotLogBuffer()
        let taken = (0..<RobotLogBuffer.linesMax + 3).map { buffer.logged(Self.line("\($0)")) }
        #expect(taken.prefix(RobotLogBuffer.linesMax).allSatisfy { $0 == nil })
        #expect(taken.suffix(3) == [.queueFull, .queueFull, .queueFull])
        var sent: [Robot.LogLine] = []
        while !buffer.isEmpty {
            let report = buffer.report
            #expect(report.count <= Robot.Log.reportLinesMax)
            sent += report
            buffer.done(report, at: Self.now)
        }
        #expect(sent.count == RobotLogBuffer.linesMax + 1)
        #expect(sent.map(\.number) == Array(1...sent.count))
        let notes = sent.filter { $0.label == Robot.Log.label }
        #expect(notes.map(\.level) == [.warning] && notes.first?.message.hasPrefix("3 lines are left out") == true)
        // There is room again.
        let loss = buffer.logged(Self.line("again"))
        #expect(loss == nil)
    }

    @Test func `what waits is bounded in bytes, and so is what is sent at once`() {
        var buffer = RobotLogBuffer()
        let large = String(repeating: "x", count: Robot.LogLine.messageCharactersMax)
        var count = 0
        while buffer.logged(Self.line(large)) == nil { count += 1 }
        #expect(count > 400 && count < RobotLogBuffer.linesMax)
        let bytes = buffer.report.reduce(0) { $0 + $1.bytes }
        #expect(bytes <= RobotLogBuffer.reportBytesMax && bytes > RobotLogBuffer.reportBytesMax / 2)
    }

    @Test func `nothing is taken any more once it is closed, and what waited is counted`() {
        var buffer = RobotLogBuffer()
        _ = buffer.logged(Self.line("a"))
        _ = buffer.logged(Self.line("b"))
        let lost = buffer.close()
        #expect(lost == 2 && buffer.isEmpty)
        let loss = buffer.logged(Self.line("c"))
        #expect(loss == .notSent)
    }
}
