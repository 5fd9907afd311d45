import CasareDomain
import CasareWire
import FoundationEssentials

/// What `casarectl top` shows and what a key means: all of its rules, without a terminal and without a server.
///
/// Keys and answers go in; what is to be done comes out. A list may change under the person's eyes at any time, so what
/// is selected is known by its ID, and a question stays about the thing that it was put about.
struct TopState: Sendable {
    /// What the keys are for at the moment.
    enum Mode: Sendable {
        /// The list. Ends with q.
        case list
        /// A page about one thing, and how many of its lines are scrolled past. Back to the list with q or ESC.
        case page(TopPage, scrolledBy: Int)
        /// Waits for a yes. Everything but y and r goes back to the list.
        case asking(TopAction)
        /// Reads why. Enter does it, ESC goes back to the list.
        case typingReason(TopAction, String)
        /// Reads the context's name: one key pressed by habit is not enough in production.
        case typingName(TopAction, reason: String?, String)
    }

    /// What a key makes the program do, beside showing what has changed.
    enum Reaction: Hashable, Sendable {
        case nothing
        /// Ask the server anew.
        case fetch
        case show(TopTarget)
        case explain(TopTarget)
        case perform(TopAction, reason: String?)
        case redraw
        /// Give the terminal back, and stop until the shell goes on with it.
        case suspend
        case quit(ExitReason)
    }

    struct Notice: Hashable, Sendable {
        let text: String
        let tone: Tone
    }

    /// The longest text that is typed.
    static let textCharactersMax = 200
    /// A key for a page moves by so many lines: how many there are is for the drawing to know.
    static let pageLines = 10

    /// The server's URL and the context's name.
    let place: String
    /// What must be typed before something is done in production; `nil`: a yes is enough.
    let productionName: String?

    private(set) var mode = Mode.list
    private(set) var section: TopSection
    private(set) var jobStatus = TopSection.jobStatuses[0]
    private(set) var status: StatusResponse?
    /// When the server told what is shown.
    private(set) var fetchedAt: Date?
    /// What was shown of each section the last time.
    private var lists: [TopSection: TopList] = [:]
    private var selections: [TopSection: (id: String, index: Int)] = [:]
    private(set) var notice: Notice?
    /// The server does not answer: what is shown is old.
    private(set) var outage: String?
    /// It is being done.
    private(set) var performing: TopAction?

    init(place: String, productionName: String?, section: TopSection = .jobs) {
        self.place = place
        self.productionName = productionName
        self.section = section
    }

    /// What is asked of the server.
    var request: TopRequest { TopRequest(section: self.section, jobStatus: self.jobStatus) }

    /// `nil`: not known yet.
    var list: TopList? { self.lists[self.section] }

    /// Which line of the list is selected; `nil`: there is none.
    var selectedIndex: Int? {
        guard let targets = self.list?.targets, !targets.isEmpty else { return nil }
        guard let selection = self.selections[self.section] else { return 0 }
        // What is gone makes way for what has taken its place.
        return targets.firstIndex { $0.id == selection.id } ?? min(selection.index, targets.count - 1)
    }

    var selected: TopTarget? { self.selectedIndex.flatMap { self.list?.targets[$0] } }

    // MARK: - What the server says

    mutating func received(_ snapshot: TopSnapshot) {
        self.status = snapshot.status
        self.fetchedAt = snapshot.at
        self.outage = nil
        // An answer to what was asked before the last key would show what nobody wants to see any more.
        guard snapshot.request == self.request else { return }
        self.lists[self.section] = snapshot.list
        // Also what is selected because nothing else is: it stays so when other things come before it.
        if let index = self.selectedIndex { self.select(index) }
    }

    mutating func fetchFailed(_ message: String) { self.outage = message }

    mutating func opened(_ page: TopPage) {
        guard case .list = self.mode else { return }
        self.mode = .page(page, scrolledBy: 0)
    }

    mutating func openingFailed(_ message: String) { self.notice = Notice(text: message, tone: .bad) }

    mutating func performed(_ sentence: String) -> Reaction {
        self.performing = nil
        self.notice = Notice(text: sentence, tone: .good)
        return .fetch
    }

    mutating func performingFailed(_ message: String) -> Reaction {
        self.performing = nil
        self.notice = Notice(text: message, tone: .bad)
        return .fetch
    }

    // MARK: - What a person does

    mutating func pressed(_ key: TopKey) -> Reaction {
        switch key {
        case .interrupt: return .quit(.interrupted)
        case .suspend: return .suspend
        case .redraw: return .redraw
        case .character, .up, .down, .pageUp, .pageDown, .home, .end, .enter, .escape, .backspace, .clearLine, .tab:
            break
        }
        self.notice = nil
        switch self.mode {
        case .list: return self.pressedInList(key)
        case .page(let page, let lines): return self.pressed(key, on: page, scrolledBy: lines)
        case .asking(let action): return self.answered(key, about: action)
        case .typingReason(let action, let text): return self.typed(key, reasonOf: action, text)
        case .typingName(let action, let reason, let text): return self.typed(key, nameFor: action, reason, text)
        }
    }

