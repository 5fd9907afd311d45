import CasareDomain
import CasareEngine

/// Random values and texts that are the same for the same seed.
struct Generator {
    private var random: SeededRandom

    init(seed: UInt64) { self.random = SeededRandom(seed: seed) }

    mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.random) }

    /// True in one of so many cases.
    mutating func chance(oneIn count: Int) -> Bool { self.int(1...count) == 1 }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[self.int(0...elements.count - 1)] }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(self.int(0...255)) } }

    /// Text that is likely to hit something: pieces in any order.
    mutating func text(of pieces: [String], upTo count: Int) -> String {
        (0..<self.int(0...count)).map { _ in self.pick(pieces) }.joined()
    }

    /// The same text with a few bytes taken out, put in, changed, or said twice.
    mutating func mutated(_ text: String, with pieces: [String]) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<self.int(1...4) {
            let from = self.int(0...bytes.count)
            let to = min(bytes.count, from + self.int(0...6))
            switch self.int(0...4) {
            case 0: bytes.removeSubrange(from..<to)
            case 1: bytes.insert(contentsOf: self.pick(pieces).utf8, at: from)
            case 2: bytes.replaceSubrange(from..<to, with: self.bytes(to - from))
            case 3: bytes.insert(contentsOf: bytes[from..<to], at: from)
            default: bytes.replaceSubrange(from..<to, with: self.pick(pieces).utf8)
            }
        }
        return bytes
    }

    private static let words = [
        "", "a", "x", "item", "{{x}}", "{{a.b[0]}}", "${x}", "%x%", "ä€😀", "\u{0}", "\n\t\"\\", "1", "true", "exec_out",
        "e\u{301}", "\u{2028}",
    ]

    mutating func word() -> String { self.pick(Self.words) }

    mutating func value(depth: Int = 3) -> Value {
        switch self.int(0...(depth > 0 ? 8 : 6)) {
        case 0: return .null
        case 1: return .bool(self.chance(oneIn: 2))
        case 2: return .int(self.pick([0, 1, -1, 7, .max, .min, 1 << 53]))
        case 3: return .int(self.int(-1000...1000))
        case 4:
            return .double(self.pick([0, -0.0, 0.1, 1e300, -1e-300, .leastNonzeroMagnitude, 15, 1e16, 123_456.789]))
        case 5, 6: return .string(self.word() + self.word())
        case 7: return .list((0..<self.int(0...4)).map { _ in self.value(depth: depth - 1) })
        default:
            return .object(Object((0..<self.int(0...4)).map { _ in (self.word(), self.value(depth: depth - 1)) }))
        }
    }
}
