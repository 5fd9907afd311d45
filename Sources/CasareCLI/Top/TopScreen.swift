import CasareDomain
import CasareWire
import FoundationEssentials

/// Draws what `casarectl top` knows: a pure function of that, the screen's size and the time.
struct TopScreen: Sendable {
    /// Columns; 1 at least.
    let width: Int
    /// Lines; `nil`: as many as it takes, and nothing about keys.
    let height: Int?
    let usesColour: Bool
    /// What relative times are relative to.
    let now: Date

    /// Below the list: what has just happened, and what the keys do.
    private static let footerLines = 2

    /// Exactly `height` lines, none wider than `width`.
    func lines(_ state: TopState) -> [String] {
        var lines = [self.titleLine(state)]
        switch state.mode {
        case .page(let page, let scrolled):
            let body = self.body(of: page)
            lines.append(TopLine(page.title, .heading))
            let room = self.room(below: lines.count, wanted: body.count)
            lines += body.dropFirst(min(scrolled, max(0, body.count - room))).prefix(room)
        case .list, .asking, .typingReason, .typingName:
            lines += self.overview(state)
            lines.append(self.sections(state))
            lines += self.list(state, room: self.room(below: lines.count, wanted: .max))
        }
        if let height {
            // The last line is the one with the question: it is there also where there is room for little else.
            let footer = [self.noticeLine(state), self.keysLine(state)].suffix(height)
            lines = Array(lines.prefix(height - footer.count))
            lines += Array(repeating: TopLine(), count: height - footer.count - lines.count)
            lines += footer
        }
        return lines.map { $0.text(width: self.width, usesColour: self.usesColour) }
    }

    /// How far a page can be scrolled.
    func scrollMax(_ page: TopPage) -> Int {
        let body = self.body(of: page)
        return max(0, body.count - self.room(below: 2, wanted: body.count))
    }

    private func room(below lines: Int, wanted: Int) -> Int {
        guard let height else { return wanted }
        return max(0, height - lines - Self.footerLines)
    }

    // MARK: - Head

    private func titleLine(_ state: TopState) -> TopLine {
        var line = TopLine("casarectl top  \(state.place)", .heading)
        if let version = state.status?.version { line.append("  version \(version)", .tone(.faint)) }
        if let outage = state.outage {
            line.append("  as of \(self.age(state)): \(outage)", .tone(.bad))
        } else if state.secondsOld(at: self.now) > Self.staleAfterSeconds {
            line.append("  as of \(self.age(state))", .tone(.attention))
        }
        return line
    }

    /// What is older than this says so: something keeps it from being fetched.
    private static let staleAfterSeconds = 30.0

    private func age(_ state: TopState) -> String {
        state.fetchedAt.map { RelativeTime.text(from: $0, to: self.now) } ?? "never"
    }

    private func overview(_ state: TopState) -> [TopLine] {
        guard let status = state.status else { return [TopLine("waiting for the server", .faint)] }
        var lines = [
            self.fact("jobs", .text(status.jobsText)), self.fact("robots", status.robotsCell),
            self.fact("dead letters", status.deadLettersCell),
        ]
        if let oldest = status.deadLetters?.oldestOpenAt {
            lines[2].append(", the oldest opened \(RelativeTime.text(from: oldest, to: self.now))")
        }
        let failing = (status.failingWorkflows ?? []).map { workflow in
            "\(workflow.workflow) \(workflow.failed)\(workflow.isInexact ? "+" : "")"
                + (workflow.shareText.map { " (\($0))" } ?? "")
        }
        if !failing.isEmpty {
            lines.append(self.fact("failed in 1 h", .state(failing.joined(separator: ", "), .bad)))
        }
        return lines
    }

    /// As wide as the longest label and two spaces.
    private static let labelColumns = 15

    private func fact(_ label: String, _ cell: Cell) -> TopLine {
        let padding = String(repeating: " ", count: max(0, Self.labelColumns - label.count))
        var line = TopLine(label + padding, .faint)
        line.append(cell.display(now: self.now), .tone(cell.tone))
        return line
    }

    private func sections(_ state: TopState) -> TopLine {
        var line = TopLine()
        for section in TopSection.allCases {
            var title = section.title
            if section == .jobs { title += ", \(state.jobStatus.rawValue)" }
            let isShown = section == state.section
            line.append(isShown ? "[\(title)]" : " \(title) ", isShown ? .reversed : .tone(.plain))
        }
        return line
    }

    // MARK: - List

