import FoundationEssentials
import Testing

@testable import CasareCLI

struct TextTests {
    @Test(arguments: [
        ("plain", 5), ("Grüße", 5), ("日本", 4), ("ｆｕｌｌ", 8), ("한국어", 6), ("e\u{301}", 1), ("👍", 2), ("👨‍👩‍👧", 2),
        ("❤️", 2), ("", 0), ("🇨🇭", 2),
    ])
    func `text takes as many columns as a terminal gives it`(text: String, columns: Int) {
        #expect(DisplayWidth.of(text) == columns)
    }

    @Test func `a cut never falls into the middle of a wide character`() {
        #expect(DisplayWidth.prefix(of: "日本語", columns: 3) == "日")
        #expect(DisplayWidth.prefix(of: "日本語", columns: 4) == "日本")
        #expect(DisplayWidth.prefix(of: "abc", columns: 0) == "")
    }

    @Test(arguments: [(0, "0 nodes"), (1, "1 node"), (2, "2 nodes")])
    func `one thing is counted in the singular`(number: Int, text: String) {
        #expect(Count.text(number, "node") == text)
    }

    @Test func `control characters become escapes`() {
        #expect(TerminalText.line("a\u{1B}[31mred\u{7}") == "a\\u{1b}[31mred\\u{7}")
        #expect(TerminalText.line("one\ntwo\ttab\r") == "one\\ntwo\\ttab\\r")
        #expect(TerminalText.line("\u{9B}2J and \u{202E}txt.exe") == "\\u{9b}2J and \\u{202e}txt.exe")
        #expect(TerminalText.line("Grüße 日本 👍") == "Grüße 日本 👍")
    }

    @Test func `lines are split before they are made safe`() {
        #expect(TerminalText.lines("one\r\ntwo\n\u{1B}c\n") == ["one", "two", "\\u{1b}c"])
        #expect(TerminalText.lines("") == [])
    }

    @Test func `JSON text keeps its meaning when C1 controls are escaped`() {
        #expect(TerminalText.json("\"\u{9B}x\u{7F}\"") == "\"\\u009bx\\u007f\"")
    }

    @Test(arguments: [
        (0.0, "now"), (1.4, "now"), (-1.4, "now"), (2, "2 s ago"), (89, "89 s ago"), (90, "2 min ago"),
        (5399, "90 min ago"), (5400, "2 h ago"), (86_400, "24 h ago"), (130_000, "2 d ago"), (-300, "in 5 min"),
    ])
    func `a moment is told by its distance`(secondsAgo: Double, text: String) {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        #expect(RelativeTime.text(from: now.addingTimeInterval(-secondsAgo), to: now) == text)
    }

    @Test(arguments: [
        ("90", 90.0), ("10s", 10), ("5m", 300), ("5min", 300), ("1h30m", 5400), ("1.5h", 5400), ("250ms", 0.25),
        ("2d", 172_800), ("1h0m1s", 3601), ("0", 0), ("0.5", 0.5), ("366d", 31_622_400),
    ])
    func `a length of time is read in any unit`(text: String, seconds: Double) {
        #expect(TimeSpan(text)?.seconds == seconds)
    }

    @Test(arguments: ["", "s", "10x", "-5s", "1e3", "1h30", "h1", "10 s", "367d", "nan", "inf", "1..5s", "٣s"])
    func `anything else is no length of time`(text: String) {
        #expect(TimeSpan(text) == nil)
    }

    @Test(arguments: [
        (0.0004, "0 ms"), (0.34, "340 ms"), (1.0, "1 s"), (1.24, "1.2 s"), (59.94, "59.9 s"), (60, "1 min"),
        (125, "2 min 5 s"), (3600, "1 h"), (12_000, "3 h 20 min"), (90_000, "1 d 1 h"),
    ])
    func `a length of time is written in two units at most`(seconds: Double, text: String) {
        #expect(TimeSpan.text(seconds: seconds) == text)
    }
}
