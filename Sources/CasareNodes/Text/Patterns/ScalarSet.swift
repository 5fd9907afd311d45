/// A set of scalars: `[a-z\d]`, `\w`, `.`.
struct ScalarSet {
    enum Kind {
        case word, digit, space, lineFeed, anything

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .word: scalar.isWord
            case .digit: scalar.properties.generalCategory == .decimalNumber
            case .space: scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
            case .lineFeed: scalar == "\n"
            case .anything: true
            }
        }
    }

    var ranges: [ClosedRange<UInt32>] = []
    var kinds: [(kind: Kind, isNegated: Bool)] = []
    var isNegated = false
    var ignoresCase = false
    /// Membership of the 128 ASCII scalars, which most text is made of.
    private var ascii: (low: UInt64, high: UInt64) = (0, 0)

    init(
        ranges: [ClosedRange<UInt32>] = [], kinds: [(kind: Kind, isNegated: Bool)] = [], isNegated: Bool = false,
        ignoresCase: Bool = false
    ) {
        self.ranges = ranges
        self.kinds = kinds
        self.isNegated = isNegated
        self.ignoresCase = ignoresCase
        for value in UInt8(0)..<128 where self.holds(Unicode.Scalar(value)) {
            if value < 64 { self.ascii.low |= 1 << UInt64(value) } else { self.ascii.high |= 1 << UInt64(value - 64) }
        }
    }

    init(_ kind: Kind, isNegated: Bool = false) { self.init(kinds: [(kind, isNegated)]) }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let value = UInt64(scalar.value)
        if value < 64 { return self.ascii.low >> value & 1 == 1 }
        if value < 128 { return self.ascii.high >> (value - 64) & 1 == 1 }
        return self.holds(scalar)
    }

    private func holds(_ scalar: Unicode.Scalar) -> Bool {
        var isMember = self.names(scalar)
        if !isMember, self.ignoresCase {
            isMember = scalar.otherCases.contains(where: self.names)
        }
        return isMember != self.isNegated
    }

    private func names(_ scalar: Unicode.Scalar) -> Bool {
        self.ranges.contains { $0.contains(scalar.value) }
            || self.kinds.contains { $0.kind.contains(scalar) != $0.isNegated }
    }
}

extension Unicode.Scalar {
    /// A letter, a number of any kind, or an underscore. Accents that stand alone are none of these.
    var isWord: Bool {
        if self == "_" { return true }
        switch self.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            return true
        default:
            return false
        }
    }

    /// The single scalar in small letters; itself where the mapping is longer.
    var folded: Unicode.Scalar {
        let mapping = self.properties.lowercaseMapping.unicodeScalars
        return mapping.count == 1 ? mapping.first ?? self : self
    }

    var otherCases: [Unicode.Scalar] {
        [self.properties.lowercaseMapping, self.properties.uppercaseMapping].compactMap {
            $0.unicodeScalars.count == 1 ? $0.unicodeScalars.first : nil
        }
    }
}
