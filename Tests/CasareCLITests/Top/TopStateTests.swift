import CasareDomain
import CasareWire
import Testing

@testable import CasareCLI

/// What a key means in `casarectl top`.
struct TopStateTests {
    private static let jobs = TopList.jobs([TopBuilder.job(1), TopBuilder.job(2), TopBuilder.job(3)])

    private static func question(_ state: TopState) -> TopAction? {
        if case .asking(let action) = state.mode { action } else { nil }
    }

    @Test func `keys move the selection, and not beyond the ends`() {
        var state = TopBuilder.state(Self.jobs)
        #expect(state.selectedIndex == 0)
        for (key, index) in [
            (TopKey.down, 1), (.character("j"), 2), (.down, 2), (.up, 1), (.character("k"), 0), (.up, 0), (.end, 2),
            (.home, 0), (.pageDown, 2), (.pageUp, 0), (.character("G"), 2), (.character("g"), 0),
        ] {
            #expect(state.pressed(key) == .nothing)
            #expect(state.selectedIndex == index, "\(key)")
        }
    }

    @Test func `the selection stays with its thing when the list changes, and with its line when that is gone`() {
        var state = TopBuilder.state(Self.jobs)
        _ = state.pressed(.down)
        state.received(TopBuilder.snapshot(.jobs([9, 1, 2, 3].map { TopBuilder.job($0) })))
        #expect(state.selected?.id == TopBuilder.id(2).description && state.selectedIndex == 2)
        state.received(TopBuilder.snapshot(.jobs([9, 1, 3, 4].map { TopBuilder.job($0) })))
        #expect(state.selected?.id == TopBuilder.id(3).description && state.selectedIndex == 2)
        state.received(TopBuilder.snapshot(.jobs([])))
        #expect(state.selectedIndex == nil && state.selected == nil)
        #expect(state.pressed(.enter) == .nothing && state.pressed(.character("c")) == .nothing && state.isList)
    }

    @Test func `what is selected from the start stays selected, and keys are about it`() {
        var state = TopBuilder.state(Self.jobs)
        state.received(TopBuilder.snapshot(.jobs([9, 1, 2, 3].map { TopBuilder.job($0) })))
        #expect(state.selectedIndex == 1)
        #expect(state.pressed(.character("c")) == .nothing)
        #expect(Self.question(state) == .cancelJob(TopBuilder.id(1)))
    }

    @Test func `a number or Tab turns to a section, and asks for it`() {
        var state = TopBuilder.state(Self.jobs)
        for (key, section) in zip("23451", [TopSection.queues, .robots, .letters, .operations, .jobs]) {
            #expect(state.pressed(.character(key)) == .fetch)
            #expect(state.section == section && state.request.section == section)
        }
        #expect(state.pressed(.tab) == .fetch && state.section == .queues)
        #expect(state.list == nil, "what is not known yet is not another section's")
        #expect(state.pressed(.character("6")) == .nothing)
    }

    @Test func `an answer to what was asked before does not replace what is wanted now`() {
        var state = TopBuilder.state(Self.jobs)
        _ = state.pressed(.character("2"))
        state.received(TopBuilder.snapshot(Self.jobs))
        #expect(state.list == nil)
        state.received(TopBuilder.snapshot(.queues([TopBuilder.queue("prod")])))
        #expect(state.selected?.id == "prod")
        _ = state.pressed(.character("1"))
        #expect(state.list?.targets.count == 3, "what was known of jobs is shown until the new answer is there")
    }

    @Test func `f turns through the states of jobs`() {
        var state = TopBuilder.state(Self.jobs)
        for status in [Job.Status.pending, .blocked, .paused, .running] {
            #expect(state.pressed(.character("f")) == .fetch)
            #expect(state.jobStatus == status && state.list == nil)
        }
    }

    @Test func `nothing is done without a yes`() {
        for key in [TopKey.character("n"), .enter, .escape, .down, .character("c"), .character("q")] {
            var state = TopBuilder.state(Self.jobs)
            #expect(state.pressed(.character("c")) == .nothing)
            #expect(Self.question(state) == .cancelJob(TopBuilder.id(1)))
            #expect(state.pressed(key) == .nothing)
            #expect(state.isList && state.notice?.text == "not done" && state.performing == nil)
        }
    }

    @Test func `a yes does it, and what came of it is told`() {
        var state = TopBuilder.state(Self.jobs)
        _ = state.pressed(.character("c"))
        let action = TopAction.cancelJob(TopBuilder.id(1))
        #expect(state.pressed(.character("y")) == .perform(action, reason: nil))
        #expect(state.performing == action && state.isList)
        // Meanwhile nothing else is begun.
        _ = state.pressed(.down)
        #expect(state.pressed(.character("c")) == .nothing && state.isList)
        #expect(state.notice?.text == "wait: cancel job \(TopBuilder.id(1)) is under way")
        #expect(state.performed("cancelled it") == .fetch)
        #expect(state.notice == TopState.Notice(text: "cancelled it", tone: .good) && state.performing == nil)
        _ = state.pressed(.character("c"))
        _ = state.pressed(.character("y"))
        #expect(state.performingFailed("it has ended") == .fetch)
        #expect(state.notice == TopState.Notice(text: "it has ended", tone: .bad) && state.performing == nil)
        _ = state.pressed(.up)
        #expect(state.notice == nil)
    }

    @Test func `a question stays about its thing when the list changes under it`() {
        var state = TopBuilder.state(Self.jobs)
        _ = state.pressed(.character("c"))
        state.received(TopBuilder.snapshot(.jobs([TopBuilder.job(8)])))
        #expect(state.pressed(.character("y")) == .perform(.cancelJob(TopBuilder.id(1)), reason: nil))
    }

