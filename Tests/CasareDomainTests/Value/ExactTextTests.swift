import CasareDomain
import Testing

/// `é` as one scalar and as two: one text to Swift, two to JSON.
@Suite struct ExactTextTests {
    private let composed = "\u{E9}"
    private let decomposed = "e\u{301}"

    @Test func `texts are equal when their bytes are`() {
        #expect(Value.string(self.composed) != .string(self.decomposed))
        #expect(Value.string(self.composed) == .string("\u{E9}"))
    }

    @Test(arguments: [0, 20])
    func `an object has both as keys, small or large`(others: Int) throws {
        let members = (0..<others).map { "\"k\($0)\": 0, " }.joined()
        let text = "{\(members)\"\(self.composed)\": 1, \"\(self.decomposed)\": 2}"
        let value = try Value(parsingJSON: text)
        #expect(value[self.composed] == 1)
        #expect(value[self.decomposed] == 2)
        #expect(value.object?.count == others + 2)
        #expect(try Value(parsingJSON: value.jsonText(.compact)) == value)
    }

    @Test func `objects whose keys only look the same differ`() {
        #expect(([self.composed: 1] as Value) != [self.decomposed: 1])
    }
}
