import CasareDomain
import CasareEngine
import Testing

@Suite struct StringNodeTests {
    @Test func `two texts are put together`() throws {
        #expect(try PureCall("ConcatenateNode", ["string_1": "a", "string_2": "b"])["result"] == "ab")
        #expect(
            try PureCall("ConcatenateNode", ["string_1": "a", "string_2": "b", "separator": "-"])["result"] == "a-b")
    }

    @Test(
        arguments: [
            ("{a:.2f}|{b!r}|{{lit}}", "1.50|'x'|{lit}"), ("{u.name} {u.tags[1]}", "Ann t2"), ("{n:05d}", "00042"),
            ("{n:+}{n:>5}|{b:<3}|{b:^3}|{b:*>3}", "+42   42|x  | x |**x"), ("{neg:06.1f}", "-003.1"),
            ("{big:,}", "1,234,567"),
            ("{big:_}", "1_234_567"), ("{n:x}{n:X}{n:o}{n:b}", "2a2A52101010"), ("{r:.1%}", "25.0%"),
            ("{a:e}", "1.500000e+00"),
            ("{a:g} {a:.3}", "1.5 1.5"), ("{long:.3}", "abc"), ("{q!r}", #""it's""#), ("{t}{z}{l}", "true[1,2]"),
            ("{s:d}", "7"), ("{n:c}", "*"), ("}}{{", "}{"), ("", ""), ("{half:.0f} {odd:.2f}", "2 2.67"),
        ] as [(String, String)])
    func `fields are filled as Python fills them`(template: String, result: String) throws {
        let values: Value = [
            "a": 1.5, "b": "x", "u": ["name": "Ann", "tags": ["t1", "t2"]], "n": 42, "neg": -3.14, "big": 1_234_567,
            "r": 0.25, "long": "abcdef", "q": "it's", "t": true, "z": nil, "l": [1, 2], "s": "7", "half": 2.5,
            "odd": 2.675,
        ]
        let call = try PureCall("FormatStringNode", ["template": .string(template), "variables": values])
        #expect(call["result"] == .string(result))
    }

    @Test(arguments: [
        "{zz}", "{a.b}", "{", "}", "{}", "{a:d}", "{b:.2f}", "{a:q}", "{a!x}", "{a:99999d}", "{a:.}", "{a:{b}}",
    ])
    func `a field without a value or meaning fails`(template: String) {
        let failure = PureCall.failure(
            "FormatStringNode",
            [
                "template": .string(template), "variables": ["a": 1.5, "b": "x"],
            ])
        #expect(failure != nil)
        if template == "{zz}" { #expect(failure == NodeFailure("KeyError", "The template's field 'zz' has no value")) }
    }

    @Test func `the best candidate wins when it is similar enough`() throws {
        let candidates: Value = ["appel", 5, "banana", "apple pie"]
        let call = try PureCall(
            "FuzzyStringMatchNode", ["search_string": "apple", "candidates": candidates, "threshold": 0.6])
        #expect(call["matched_string"] == "appel")
        #expect(call["match_score"] == 0.8)
        #expect(call["match_index"] == 0)
        #expect(call.result.port == "match_found")
        #expect(call["all_scores"].object?.keys == ["appel", "banana", "apple pie"])
        let none = try PureCall(
            "FuzzyStringMatchNode", ["search_string": "xyz", "candidates": candidates, "threshold": 0.6])
        #expect(none["matched_string"] == "")
        #expect(none["match_index"] == 0)
        #expect(none.result.port == "no_match")
        #expect(try PureCall("FuzzyStringMatchNode", ["candidates": candidates])["match_index"] == -1)
    }

    @Test func `similar texts are kept, and what is no text`() throws {
        let call = try PureCall(
            "FilterBySimilarityNode",
            [
                "input_list": ["color", "colour", "shape", 3], "filter_string": "colour",
            ])
        #expect(call["filtered_list"] == ["color", "colour", 3])
        #expect(call["count"] == 3)
        #expect(try PureCall("FilterBySimilarityNode", ["input_list": ["a"]])["filtered_list"] == [])
        let long = Value.string(String(repeating: "a", count: 5_001))
        #expect(PureCall.failure("FuzzyStringMatchNode", ["search_string": "a", "candidates": .list([long])]) != nil)
    }

    @Test(arguments: [
        ("abcd", "bcde", 0.75), ("", "", 1), ("a", "", 0), ("private Thread", "private volatile Thread", 28.0 / 37),
    ])
    func `similarity is difflib's ratio`(left: String, right: String, ratio: Double) throws {
        let call = try PureCall(
            "FilterBySimilarityNode",
            [
                "input_list": [.string(right)], "filter_string": .string(left.isEmpty ? "x" : left), "threshold": 0,
            ])
        if !left.isEmpty { #expect(call["scores"][right] == .double(ratio)) }
    }
}
