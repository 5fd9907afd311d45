/// A regular expression as instructions for `PatternMatcher`.
struct PatternProgram {
    /// Repetitions with bounds are written out, so `(a{1000}){1000}` would be a million instructions.
    private static let instructionsMax = 20_000

    enum Instruction {
        case scalar(Unicode.Scalar)
        /// A scalar in small letters, matched by either case.
        case folded(Unicode.Scalar)
        case set(ScalarSet)
        /// A run of one set as long as possible, which may be shortened to `min`.
        case run(ScalarSet, min: Int)
        /// Goes on at the first place; at the second when that fails.
        case split(Int, Int)
        case jump(Int)
        /// Stores the place in a slot.
        case save(Int)
        /// Jumps when the place has not moved since it was stored in a slot: a loop over nothing ends.
        case jumpIfUnmoved(slot: Int, Int)
        case assertion(PatternSyntax.Assertion)
        case backReference(Int, ignoringCase: Bool)
        /// What follows up to `accept` must match here, or so many scalars back; then on at `next`.
        case look(behind: Int?, isNegative: Bool, next: Int)
        /// What follows up to `accept` is matched in one way only; then on at `next`.
        case atomic(next: Int)
        case accept
    }

    private(set) var instructions: [Instruction] = []
    private(set) var slotCount: Int
    let groupCount: Int

    init(_ syntax: PatternSyntax, groupCount: Int) throws(PatternError) {
        self.groupCount = groupCount
        self.slotCount = 2 * (groupCount + 1)
        try self.write(syntax)
        try self.emit(.accept)
    }

    /// The scalar that every match begins with, where there is one.
    var firstScalar: Unicode.Scalar? {
        for instruction in self.instructions {
            switch instruction {
            case .save: continue
            case .scalar(let scalar): return scalar
            default: return nil
            }
        }
        return nil
    }

    /// The set of the run that every match begins with, where there is one and the rest does not depend on its start.
    ///
    /// When a search fails at a place in such a run, it fails at the following ones too: they reach the same ends.
    var leadingRun: ScalarSet? {
        var found: ScalarSet?
        for instruction in self.instructions {
            switch instruction {
            case .save where found == nil: continue
            case .run(let set, _) where found == nil: found = set
            case .backReference: return nil
            default: if found == nil { return nil }
            }
        }
        return found
    }

    private mutating func emit(_ instruction: Instruction) throws(PatternError) {
        guard self.instructions.count < Self.instructionsMax else {
            throw PatternError(message: "the pattern's repetitions are too large", position: 0)
        }
        self.instructions.append(instruction)
    }

    private var here: Int { self.instructions.count }

    private mutating func write(_ syntax: PatternSyntax) throws(PatternError) {
        switch syntax {
        case .sequence(let parts):
            for part in parts { try self.write(part) }
        case .alternatives(let parts):
            try self.write(alternatives: parts[...])
        case .scalar(let scalar, let ignoringCase):
            try self.emit(ignoringCase ? .folded(scalar.folded) : .scalar(scalar))
        case .set(let set):
            try self.emit(.set(set))
        case .group(let inner, let number):
            try self.emit(.save(2 * number))
            try self.write(inner)
            try self.emit(.save(2 * number + 1))
        case .repeated(let inner, let min, let max, let greed):
            try self.write(inner, min: min, max: max, greed)
        case .assertion(let assertion):
            try self.emit(.assertion(assertion))
        case .backReference(let number, let ignoringCase):
            try self.emit(.backReference(number, ignoringCase: ignoringCase))
        case .look(let inner, let isBehind, let isNegative):
            let start = self.here
            try self.emit(.accept)
            try self.write(inner)
            try self.emit(.accept)
            self.instructions[start] = .look(
                behind: isBehind ? inner.width.min : nil, isNegative: isNegative, next: self.here)
        case .atomic(let inner):
            let start = self.here
            try self.emit(.accept)
            try self.write(inner)
            try self.emit(.accept)
            self.instructions[start] = .atomic(next: self.here)
        }
    }

    private mutating func write(alternatives parts: ArraySlice<PatternSyntax>) throws(PatternError) {
        var jumps: [Int] = []
        for (offset, part) in parts.enumerated() {
            guard offset < parts.count - 1 else {
                try self.write(part)
                break
            }
            let split = self.here
            try self.emit(.accept)
            try self.write(part)
            jumps.append(self.here)
            try self.emit(.accept)
            self.instructions[split] = .split(split + 1, self.here)
        }
        for jump in jumps {
            self.instructions[jump] = .jump(self.here)
        }
    }

    private mutating func write(
        _ inner: PatternSyntax, min: Int, max: Int?, _ greed: PatternSyntax.Greed
    ) throws(PatternError) {
        if greed == .possessive {
            return try self.write(.atomic(.repeated(inner, min: min, max: max, .greedy)))
        }
        if case .set(let set) = inner, max == nil, greed == .greedy {
            return try self.emit(.run(set, min: min))
        }
        for _ in 0..<min { try self.write(inner) }
        if let max {
            // Each optional copy may end the whole repetition.
            var splits: [Int] = []
            for _ in min..<max {
                splits.append(self.here)
                try self.emit(.accept)
                try self.write(inner)
            }
            for split in splits {
                self.instructions[split] = greed == .lazy ? .split(self.here, split + 1) : .split(split + 1, self.here)
            }
            return
        }
        let canBeEmpty = inner.width.min == 0
        let slot = self.slotCount
        if canBeEmpty { self.slotCount += 1 }
        let start = self.here
        try self.emit(.accept)
        if canBeEmpty { try self.emit(.save(slot)) }
        try self.write(inner)
        if canBeEmpty { try self.emit(.jumpIfUnmoved(slot: slot, self.here + 2)) }
        try self.emit(.jump(start))
        self.instructions[start] = greed == .lazy ? .split(self.here, start + 1) : .split(start + 1, self.here)
    }
}
