import ArgumentParser
import CasareDomain
import CasareSettings
import FoundationEssentials
import Testing

@testable import CasareCLI

struct ScheduleNextTests {
    private static let question = CronQuestion(
        expression: "-", zone: "UTC", from: Date(timeIntervalSince1970: 1_767_225_600), count: 2, dst: .automatic,
        seed: "")

    private static func answer(_ line: String) -> Value {
        Self.question.answer(toLine: line, countMax: ScheduleNextCommand.countMax, zones: .system)
    }

    @Test func `a line is answered with the next times`() throws {
        let answer = Self.answer(#"{"expression": "30 9 * * MON"}"#)
        #expect(answer["expression"]?.string == "30 9 * * MON" && answer["zone"]?.string == "UTC")
        let ticks = try #require(answer["ticks"]?.list)
        #expect(ticks.map { $0["at"]?.string } == ["2026-01-05T09:30:00.000Z", "2026-01-12T09:30:00.000Z"])
        #expect(ticks.first?["local"]?.string == "2026-01-05T09:30:00+00:00" && ticks.first?["oddity"] == nil)
    }

    @Test func `a line may say all that the options say`() throws {
        let answer = Self.answer(
            #"{"expression": "*/30 2 * * *", "zone": "Europe/Berlin", "from": "2024-03-30T23:00:00Z", "count": 1, "#
                + #""dst": "fixed", "seed": "x"}"#)
        let ticks = try #require(answer["ticks"]?.list)
        #expect(ticks.count == 1)
        #expect(ticks.first?["local"]?.string == "2024-03-31T03:00:00+02:00")
        #expect(ticks.first?["oddity"]?.string == "gap_moved")
    }

    @Test(arguments: [
        ("{", "not JSON"), ("[]", "no JSON object"), ("{}", "expression: is missing"),
        (#"{"expression": "0 0 30 2 *"}"#, "never comes"), (#"{"expression": 5}"#, "expected text"),
        (#"{"expression": "@daily", "zone": "Mars/Olympus"}"#, "no time zone 'Mars/Olympus'"),
        (#"{"expression": "@daily", "from": "today"}"#, "from: expected"),
        (#"{"expression": "@daily", "count": 0}"#, "from 1 to 1000"),
        (#"{"expression": "@daily", "count": 1001}"#, "from 1 to 1000"),
        (#"{"expression": "@daily", "dst": "never"}"#, "automatic, fixed, elapsed"),
        (#"{"expression": "@daily", "timezone": "UTC"}"#, "no member 'timezone'"),
    ])
    func `a line that cannot be answered says why`(line: String, words: String) {
        let answer = Self.answer(line)
        #expect(answer["error"]?.string?.contains(words) == true, "\(answer)")
        #expect(answer["ticks"] == nil)
    }

    @Test func `an expression that ends has fewer times`() throws {
        let answer = Self.answer(#"{"expression": "0 0 0 31 12 * 2026", "count": 5}"#)
        #expect(answer["ticks"]?.list?.count == 1)
        #expect(Self.answer(#"{"expression": "0 0 0 31 12 * 2020"}"#)["ticks"]?.list?.isEmpty == true)
    }

    @Test func `the command takes its options`() throws {
        let line = [
            "schedule", "next", "0 2 * * *", "--zone", "Europe/Berlin", "--from", "2026-01-01T00:00:00Z",
            "--count", "3", "--dst", "elapsed", "--seed", "invoices", "-o", "json",
        ]
        let command = try #require(try Casarectl.parseAsRoot(line) as? ScheduleNextCommand)
        #expect(command.expression == "0 2 * * *" && command.zone == "Europe/Berlin" && command.count == 3)
        #expect(command.dst?.rule == .elapsed && command.seed == "invoices")
        #expect(throws: (any Error).self) {
            _ = try Casarectl.parseAsRoot(["schedule", "next", "@daily", "--count", "0"])
        }
    }

    @Test func `a wrong expression is a wrong command line`() throws {
        var question = Self.question
        question.expression = "0 0 * * FRI-MON"
        let error = try #require(throws: CommandFailure.self) { _ = try question.ticks(zones: .system) }
        #expect(error.status == .usage && error.message.contains("FRI-SAT,SUN-MON"))
    }
}
