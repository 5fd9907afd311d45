extension SecretGenerator {
    /// A class of characters. In none of them is what ends or changes a text that is quoted: no space, no quotes, no
    /// backslash, no backtick, no dollar sign, and none of `&|<>()[]{}`. What a URL or a connection string reads in a
    /// way of its own, such as `#`, `%`, `/`, `:`, `;`, `?` and `@`, can be excluded.
    public enum CharacterClass: String, Hashable, Sendable, CaseIterable {
        case lower, upper, digits, symbols

        /// In the order of their codes.
        var characters: [UInt8] {
            switch self {
            case .lower: Array("abcdefghijklmnopqrstuvwxyz".utf8)
            case .upper: Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
            case .digits: Array("0123456789".utf8)
            case .symbols: Array("!#%*+,-./:;=?@^_~".utf8)
            }
        }
    }

    /// Characters of some classes, at least one of each.
    public struct Characters: Hashable, Sendable {
        public static let lengthRange = 4...1024
        public static let lengthDefault = 24

        public let length: Int
        /// In the order of `CharacterClass.allCases`; one at least.
        public let classes: [CharacterClass]
        /// Printable ASCII, in the order of its codes.
        public let excluded: String

        /// - Throws: for a length out of bounds, no class, and a class of which all is excluded.
        public init(
            length: Int = Characters.lengthDefault, classes: Set<CharacterClass> = Set(CharacterClass.allCases),
            excluding excluded: String = ""
        ) throws(Invalid) {
            guard Self.lengthRange.contains(length) else {
                throw Invalid(
                    "the length of a password is \(Self.lengthRange.lowerBound) to \(Self.lengthRange.upperBound)")
            }
            guard !classes.isEmpty else { throw Invalid("classes: name one or more of \(Self.classNames)") }
            guard excluded.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw Invalid("exclude: only printable ASCII characters are ever made; leave the others out")
            }
            self.length = length
            self.classes = CharacterClass.allCases.filter(classes.contains)
            self.excluded = String(decoding: Set(excluded.utf8).sorted(), as: UTF8.self)
            if let empty = self.classes.first(where: { self.characters(of: $0).isEmpty }) {
                throw Invalid("exclude: leaves nothing of the class \(empty.rawValue); leave the class out instead")
            }
        }

        static let classNames = CharacterClass.allCases.map(\.rawValue).joined(separator: ", ")

        private func characters(of one: CharacterClass) -> [UInt8] {
            let excluded = Set(self.excluded.utf8)
            return one.characters.filter { !excluded.contains($0) }
        }

        /// Draws until each class is there: to put one of each in its place would make some values likelier than
        /// others. With four classes of which three have one character left, at the worst, it takes some thousand
        /// draws.
        func value(using random: inout some RandomNumberGenerator) -> String {
            let sets = self.classes.map(self.characters(of:))
            let all = sets.flatMap(\.self)
            while true {
                let drawn = (0..<self.length).map { _ in all[Int.random(in: all.indices, using: &random)] }
                let found = Set(drawn)
                if sets.allSatisfy({ !found.isDisjoint(with: $0) }) {
                    return String(decoding: drawn, as: UTF8.self)
                }
            }
        }

        /// Of all texts those are left out that lack a class, by inclusion and exclusion.
        var entropyBits: Double {
            let sizes = self.classes.map { self.characters(of: $0).count }
            let total = sizes.reduce(0, +)
            var share = 0.0
            for missing in 0..<(1 << sizes.count) {
                let without = sizes.indices.filter { missing >> $0 & 1 == 1 }
                let part = Double(total - without.map { sizes[$0] }.reduce(0, +)) / Double(total)
                var power = 1.0
                for _ in 0..<self.length { power *= part }
                share += without.count % 2 == 0 ? power : -power
            }
            return Double(self.length) * Self.binaryLogarithm(Double(total)) + Self.binaryLogarithm(share)
        }

        /// To some 40 binary places; of a number above zero. The C library's is not imported here.
        private static func binaryLogarithm(_ number: Double) -> Double {
            var result = Double(number.exponent)
            var rest = number.significand
            var place = 0.5
            while place > 0x1p-40 {
                rest *= rest
                if rest >= 2 {
                    rest /= 2
                    result += place
                }
                place /= 2
            }
            return result
        }
    }

    /// Words that can be spoken: consonants and vowels in turn, 16 random bits in five letters (proquints,
    /// arXiv:0901.4016). They are in no dictionary, and no list of them is needed.
    public struct Words: Hashable, Sendable {
        public static let countRange = 2...64
        public static let countDefault = 6
        private static let bitsOfWord = 16

        public let count: Int

        /// - Throws: for a count out of bounds.
        public init(count: Int = Words.countDefault) throws(Invalid) {
            guard Self.countRange.contains(count) else {
                throw Invalid("of words there are \(Self.countRange.lowerBound) to \(Self.countRange.upperBound)")
            }
            self.count = count
        }

        func value(using random: inout some RandomNumberGenerator) -> String {
            (0..<self.count).map { _ in Self.word(UInt16.random(in: .min ... .max, using: &random)) }
                .joined(separator: "-")
        }

        var entropyBits: Double { Double(Self.bitsOfWord * self.count) }

        private static let consonants = Array("bdfghjklmnprstvz".utf8)
        private static let vowels = Array("aiou".utf8)

        private static func word(_ bits: UInt16) -> String {
            let bits = Int(bits)
            return String(
                decoding: [
                    self.consonants[bits >> 12], self.vowels[bits >> 10 & 3], self.consonants[bits >> 6 & 15],
                    self.vowels[bits >> 4 & 3], self.consonants[bits & 15],
                ], as: UTF8.self)
        }
    }
}
