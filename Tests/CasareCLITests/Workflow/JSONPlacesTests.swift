import CasareDomain
import Testing

@testable import CasareCLI

struct JSONPlacesTests {
    private static let text = """
        {"a": {"b": [1, {"x": "]},\\""},
            [2]], "ü": 1,  "k\\u0065y": true},
          "a": {"b": [ 7 ,{"x" :0}]}, "c": []}
        """

    private static func place(_ path: JSONPlaces.Step...) -> [Int]? {
        JSONPlaces.find([path], in: Self.text)[path].map { [$0.line, $0.column] }
    }

    @Test func `members are found at their keys, elements at their values`() {
        #expect(Self.place(.key("c")) == [3, 31])
        #expect(Self.place(.key("a"), .key("b"), .index(0)) == [3, 16])
        #expect(Self.place(.key("a"), .key("b"), .index(1), .key("x")) == [3, 20])
        #expect(Self.place(.key("a"), .key("ü")) == [2, 11])
        #expect(Self.place(.key("a"), .key("key")) == [2, 20])
        #expect(Self.place(.key("d")) == nil)
        #expect(Self.place(.key("c"), .index(0)) == nil)
        #expect(Self.place(.key("a"), .key("b"), .key("x")) == nil)
    }

    @Test func `of a key that comes twice the last one counts`() {
        #expect(Self.place(.key("a")) == [3, 3])
        #expect(Self.place(.key("a"), .key("b")) == [3, 9])
    }

    @Test func `a byte order mark takes no column, and broken text ends the search`() {
        #expect(JSONPlaces.find([[.key("a")]], in: "\u{FEFF}{\"a\":1}")[[.key("a")]]?.column == 3)
        for broken in ["", "{", "{\"a\"", "{\"a", "[1,", "{\"a\":{\"b\\", "]"] {
            _ = JSONPlaces.find([[.key("a"), .key("b")], [.index(3)]], in: broken)
        }
    }

    @Test func `values are skipped however deep they are`() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(JSONPlaces.find([[.key("b")]], in: "{\"a\":\(deep),\"b\":1}")[[.key("b")]]?.column == 200_007)
    }
}