    @Test func `a reason is typed, corrected and sent`() {
        var state = TopBuilder.state(.queues([TopBuilder.queue("prod")]))
        state.type("prwrongx")
        _ = state.pressed(.clearLine)
        state.type("month  endd 日")
        _ = state.pressed(.backspace)
        _ = state.pressed(.backspace)
        _ = state.pressed(.backspace)
        #expect(state.pressed(.enter) == .perform(.pauseQueue("prod"), reason: "month  end"))

        var without = TopBuilder.state(.queues([TopBuilder.queue("prod")]))
        without.type("pr  ")
        #expect(without.pressed(.enter) == .perform(.pauseQueue("prod"), reason: nil))
        var given = TopBuilder.state(.queues([TopBuilder.queue("prod")]))
        given.type("prmonth")
        #expect(given.pressed(.escape) == .nothing && given.isList && given.performing == nil)
    }

    @Test func `what is typed has a bound`() {
        var state = TopBuilder.state(.queues([TopBuilder.queue("prod")]))
        state.type("pr" + String(repeating: "x", count: TopState.textCharactersMax + 1))
        let reason = String(repeating: "x", count: TopState.textCharactersMax)
        #expect(state.pressed(.enter) == .perform(.pauseQueue("prod"), reason: reason))
    }

    @Test func `in production the context's name is typed`() {
        let list = TopList.queues([TopBuilder.queue("prod")])
        var state = TopBuilder.state(list, production: "live")
        #expect(state.type("py") == .nothing)
        state.type("live")
        #expect(state.pressed(.enter) == .perform(.pauseQueue("prod"), reason: nil))
        var wrong = TopBuilder.state(list, production: "live")
        wrong.type("pyliv")
        #expect(wrong.pressed(.enter) == .nothing && wrong.isList && wrong.performing == nil)
        var reasoned = TopBuilder.state(list, production: "live")
        reasoned.type("prwhy")
        #expect(reasoned.pressed(.enter) == .nothing)
        reasoned.type("live")
        #expect(reasoned.pressed(.enter) == .perform(.pauseQueue("prod"), reason: "why"))
    }

    @Test func `each thing has its own keys`() {
        let paused = TopBuilder.job(2, .paused(Job.Pause(by: "ann", reason: nil, since: TopBuilder.now), dueAt: nil))
        let cases: [(TopList, Character, TopAction?)] = [
            (Self.jobs, "p", .pauseJob(TopBuilder.id(1))), (.jobs([paused]), "p", .resumeJob(TopBuilder.id(2))),
            (Self.jobs, "d", nil), (Self.jobs, "a", nil),
            (.queues([TopBuilder.queue("q")]), "p", .pauseQueue("q")),
            (.queues([TopBuilder.queue("q", isPaused: true)]), "p", .resumeQueue("q")),
            (.queues([TopBuilder.queue("q")]), "c", nil),
            (.robots([TopBuilder.robot("r1")]), "d", .drainRobot(Robot.ID(rawValue: "r1")!)),
            (.robots([TopBuilder.robot("r1")]), "p", nil),
        ]
        for (list, key, action) in cases {
            var state = TopBuilder.state(list)
            #expect(state.pressed(.character(key)) == .nothing)
            #expect(Self.question(state) == action, "\(key)")
        }
    }

    @Test func `Enter shows and e explains what is selected`() {
        let robot = TopBuilder.robot("r1")
        var state = TopBuilder.state(.robots([robot]))
        #expect(state.pressed(.enter) == .show(.robot(robot)))
        #expect(state.pressed(.character("e")) == .explain(.robot(robot)))
        state.openingFailed("it is gone")
        #expect(state.notice?.tone == .bad)
    }

    @Test func `a page is scrolled within its bounds and left by q, and q quits from the list`() {
        var state = TopBuilder.state(Self.jobs)
        state.opened(TopPage(title: "one", sheet: Sheet("one")))
        func scrolled() -> Int? {
            if case .page(_, let lines) = state.mode { lines } else { nil }
        }
        for (key, lines) in [(TopKey.down, 1), (.character("j"), 2), (.up, 1), (.pageUp, 0), (.pageDown, 10)] {
            #expect(state.pressed(key) == .nothing)
            #expect(scrolled() == lines, "\(key)")
        }
        state.clampScrolling(to: 4)
        #expect(scrolled() == 4)
        #expect(state.pressed(.home) == .nothing && scrolled() == 0)
        #expect(state.pressed(.character("c")) == .nothing && scrolled() == 0, "nothing is done from a page")
        #expect(state.pressed(.character("q")) == .nothing && state.isList)
        #expect(state.pressed(.character("q")) == .quit(.success))
    }

    @Test func `a page that comes while a question is put does not hide it`() {
        var state = TopBuilder.state(Self.jobs)
        _ = state.pressed(.character("c"))
        state.opened(TopPage(title: "one", sheet: Sheet("one")))
        #expect(Self.question(state) != nil)
    }

    @Test func `the keys of the terminal work everywhere`() {
        for keys in ["", "c", "cr"] {
            var state = TopBuilder.state(Self.jobs)
            state.type(keys)
            #expect(state.pressed(.suspend) == .suspend && state.pressed(.redraw) == .redraw)
            #expect(state.pressed(.interrupt) == .quit(.interrupted))
        }
    }

    @Test func `what was known stays when the server does not answer`() {
        var state = TopBuilder.state(Self.jobs)
        state.fetchFailed("cannot reach https://casare")
        #expect(state.outage != nil && state.list?.targets.count == 3)
        state.received(TopBuilder.snapshot(Self.jobs))
        #expect(state.outage == nil)
    }
}
