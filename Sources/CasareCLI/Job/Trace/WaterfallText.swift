import CasareDomain
import CasareWire
import FoundationEssentials

/// A job's timeline for people: a bar for each stretch of time, in the columns of a terminal. Does no I/O.
///
///     waits for a robot  ░░░░                                     1.2 s
///     attempt 1 on r1        ────────────────                     4 s ✗
///       0 fetch              ███                                  700 ms
///       computing               ·········                         2.3 s
///       1 pay                            ????                     ? ?
///
/// A wait that is drawn shorter than it was is drawn with ≈.
struct WaterfallText {
    /// Where there is no terminal.
    static let widthDefault = 80
    private static let barWidthMin = 10
    private static let labelWidthMin = 12
    private static let gap = "  "

    private let timeline: JobTimeline
    private let axis: TimelineAxis
    private let usesColour: Bool
    private let width: Int
    private let labelWidth: Int
    private let barWidth: Int
    private let durationWidth: Int

    static func render(_ timeline: JobTimeline, of job: JobInfo, width: Int, usesColour: Bool = false) -> String {
        let text = WaterfallText(timeline, width: width, usesColour: usesColour)
        let head = [
            "\(TerminalText.line(job.workflow)) version \(job.workflowVersion), job \(job.id): \(job.status.rawValue)",
            text.summary, "",
        ]
        return (head + timeline.spans.flatMap(text.lines(of:))).map { $0.trimmingTrailingSpaces + "\n" }.joined()
    }

    private init(_ timeline: JobTimeline, width: Int, usesColour: Bool) {
        self.timeline = timeline
        self.axis = TimelineAxis(timeline)
        self.usesColour = usesColour
        self.width = width
        let labels = timeline.spans.map { DisplayWidth.of(Self.label($0)) }.max() ?? 0
        self.labelWidth = min(labels, max(Self.labelWidthMin, width * 2 / 5))
        self.durationWidth = timeline.spans.map { Self.duration($0).count }.max() ?? 0
        let others = self.labelWidth + self.durationWidth + Self.gap.count * 2 + 2
        self.barWidth = max(Self.barWidthMin, width - others)
    }

    private var summary: String {
        func text(_ seconds: Double) -> String { TimeSpan.text(seconds: seconds) }
        let running = self.timeline.seconds(of: .attempt)
        let all = self.timeline.end.timeIntervalSince(self.timeline.start)
        guard running > 0 else { return "\(text(all)), all of it waiting" }
        return "\(text(all)): \(text(self.timeline.seconds(of: .wait))) waiting, \(text(running)) with robots, "
            + "\(text(self.timeline.seconds(of: .step))) of it in steps"
    }

    // MARK: One stretch

    private func lines(of span: TimelineSpan) -> [String] {
        let label = Self.fit(Self.label(span), into: self.labelWidth)
        let duration = Self.duration(span)
        let row =
            label + Self.spaces(self.labelWidth - DisplayWidth.of(label)) + Self.gap
            + self.bar(of: span) + Self.gap + Self.spaces(self.durationWidth - duration.count) + duration
            + Self.mark(span)
        guard let (note, tone) = Self.note(on: span) else { return [row] }
        let indent = Self.indent(span) + "  "
        let text = Self.fit(TerminalText.line(note), into: self.width - indent.count)
        return [row, indent + tone.applied(to: text, usingColour: self.usesColour)]
    }

    /// What stands under a bar.
    private static func note(on span: TimelineSpan) -> (text: String, tone: Tone)? {
        if let error = span.error { return (text: error, tone: .bad) }
        if let until = span.waitsUntil { return (text: "waiting until \(Timestamp.text(until))", tone: .plain) }
        guard span.outcome == .waiting else { return nil }
        return (text: "waiting", tone: .plain)
    }

    private func bar(of span: TimelineSpan) -> String {
        let columns = Double(self.barWidth)
        let first = min(self.barWidth - 1, Int(self.axis.place(of: span.startedAt) * columns))
        // What ends on the border of a column does not reach into the next one, whatever the last digits are.
        let end = (self.axis.place(of: span.until) * columns - 1e-6).rounded(.up)
        let last = min(self.barWidth, max(first + 1, Int(end)))
        let bar = String(repeating: self.character(of: span), count: last - first)
        return Self.spaces(first) + Self.tone(span).applied(to: bar, usingColour: self.usesColour)
            + Self.spaces(self.barWidth - last)
    }

    private func character(of span: TimelineSpan) -> Character {
        switch span.kind {
        case .wait: self.axis.isShortened(span) ? "≈" : "░"
        case .attempt: "─"
        case .step: span.outcome == .unknown ? "?" : span.outcome == .waiting ? "░" : "█"
        case .computing: "·"
        }
    }

    private static func tone(_ span: TimelineSpan) -> Tone {
        switch span.kind {
        case .wait, .computing: .faint
        case .attempt, .step: span.outcome?.tone ?? .plain
        }
    }

    private static func indent(_ span: TimelineSpan) -> String {
        switch span.kind {
        case .wait, .attempt: ""
        case .step, .computing: "  "
        }
    }

    private static func label(_ span: TimelineSpan) -> String { Self.indent(span) + TerminalText.line(span.name) }

    /// How long it took: of what is under way so far, and of what nothing is known nothing.
    private static func duration(_ span: TimelineSpan) -> String {
        span.outcome == .unknown ? "?" : TimeSpan.text(seconds: span.seconds)
    }

    private static func mark(_ span: TimelineSpan) -> String {
        switch span.outcome {
        case .failed, .crashed: " ✗"
        case .underWay, .waiting: " …"
        case .succeeded, .unknown, .stopped, nil: ""
        }
    }

    private static func fit(_ text: String, into width: Int) -> String {
        guard DisplayWidth.of(text) > width else { return text }
        return DisplayWidth.prefix(of: text, columns: max(0, width - 1)) + "…"
    }

    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}
