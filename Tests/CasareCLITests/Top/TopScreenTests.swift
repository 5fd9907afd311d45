import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// What `casarectl top` draws.
struct TopScreenTests {
    private static let wide = TopList.jobs(
        (1...30).map { TopBuilder.job($0, workflow: $0 % 2 == 0 ? "請求書の処理" : "invoices") })

    private static func lines(
        _ state: TopState, width: Int = 100, height: Int? = 20, colour: Bool = false,
        now: Date = TopBuilder.now
    ) -> [String] {
        TopScreen(width: width, height: height, usesColour: colour, now: now).lines(state)
    }

    @Test func `a frame of a usual terminal`() {
        let state = TopBuilder.state(.queues([TopBuilder.queue("prod"), TopBuilder.queue("test", isPaused: true)]))
        let text = Self.lines(state, height: 12).map(\.trimmingTrailingSpaces).joined(separator: "\n")
        #expect(
            text == """
                casarectl top  https://casare  version 1.2.3
                jobs           10000+ waiting, 3 due later, 4 running, 0 blocked, 1 paused
                robots         1 live, 1 cordoned, 2 offline
                dead letters   12 open, 2 acknowledged, the oldest opened 2 h ago
                failed in 1 h  invoices 11 (40 %)
                 1 Jobs, running [2 Queues] 3 Robots  4 Dead letters  5 Operations
                  NAME  KIND    READY  SCHEDULED  RUNNING  PAUSED JOBS  SLOTS  ROBOTS ALIVE  PAUSED
                > prod  plain       7          0        1            0      4             1  –
                  test  paused      7          0        1            0      4             1  by ann

                1 of 2
                q: quit  1–5: section  ↑ ↓: select  Enter: show  e: explain  p: pause or resume
                """)
    }

    @Test(arguments: [1, 2, 3, 7, 20, 41, 80, 200], [1, 2, 3, 8, 12, 25, 60])
    func `every line fits, and there are as many as the screen has`(width: Int, height: Int) {
        var page = TopBuilder.state(Self.wide)
        var sheet = Sheet("請求書の処理 " + String(repeating: "長い", count: 60))
        sheet.add("error", .text(String(repeating: "x", count: 300)))
        page.opened(TopPage(title: "job 請求書", sheet: sheet))
        var typing = TopBuilder.state(Self.wide)
        typing.type("cr" + String(repeating: "日本", count: 60))
        var asking = TopBuilder.state(Self.wide)
        asking.type("c")
        var failed = TopBuilder.state(Self.wide)
        failed.fetchFailed("the server does not answer: " + String(repeating: "x", count: 200))
        for state in [TopBuilder.state(Self.wide), TopBuilder.state(.robots([])), page, typing, asking, failed] {
            let lines = Self.lines(state, width: width, height: height)
            #expect(lines.count == height)
            for line in lines { #expect(DisplayWidth.of(line) <= width, "\(line)") }
        }
    }

    @Test func `wide characters take two columns, and the columns stay aligned`() throws {
        let lines = Self.lines(TopBuilder.state(Self.wide), width: 120)
        let first = try #require(lines.first { $0.contains(TopBuilder.id(1).description) })
        let second = try #require(lines.first { $0.contains(TopBuilder.id(2).description) })
        func place(_ line: String) throws -> Int {
            DisplayWidth.of(String(line[..<(try #require(line.firstRange(of: "running")).lowerBound)]))
        }
        #expect(try place(first) == place(second))
    }

    @Test func `the selected line is marked, and in sight`() throws {
        var state = TopBuilder.state(Self.wide)
        func marked(_ lines: [String]) -> [String] { lines.filter { $0.hasPrefix("> ") } }
        for _ in 0..<17 { _ = state.pressed(.down) }
        let lines = Self.lines(state)
        #expect(marked(lines).count == 1 && marked(lines)[0].contains(TopBuilder.id(18).description))
        #expect(!lines.contains { $0.contains(TopBuilder.id(1).description) })
        _ = state.pressed(.end)
        #expect(marked(Self.lines(state))[0].contains(TopBuilder.id(30).description))
        let coloured = try #require(Self.lines(state, colour: true).first { $0.contains("> ") })
        #expect(coloured.hasPrefix("\u{1B}[7m") && coloured.hasSuffix("\u{1B}[0m"))
    }

    @Test func `without colour no line drives the terminal`() {
        var job = TopBuilder.state(.jobs([TopBuilder.job(1, workflow: "a\u{1B}[2Jb\nc")]))
        for line in Self.lines(job) {
            #expect(!line.unicodeScalars.contains(where: TerminalText.isUnsafe), "\(line)")
        }
        _ = job.performed("done\u{1B}[2J")
        #expect(Self.lines(job)[18] == "done\\u{1b}[2J")
    }

    @Test func `questions stand in the last two lines`() {
        let id = TopBuilder.id(1)
        var state = TopBuilder.state(Self.wide)
        state.type("c")
        #expect(
            Self.lines(state).suffix(2) == [
                "Cancel job \(id)?", "y: yes  r: yes, with a reason  other keys: no",
            ])
        state.type("rwhy")
        #expect(
            Self.lines(state).suffix(2) == ["Why cancel job \(id)? Enter does it, ESC does not", "Reason: why_"])
        var production = TopBuilder.state(Self.wide, production: "live")
        production.type("cyli")
        #expect(
            Self.lines(production).suffix(2) == ["This is production. To cancel job \(id), type live", "Name: li_"])
    }

    @Test func `the end of a long text is what is seen of it`() {
        var state = TopBuilder.state(Self.wide)
        state.type("cr" + String(repeating: "a", count: 50) + "日本")
        #expect(Self.lines(state, width: 20).last == "Reason: aaaaaaa日本_")
    }

    @Test func `a page is wrapped, scrolled and never scrolled away`() {
        var state = TopBuilder.state(Self.wide)
        var sheet = Sheet("it failed")
        for number in 1...30 { sheet.add("field \(number)", .number(number)) }
        let page = TopPage(title: "job 1", sheet: sheet)
        state.opened(page)
        let screen = TopScreen(width: 40, height: 10, usesColour: false, now: TopBuilder.now)
        let first = screen.lines(state)
        #expect(first[1] == "job 1" && first[2] == "it failed" && first[9].hasPrefix("↑ ↓"))
        #expect(screen.scrollMax(page) == 31 - 6)
        for _ in 0..<10 { _ = state.pressed(.pageDown) }
        state.clampScrolling(to: screen.scrollMax(page))
        #expect(screen.lines(state)[7] == "field 30  30")
        let long = TopPage(title: "t", sheet: Sheet(String(repeating: "日", count: 30)))
        var other = TopBuilder.state(Self.wide)
        other.opened(long)
        let wrapped = screen.lines(other)
        #expect(wrapped[2] == String(repeating: "日", count: 20) && wrapped[3] == String(repeating: "日", count: 10))
    }

    @Test func `an outage and an old answer say so`() {
        var state = TopBuilder.state(Self.wide)
        let later = TopBuilder.now.addingTimeInterval(31)
        #expect(!Self.lines(state, now: TopBuilder.now.addingTimeInterval(30))[0].contains("as of"))
        #expect(Self.lines(state, now: later)[0].hasSuffix("as of 31 s ago"))
        state.fetchFailed("cannot reach it")
        #expect(Self.lines(state)[0].hasSuffix("as of now: cannot reach it"))
    }

    @Test func `an empty list says what is missing`() {
        #expect(Self.lines(TopBuilder.state(.robots([]))).contains("  no robot is registered"))
        #expect(
            Self.lines(TopBuilder.state(.jobs([])))
                .contains("  no job is running; f shows those in another state"))
    }

    @Test func `printed once, it is all of the list and nothing about keys`() {
        let lines = Self.lines(TopBuilder.state(Self.wide), width: 120, height: nil)
        #expect(lines.count == 6 + 1 + 30)
        #expect(!lines.contains { $0.contains("quit") || $0.hasPrefix(">") })
    }
}