    private func list(_ state: TopState, room: Int) -> [TopLine] {
        guard let list = state.list else { return [TopLine("  …", .faint)] }
        let (headings, rows) = list.table
        guard !rows.isEmpty else { return [TopLine("  " + state.section.emptiness(state.jobStatus), .faint)] }
        // Two columns are for the mark of the selected line.
        let context = RenderContext(width: max(1, self.width - 2), usesColour: false, now: self.now)
        let texts = TextTable.render(headings, rows, showingHeader: true, in: context).split(separator: "\n")
        var lines = [TopLine("  " + String(texts[0]), .heading)]
        let rowsShown = room == .max ? rows.count : min(rows.count, max(0, room - 1))
        let selected = self.height == nil ? nil : state.selectedIndex
        // The selected line is in the middle, as far as the list's ends allow it.
        let first = max(0, min((selected ?? 0) - rowsShown / 2, rows.count - rowsShown))
        for row in first..<first + rowsShown {
            let text = String(texts[row + 1])
            if row == selected {
                let rest = max(0, self.width - 2 - DisplayWidth.of(text))
                lines.append(TopLine("> " + text + String(repeating: " ", count: rest), .reversed))
            } else {
                lines.append(TopLine("  " + text, Self.tone(of: rows[row])))
            }
        }
        return lines
    }

    /// Where a state is bad, so is its line.
    private static func tone(of row: [Cell]) -> Tone {
        for cell in row {
            guard case .state(_, let tone) = cell else { continue }
            switch tone {
            case .bad, .attention: return tone
            case .plain, .heading, .good, .faint: break
            }
        }
        return .plain
    }

    // MARK: - Page

    private func body(of page: TopPage) -> [TopLine] {
        let context = RenderContext(width: self.width, usesColour: false, now: self.now)
        return SheetText.render(page.sheet, in: context).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().flatMap { self.wrapped(String($0)) }
    }

    /// The line in pieces that fit: on a page nothing is cut.
    private func wrapped(_ line: String) -> [TopLine] {
        guard DisplayWidth.of(line) > self.width else { return [TopLine(line)] }
        var lines: [TopLine] = []
        var rest = line[...]
        while !rest.isEmpty {
            let fitting = DisplayWidth.prefix(of: String(rest), columns: self.width)
            // A character that is wider than the screen stands alone, and is cut.
            let piece = fitting.isEmpty ? rest.prefix(1) : fitting
            lines.append(TopLine(String(piece)))
            rest = rest.dropFirst(piece.count)
        }
        return lines
    }

    // MARK: - Foot

    /// What is asked, what is done, what was done: the line above the keys.
    private func noticeLine(_ state: TopState) -> TopLine {
        switch state.mode {
        case .asking(let action): return TopLine("\(action.what.capitalizedFirst)?", .attention)
        case .typingReason(let action, _): return TopLine("Why \(action.what)? Enter does it, ESC does not", .attention)
        case .typingName(let action, _, _):
            return TopLine(
                "This is production. To \(action.what), type \(state.productionName ?? "")", .attention)
        case .list, .page: break
        }
        if let performing = state.performing { return TopLine("\(performing.what) …", .attention) }
        if let notice = state.notice { return TopLine(notice.text, notice.tone) }
        guard case .list = state.mode, let list = state.list, let index = state.selectedIndex else { return TopLine() }
        return TopLine("\(index + 1) of \(list.targets.count)", .faint)
    }

    private func keysLine(_ state: TopState) -> TopLine {
        switch state.mode {
        case .list: TopLine(self.keys(of: state), .faint)
        case .page: TopLine("↑ ↓ Space: scroll  q: back  ^C: quit", .faint)
        case .asking: TopLine("y: yes  r: yes, with a reason  other keys: no", .attention)
        case .typingReason(_, let text): self.input("Reason: ", text)
        case .typingName(_, _, let text): self.input("Name: ", text)
        }
    }

    /// The end of what is typed is what matters.
    private func input(_ label: String, _ text: String) -> TopLine {
        var shown = TerminalText.line(text)[...]
        let room = max(0, self.width - DisplayWidth.of(label) - 1)
        while DisplayWidth.of(String(shown)) > room { shown = shown.dropFirst() }
        return TopLine(label + String(shown) + "_", .attention)
    }

    private func keys(of state: TopState) -> String {
        let own =
            switch state.section {
            case .jobs: "e: explain  p: pause or resume  c: cancel  f: other state  "
            case .queues: "e: explain  p: pause or resume  "
            case .robots: "e: explain  d: drain  "
            case .letters: "e: explain  r: retry  a: acknowledge  "
            case .operations: "p: pause or resume  c: cancel  "
            }
        return "q: quit  1–5: section  ↑ ↓: select  Enter: show  " + own
    }
}

extension TopState {
    /// How old what is shown is, in seconds; 0 before there is anything.
    fileprivate func secondsOld(at now: Date) -> Double {
        self.fetchedAt.map { now.timeIntervalSince($0) } ?? 0
    }
}
