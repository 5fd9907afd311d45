/// Runs a pattern's program on one text, trying alternatives in order and going back to the last one when it fails.
///
/// Going back can take exponential time (`(a+)+$`). A pure node cannot be stopped from outside, so the steps are
/// counted, and a search that takes too many fails.
struct PatternMatcher {
    /// A tenth of a second of work on an idle machine.
    static let stepsMax = 5_000_000
    private static let nowhere = -1

    struct TooManySteps: Error {}

    /// What to do when the present way fails.
    private enum Resumption {
        case instruction(Int, position: Int)
        /// A run of a set may become shorter, down to `shortest`.
        case shorterRun(next: Int, shortest: Int, position: Int)
        case restore(slot: Int, value: Int)
    }

    private let program: PatternProgram
    private let text: [Unicode.Scalar]
    private let firstScalar: Unicode.Scalar?
    private let leadingRun: ScalarSet?
    private var slots: [Int]
    private var resumptions: [Resumption] = []
    private var steps = 0
    /// Where a match must not be empty: an empty one was found there already.
    private var occupied: Int?

    init(_ program: PatternProgram, text: [Unicode.Scalar]) {
        self.program = program
        self.text = text
        self.firstScalar = program.firstScalar
        self.leadingRun = program.leadingRun
        self.slots = Array(repeating: Self.nowhere, count: program.slotCount)
    }

    /// The first match at or after a position: the ranges of the whole match and of every group.
    ///
    /// - Parameter isOccupied: Whether an empty match was found at the position itself, so that this one must be
    ///   longer.
    mutating func firstMatch(
        from start: Int, isOccupied: Bool = false, anchored: Bool = false
    ) throws(TooManySteps) -> [Range<Int>?]? {
        self.occupied = isOccupied ? start : nil
        var position = start
        while position <= self.text.count {
            if let first = self.firstScalar {
                guard let found = self.text[position...].firstIndex(of: first) else { return nil }
                if anchored, found > start { return nil }
                position = found
            }
            for slot in self.slots.indices { self.slots[slot] = Self.nowhere }
            self.resumptions.removeAll(keepingCapacity: true)
            if let end = try self.run(from: 0, at: position) {
                return [position..<end] + (1..<(self.program.groupCount + 1)).map(self.range(of:))
            }
            if anchored { return nil }
            let failed = position
            position += 1
            if let run = self.leadingRun, failed < self.text.count, run.contains(self.text[failed]) {
                while position < self.text.count, run.contains(self.text[position]) { position += 1 }
            }
        }
        return nil
    }

    private func range(of group: Int) -> Range<Int>? {
        let (lower, upper) = (self.slots[2 * group], self.slots[2 * group + 1])
        return lower == Self.nowhere || upper < lower ? nil : lower..<upper
    }

