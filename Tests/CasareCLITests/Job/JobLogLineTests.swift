import ArgumentParser
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// Lines of a job's log, as they are printed.
struct JobLogLineTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let line = JobLogLine(
        LogLineInfo(Job.LogLine(number: 7, at: Self.now, level: .warning, node: "say", message: "one\ntwo\u{1B}[2J")))

    private static func render(_ lines: [JobLogLine], _ arguments: [String]) throws -> String {
        try OutputOptions.parse(arguments).render(
            Presentation(list: lines, columns: JobLogLine.columns, name: { $0.message }, json: { $0.json }),
            in: RenderContext(width: nil, usesColour: false, now: Self.now))
    }

    @Test func `a line as text is its message, and nothing that a terminal obeys`() {
        #expect(Self.line.text.hasPrefix("one\ntwo") && Self.line.text.hasSuffix("\n"))
        #expect(!Self.line.text.contains("\u{1B}"))
    }

    @Test func `a line has all that is known of it for programs`() throws {
        let json = try Value(parsingJSON: try Self.render([Self.line], ["-o", "jsonl"]))
        #expect(json.object?.keys == ["line", "at", "level", "node", "message"])
        #expect(json["line"] == 7 && json["level"] == "warning" && json["node"] == "say")
        #expect(json["at"] == "2027-01-15T08:00:00.000Z")
        let csv = try Self.render([Self.line], ["-o", "csv", "--columns", "line,node"])
        #expect(csv.contains("7,say"))
    }

    @Test func `a result's lines have their numbers and messages, from any line on`() throws {
        let result = RunResult(success: true, error: nil, variables: [:], logs: ["a", "b", "c"], nodeErrors: [])
        #expect(JobLogLine.lines(of: result, since: 1).map(\.number) == [1, 2, 3])
        let rest = JobLogLine.lines(of: result, since: 3)
        #expect(rest.map(\.message) == ["c"] && rest.map(\.number) == [3])
        #expect(JobLogLine.lines(of: result, since: 9).isEmpty)
        #expect(rest.first?.json["at"] == .null && rest.first?.json["level"] == .null)
    }

    @Test(arguments: [["-o", "json"], ["-o", "csv"], ["--columns", "line"]])
    func `following prints nothing that must be known whole`(options: [String]) {
        let job = "01890000-0000-7000-8000-000000000001"
        #expect(throws: (any Error).self) { try JobLogsCommand.parse([job, "--follow"] + options) }
        #expect(throws: Never.self) { try JobLogsCommand.parse([job] + options) }
        #expect(throws: Never.self) { try JobLogsCommand.parse([job, "--follow", "-o", "jsonl"]) }
    }

    @Test func `lines count from one`() throws {
        let job = "01890000-0000-7000-8000-000000000001"
        #expect(try JobLogsCommand.parse([job]).sinceLine == 1)
        #expect(try JobLogsCommand.parse([job, "--since-line", "12"]).sinceLine == 12)
        #expect(throws: (any Error).self) { try JobLogsCommand.parse([job, "--since-line", "0"]) }
    }
}
