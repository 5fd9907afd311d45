import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@testable import CasareRobot

struct JournalEntryTests {
    private static func row(_ result: String?, effect: String = "effect") -> JournalRow {
        let date = Date(timeIntervalSince1970: 1)
        return JournalRow(
            step: 3, node: "pay", nodeType: "SendNode", effect: effect, result: result, startedAt: date,
            finishedAt: result == nil ? nil : date)
    }

    @Test(arguments: [#"{"aside":70000}"#, "{}", "[]", "no JSON"])
    func `a result that does not say how its step went is not taken for one that gave nothing`(text: String) {
        #expect(throws: UnreadableJournal.self) { try JournalEntry(Self.row(text)) }
    }

    @Test func `an unknown effect class is not guessed`() {
        #expect(throws: UnreadableJournal.self) { try JournalEntry(Self.row(nil, effect: "magic")) }
    }

    @Test func `outputs, errors and intents are read`() throws {
        #expect(try JournalEntry(Self.row(nil)).result == nil)
        #expect(try JournalEntry(Self.row(#"{"outputs":{"a":1}}"#)).result == .succeeded(NodeResult(["a": 1])))
        let failed = try JournalEntry(Self.row(#"{"error":"no","type":"E","outputs":{}}"#)).result
        #expect(failed == .failed(NodeFailure("E", "no")))
    }
}