    /// Runs from an instruction to `accept`; the end of the match, or `nil` when every way failed.
    private mutating func run(from start: Int, at place: Int) throws(TooManySteps) -> Int? {
        let base = self.resumptions.count
        var (next, position) = (start, place)
        while true {
            self.steps += 1
            if self.steps > Self.stepsMax { throw TooManySteps() }
            var isMatching = true
            switch self.program.instructions[next] {
            case .accept:
                // Instruction 0 begins the whole pattern, the others a part of it.
                if start > 0 || position != place || place != self.occupied { return position }
                isMatching = false
            case .scalar(let scalar):
                isMatching = position < self.text.count && self.text[position] == scalar
                position += 1
                next += 1
            case .folded(let scalar):
                isMatching = position < self.text.count && self.text[position].folded == scalar
                position += 1
                next += 1
            case .set(let set):
                isMatching = position < self.text.count && set.contains(self.text[position])
                position += 1
                next += 1
            case .run(let set, let min):
                let from = position
                while position < self.text.count, set.contains(self.text[position]) { position += 1 }
                self.steps += position - from
                next += 1
                isMatching = position - from >= min
                if position - from > min {
                    self.resumptions.append(.shorterRun(next: next, shortest: from + min, position: position - 1))
                }
            case .split(let first, let second):
                self.resumptions.append(.instruction(second, position: position))
                next = first
            case .jump(let target):
                next = target
            case .save(let slot):
                self.resumptions.append(.restore(slot: slot, value: self.slots[slot]))
                self.slots[slot] = position
                next += 1
            case .jumpIfUnmoved(let slot, let target):
                next = self.slots[slot] == position ? target : next + 1
            case .assertion(let assertion):
                isMatching = self.holds(assertion, at: position)
                next += 1
            case .backReference(let group, let ignoringCase):
                let end = self.endOfRepeat(of: group, at: position, ignoringCase: ignoringCase)
                isMatching = end != nil
                position = end ?? position
                next += 1
            case .look(let behind, let isNegative, let after):
                let from = position - (behind ?? 0)
                let end = from < 0 ? nil : try self.sub(from: next + 1, at: from, keepsGroups: !isNegative)
                isMatching = (end != nil) != isNegative
                next = after
            case .atomic(let after):
                let end = try self.sub(from: next + 1, at: position, keepsGroups: true)
                isMatching = end != nil
                position = end ?? position
                next = after
            }
            if isMatching { continue }
            guard let resumed = self.resume(above: base) else { return nil }
            (next, position) = resumed
        }
    }

    /// Matches a part in one way: the other ways to match it are forgotten.
    private mutating func sub(from start: Int, at place: Int, keepsGroups: Bool) throws(TooManySteps) -> Int? {
        let base = self.resumptions.count
        guard let end = try self.run(from: start, at: place) else { return nil }
        if keepsGroups {
            // Groups stay set, and are unset when the match goes back behind this part.
            let restores = self.resumptions[base...].filter { if case .restore = $0 { true } else { false } }
            self.resumptions.replaceSubrange(base..., with: restores)
        } else {
            while self.resumptions.count > base {
                if case .restore(let slot, let value) = self.resumptions.removeLast() { self.slots[slot] = value }
            }
        }
        return end
    }

    private mutating func resume(above base: Int) -> (next: Int, position: Int)? {
        while self.resumptions.count > base {
            switch self.resumptions.removeLast() {
            case .instruction(let next, let position):
                return (next, position)
            case .shorterRun(let next, let shortest, let position):
                if position > shortest {
                    self.resumptions.append(.shorterRun(next: next, shortest: shortest, position: position - 1))
                }
                return (next, position)
            case .restore(let slot, let value):
                self.slots[slot] = value
            }
        }
        return nil
    }

    private func holds(_ assertion: PatternSyntax.Assertion, at position: Int) -> Bool {
        switch assertion {
        case .textStart: position == 0
        case .textEnd: position == self.text.count
        case .lineStart: position == 0 || self.text[position - 1] == "\n"
        case .lineEnd: position == self.text.count || self.text[position] == "\n"
        case .textEndOrLastLineFeed:
            position == self.text.count || (position == self.text.count - 1 && self.text[position] == "\n")
        case .wordBoundary: self.isWordBoundary(position)
        case .notWordBoundary: !self.isWordBoundary(position)
        }
    }

    private func isWordBoundary(_ position: Int) -> Bool {
        let before = position > 0 && self.text[position - 1].isWord
        let after = position < self.text.count && self.text[position].isWord
        return before != after
    }

    private func endOfRepeat(of group: Int, at position: Int, ignoringCase: Bool) -> Int? {
        guard let range = self.range(of: group), position + range.count <= self.text.count else { return nil }
        for offset in 0..<range.count {
            let (left, right) = (self.text[range.lowerBound + offset], self.text[position + offset])
            guard left == right || (ignoringCase && left.folded == right.folded) else { return nil }
        }
        return position + range.count
    }
}
