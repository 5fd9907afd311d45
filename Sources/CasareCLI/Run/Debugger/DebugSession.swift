import CasareDomain
import CasareEngine

/// Decides where a run that is stepped through pauses, and answers what is asked there. Does no I/O.
struct DebugSession: Sendable {
    /// What a command leads to.
    enum Outcome: Hashable, Sendable {
        /// Another command is asked for.
        case stay
        case go
        /// Variables are set, and another command is asked for.
        case set(Object)
        case quit
    }

    struct Reply: Hashable, Sendable {
        var lines: [String] = []
        var outcome = Outcome.stay
    }

    private struct Watched: Sendable {
        let text: String
        let expression: Expression
    }

    /// The run pauses before nodes that have at most so many structures around them; `nil`: at breakpoints only.
    private var depthMax: Int?
    private var breakpoints: [(number: Int, breakpoint: Breakpoint)] = []
    private var breakpointsMade = 0
    private var watches: [(number: Int, watched: Watched)] = []
    private var watchesMade = 0
    /// The visit that the run went on from, whose end is told of.
    private var left: Int?
    let nodes: [NodeReference]

    /// - Parameters:
    ///   - steps: Whether it pauses before the first node.
    ///   - nodes: Those that a breakpoint can be at.
    init(steps: Bool, breakpoints: [Breakpoint], nodes: [NodeReference]) {
        self.depthMax = steps ? .max : nil
        self.nodes = nodes
        for breakpoint in breakpoints { self.add(breakpoint) }
    }

    // MARK: Pausing

    /// What is shown at a pause before the node; `nil`: the run goes on.
    mutating func pause(before visit: NodeVisit, at clock: ClockReading) -> [String]? {
        var reasons: [String] = []
        for (number, breakpoint) in self.breakpoints where breakpoint.isAt(visit) {
            guard let condition = breakpoint.condition, let scope = visit.scope else {
                reasons.append("breakpoint \(number)")
                continue
            }
            do throws(ExpressionError) {
                if try scope.holds(condition.expression, at: clock) {
                    reasons.append("breakpoint \(number): \(TerminalText.line(condition.text))")
                }
            } catch {
                reasons.append("breakpoint \(number), whose condition cannot be computed: \(error)")
            }
        }
        guard !reasons.isEmpty || visit.enclosing.count <= self.depthMax ?? -1 else { return nil }
        self.depthMax = nil
        return self.place(visit, reasons) + self.watchLines(visit, at: clock)
    }

    /// What is said of a node's end: of the one that the run has just gone on from.
    mutating func ended(_ end: NodeVisitEnd) -> [String] {
        guard self.left == end.number else { return [] }
        self.left = nil
        return ["  \(end.error == nil ? "done" : "failed"): \(TraceText.ending(of: end))"]
    }

    private func place(_ visit: NodeVisit, _ reasons: [String]) -> [String] {
        var head = "paused \(visit.isPass ? "at" : "before") \(TraceText.head(visit))"
        if visit.isBypassed { head += ", which is disabled" }
        if visit.attempt > 1 { head += ", attempt \(visit.attempt)" }
        if !reasons.isEmpty { head += " (\(reasons.joined(separator: "; ")))" }
        var lines = [head]
        if let innermost = visit.enclosing.last { lines.append("  in \(innermost.text)") }
        return lines + visit.inputs.map { "  \(TerminalText.line($0.key)) = \(ShortValue.text($0.value))" }
    }

    private func watchLines(_ visit: NodeVisit, at clock: ClockReading) -> [String] {
        self.watches.map { number, watched in
            "  watch \(number): \(TerminalText.line(watched.text)) = "
                + Self.computed(watched.expression, visit, at: clock)
        }
    }

    private static func computed(_ expression: Expression, _ visit: NodeVisit, at clock: ClockReading) -> String {
        guard let scope = visit.scope else { return "?" }
        do throws(ExpressionError) {
            return ShortValue.text(try scope.value(of: expression, at: clock))
        } catch {
            return "cannot be computed: \(TerminalText.line("\(error)"))"
        }
    }

    // MARK: Commands