    private mutating func pressedInList(_ key: TopKey) -> Reaction {
        switch key {
        case .up, .character("k"): self.move(by: -1)
        case .down, .character("j"): self.move(by: 1)
        case .pageUp: self.move(by: -Self.pageLines)
        case .pageDown: self.move(by: Self.pageLines)
        case .home, .character("g"): self.select(0)
        case .end, .character("G"): self.select(.max)
        case .tab:
            let sections = TopSection.allCases
            let position = sections.firstIndex(of: self.section) ?? 0
            return self.turn(to: sections[(position + 1) % sections.count])
        case .enter: return self.selected.map(Reaction.show) ?? .nothing
        case .character("q"): return .quit(.success)
        case .character("e"):
            guard let selected else { return .nothing }
            guard selected.canBeExplained else {
                self.notice = Notice(text: "an operation needs no explanation: Enter shows it", tone: .plain)
                return .nothing
            }
            return .explain(selected)
        case .character("f") where self.section == .jobs:
            self.jobStatus = TopSection.jobStatus(after: self.jobStatus)
            self.lists[.jobs] = nil
            self.selections[.jobs] = nil
            return .fetch
        case .character(let character):
            if let section = TopSection(key: character) { return self.turn(to: section) }
            self.ask(self.selected?.action(for: character))
        case .interrupt, .suspend, .redraw, .escape, .backspace, .clearLine: break
        }
        return .nothing
    }

    private mutating func turn(to section: TopSection) -> Reaction {
        self.section = section
        return .fetch
    }

    private mutating func ask(_ action: TopAction?) {
        guard let action else { return }
        if let performing {
            self.notice = Notice(text: "wait: \(performing.what) is under way", tone: .attention)
        } else {
            self.mode = .asking(action)
        }
    }

    private mutating func move(by lines: Int) { self.select((self.selectedIndex ?? 0) + lines) }

    /// The line of this number, or the nearest to it.
    private mutating func select(_ index: Int) {
        guard let targets = self.list?.targets, !targets.isEmpty else { return }
        let index = min(max(index, 0), targets.count - 1)
        self.selections[self.section] = (targets[index].id, index)
    }

    private mutating func pressed(_ key: TopKey, on page: TopPage, scrolledBy lines: Int) -> Reaction {
        func scrolled(to line: Int) -> Mode { .page(page, scrolledBy: max(0, line)) }
        switch key {
        case .up, .character("k"): self.mode = scrolled(to: lines - 1)
        case .down, .character("j"): self.mode = scrolled(to: lines + 1)
        case .pageUp: self.mode = scrolled(to: lines - Self.pageLines)
        case .pageDown, .character(" "): self.mode = scrolled(to: lines + Self.pageLines)
        case .home, .character("g"): self.mode = scrolled(to: 0)
        case .escape, .enter, .backspace, .character("q"): self.mode = .list
        case .character, .end, .tab, .clearLine, .interrupt, .suspend, .redraw: break
        }
        return .nothing
    }

    /// The page cannot be scrolled any further than this: the drawing knows how long it is.
    mutating func clampScrolling(to linesMax: Int) {
        guard case .page(let page, let lines) = self.mode, lines > linesMax else { return }
        self.mode = .page(page, scrolledBy: max(0, linesMax))
    }

    // MARK: - Questions

    private mutating func answered(_ key: TopKey, about action: TopAction) -> Reaction {
        switch key {
        case .character("y"), .character("Y"): return self.confirmed(action, reason: nil)
        case .character("r"):
            self.mode = .typingReason(action, "")
        case .character, .up, .down, .pageUp, .pageDown, .home, .end, .enter, .escape, .backspace, .clearLine, .tab,
            .interrupt, .suspend, .redraw:
            self.giveUp()
        }
        return .nothing
    }

    private mutating func typed(_ key: TopKey, reasonOf action: TopAction, _ text: String) -> Reaction {
        switch Self.edited(text, by: key) {
        case .text(let text): self.mode = .typingReason(action, text)
        case .givenUp: self.giveUp()
        case .entered:
            let reason = text.trimmingSpaces
            return self.confirmed(action, reason: reason.isEmpty ? nil : reason)
        }
        return .nothing
    }

    private mutating func typed(
        _ key: TopKey, nameFor action: TopAction, _ reason: String?, _ text: String
    ) -> Reaction {
        switch Self.edited(text, by: key) {
        case .text(let text): self.mode = .typingName(action, reason: reason, text)
        case .entered where text == self.productionName: return self.begin(action, reason)
        case .entered, .givenUp: self.giveUp()
        }
        return .nothing
    }

    private mutating func confirmed(_ action: TopAction, reason: String?) -> Reaction {
        guard self.productionName != nil else { return self.begin(action, reason) }
        self.mode = .typingName(action, reason: reason, "")
        return .nothing
    }

    private mutating func begin(_ action: TopAction, _ reason: String?) -> Reaction {
        self.mode = .list
        self.performing = action
        return .perform(action, reason: reason)
    }

    private mutating func giveUp() {
        self.mode = .list
        self.notice = Notice(text: "not done", tone: .plain)
    }

    private enum Edit {
        case text(String)
        case entered, givenUp
    }

    private static func edited(_ text: String, by key: TopKey) -> Edit {
        switch key {
        case .character(let character):
            .text(text.count < Self.textCharactersMax ? text + String(character) : text)
        case .backspace: .text(String(text.dropLast()))
        case .clearLine: .text("")
        case .enter: .entered
        case .escape, .interrupt: .givenUp
        case .up, .down, .pageUp, .pageDown, .home, .end, .tab, .suspend, .redraw: .text(text)
        }
    }
}

/// Which list is wanted.
struct TopRequest: Hashable, Sendable {
    let section: TopSection
    /// Of the jobs that are listed.
    let jobStatus: Job.Status
}

/// What the server has told at a moment.
struct TopSnapshot: Sendable {
    let request: TopRequest
    let status: StatusResponse
    let list: TopList
    let at: Date
}

/// A page about one thing.
struct TopPage: Sendable {
    let title: String
    let sheet: Sheet
}
