import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What a robot has logged, as it is printed.
struct RobotLogTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let line = RobotLogLineInfo(
        Robot.LogLine(
            number: 7, at: Self.now, level: .warning, label: "casare.robot", message: "one\ntwo\u{1B}[2J",
            fields: ["job.id": "j", "tags": ["a"]], traceID: TraceID("0af7651916cd43dd8448eb211c80319c"),
            spanID: SpanID("b7ad6b7169203331")))

    private static func render(_ lines: [RobotLogLineInfo], _ arguments: [String]) throws -> String {
        try OutputOptions.parse(arguments).render(
            Presentation(
                list: lines, columns: RobotLogLineInfo.columns, name: { $0.message }, json: { $0.json }),
            in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    @Test func `a line as text is one line with all that people want, and nothing that a terminal obeys`() {
        let text = Self.line.text
        #expect(text.hasPrefix("2027-01-15T08:00:00.000Z warning casare.robot: one\\ntwo"), "\(text)")
        #expect(
            text.hasSuffix("job.id=j tags=[\"a\"] trace_id=0af7651916cd43dd8448eb211c80319c\n"), "\(text)")
        #expect(!text.contains("\u{1B}") && text.split(separator: "\n").count == 1)
        let plain = RobotLogLineInfo(
            Robot.LogLine(number: 1, at: Self.now, level: .info, label: "l", message: "m"))
        #expect(plain.text == "2027-01-15T08:00:00.000Z info l: m\n")
    }

    @Test func `a line has all that is known of it for programs`() throws {
        let json = try Value(parsingJSON: try Self.render([Self.line], ["-o", "jsonl"]))
        #expect(
            json.object?.keys == ["line", "at", "level", "label", "message", "fields", "trace_id", "span_id"])
        #expect(json["line"] == 7 && json["level"] == "warning" && json["fields"]?["job.id"] == "j")
        #expect(json["trace_id"] == "0af7651916cd43dd8448eb211c80319c" && json["span_id"] == "b7ad6b7169203331")
        let csv = try Self.render([Self.line], ["-o", "csv", "--columns", "line,level,trace_id"])
        #expect(csv.contains("7,warning,0af7651916cd43dd8448eb211c80319c"))
    }

    @Test(arguments: [["-o", "json"], ["-o", "csv"], ["--columns", "line"]])
    func `following prints nothing that must be known whole`(options: [String]) {
        #expect(throws: (any Error).self) { try RobotLogsCommand.parse(["r1", "--follow"] + options) }
        #expect(throws: Never.self) { try RobotLogsCommand.parse(["r1"] + options) }
        #expect(throws: Never.self) { try RobotLogsCommand.parse(["r1", "--follow", "-o", "jsonl"]) }
    }

    @Test func `a robot's log is asked for from its end, since a moment and from a level on`() throws {
        let command = try Casarectl.parseAsRoot([
            "robot", "logs", "r1", "-f", "--since", "10m", "--level", "Warning", "--tail", "5",
        ])
        let logs = try #require(command as? RobotLogsCommand)
        #expect(logs.robot.id.rawValue == "r1" && logs.follow && logs.tail == 5)
        #expect(logs.since?.date(now: Self.now) == Self.now - 600 && logs.level?.value == .warning)
    }

    @Test(arguments: [
        ["r/1"], ["r1", "--tail", "0"], ["r1", "--tail", "501"], ["r1", "--level", "loud"], ["r1", "--since", "later"],
    ])
    func `what cannot be meant is refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try RobotLogsCommand.parse(arguments) }
    }
}