    mutating func perform(
        _ command: DebugCommand, at visit: NodeVisit, _ clock: ClockReading
    ) throws(DebugMistake) -> Reply {
        switch command {
        case .step: return self.goOn(visit, depthMax: .max)
        case .next: return self.goOn(visit, depthMax: visit.enclosing.count)
        // Where nothing is to be left, only the end comes after.
        case .out: return self.goOn(visit, depthMax: visit.enclosing.count - 1)
        case .proceed: return self.goOn(visit, depthMax: nil)
        case .quit: return Reply(outcome: .quit)
        case .variables(let name): return Reply(lines: try Self.variables(name, visit))
        case .inputs: return Reply(lines: Self.whole(visit.inputs, orElse: "\(visit.node) is given nothing"))
        case .outputs(let node): return Reply(lines: try self.outputs(node, visit))
        case .stack: return Reply(lines: Self.stack(visit))
        case .print(let text):
            let expression = try Self.expression(text)
            guard let scope = visit.scope else { return Reply() }
            do throws(ExpressionError) {
                return Reply(lines: Self.whole(try scope.value(of: expression, at: clock)))
            } catch {
                throw DebugMistake("it cannot be computed: \(error)")
            }
        case .watch(let text):
            let watched = Watched(text: text, expression: try Self.expression(text))
            self.watchesMade += 1
            self.watches.append((self.watchesMade, watched))
            return Reply(lines: Array(self.watchLines(visit, at: clock).suffix(1)))
        case .unwatch(let number): return Reply(lines: try self.unwatch(number))
        case .set(let assignment):
            let outcome = try Self.setting(assignment, visit)
            // The same node is looked at again, with what it is given now.
            self.depthMax = .max
            return Reply(outcome: outcome)
        case .breakAt(let text):
            let breakpoint = try text.map { text throws(DebugMistake) in
                try Breakpoint(text, among: self.nodes)
            }
            return Reply(lines: [self.add(breakpoint ?? Breakpoint(at: visit))])
        case .delete(let number):
            guard let position = self.breakpoints.firstIndex(where: { $0.number == number }) else {
                throw DebugMistake("there is no breakpoint \(number); breaks lists them")
            }
            self.breakpoints.remove(at: position)
            return Reply(lines: ["breakpoint \(number) is gone"])
        case .breakpoints:
            let lines = self.breakpoints.map { "  \($0.number): \($0.breakpoint.text)" }
            return Reply(lines: lines.isEmpty ? ["there are no breakpoints"] : lines)
        case .help: return Reply(lines: DebugCommand.helpText.split(separator: "\n").map { "  \($0)" })
        }
    }

    private mutating func goOn(_ visit: NodeVisit, depthMax: Int?) -> Reply {
        self.depthMax = depthMax
        self.left = visit.number
        return Reply(outcome: .go)
    }

    @discardableResult
    private mutating func add(_ breakpoint: Breakpoint) -> String {
        self.breakpointsMade += 1
        self.breakpoints.append((self.breakpointsMade, breakpoint))
        return "breakpoint \(self.breakpointsMade): \(breakpoint.text)"
    }

    private mutating func unwatch(_ number: Int?) throws(DebugMistake) -> [String] {
        guard let number else {
            self.watches = []
            return ["nothing is watched"]
        }
        guard let position = self.watches.firstIndex(where: { $0.number == number }) else {
            throw DebugMistake("there is no watch \(number)")
        }
        self.watches.remove(at: position)
        return ["watch \(number) is gone"]
    }

    private static func expression(_ text: String) throws(DebugMistake) -> Expression {
        do throws(ExpressionError) {
            return try Expression(parsing: text)
        } catch {
            throw DebugMistake("it is no expression: \(error)")
        }
    }

    private static func setting(_ assignment: VariableAssignment, _ visit: NodeVisit) throws(DebugMistake) -> Outcome {
        if visit.isPass {
            throw DebugMistake(
                "variables can be set before a node is executed, which \(visit.node) is not here; step on")
        }
        if visit.scope?.isReadOnly(assignment.name) == true {
            throw DebugMistake("variable '\(assignment.name)' is read-only")
        }
        return .set([assignment.name: assignment.value])
    }
}
