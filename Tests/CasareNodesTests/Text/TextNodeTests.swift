import CasareDomain
import CasareEngine
import Testing

@Suite struct TextNodeTests {
    @Test(
        arguments: [
            ("a,b,,c", ",", -1, ["a", "b", "", "c"]), ("a,b,c", ",", 1, ["a", "b,c"]),
            ("  a b\t c  ", nil, -1, ["a", "b", "c"]),
            ("  a b  c  ", nil, 1, ["a", "b  c  "]), ("", ",", -1, [""]), ("", nil, -1, []),
            ("a--b", "--", -1, ["a", "b"]),
            ("e\u{301},x", "e", -1, ["", "\u{301},x"]),
        ] as [(String, Value, Int, Value)])
    func `a text is split`(text: String, separator: Value, limit: Int, parts: Value) throws {
        let call = try PureCall(
            "TextSplitNode", ["text": .string(text), "separator": separator, "max_split": .int(limit)])
        #expect(call["result"] == parts)
        #expect(call["count"].int == parts.list?.count)
    }

    @Test(arguments: [
        ("aXbX", "X", "-", -1, "a-b-", 2), ("aXbX", "X", "-", 1, "a-bX", 1), ("ab", "", "-", -1, "-a-b-", 3),
        ("ab", "", "-", 1, "-ab", 1), ("aaa", "aa", "b", -1, "ba", 1), ("a", "a", "b", 0, "a", 0),
    ])
    func `parts are replaced`(text: String, old: String, new: String, limit: Int, result: String, count: Int) throws {
        let call = try PureCall(
            "TextReplaceNode",
            [
                "text": .string(text), "old_value": .string(old), "new_value": .string(new), "count": .int(limit),
            ])
        #expect(call["result"] == .string(result))
        #expect(call["replacements"] == .int(count))
    }

    @Test func `a pattern replaces with its groups`() throws {
        let call = try PureCall(
            "TextReplaceNode",
            [
                "text": "John Smith", "old_value": #"(\w+) (?P<last>\w+)"#, "new_value": #"\g<last>, \1"#,
                "use_regex": true,
            ])
        #expect(call["result"] == "Smith, John")
        let bad = PureCall.failure("TextReplaceNode", ["text": "a", "old_value": "(", "use_regex": true])
        #expect(bad?.message.hasPrefix("Invalid regular expression") == true)
    }

    @Test(arguments: [("both", "", "a"), ("left", "", "a \n"), ("right", "", "\u{A0} a")])
    func `ends are trimmed`(mode: String, characters: String, result: String) throws {
        let call = try PureCall(
            "TextTrimNode",
            [
                "text": "\u{A0} a \n", "mode": .string(mode), "characters": .string(characters),
            ])
        #expect(call["result"] == .string(result))
    }

    @Test func `given characters are trimmed as a set`() throws {
        #expect(try PureCall("TextTrimNode", ["text": "xyaxy", "characters": "yx"])["result"] == "a")
        #expect(try PureCall("TextTrimNode", ["text": "xx", "characters": "x"])["result"] == "")
    }

    @Test(arguments: [
        ("upper", "ÅÉSS🎉אב"), ("lower", "åéß🎉אב"), ("title", "Åéß🎉אב"), ("capitalize", "Åéß🎉אב"),
        ("swapcase", "åéSS🎉אב"), ("whatever", "ÅÉß🎉אב"),
    ])
    func `letters change case`(letterCase: String, result: String) throws {
        #expect(
            try PureCall("TextCaseNode", ["text": "ÅÉß🎉אב", "case": .string(letterCase)])["result"] == .string(result))
    }

    @Test func `titles begin every word`() throws {
        #expect(try PureCall("TextCaseNode", ["text": "they're BIG", "case": "title"])["result"] == "They'Re Big")
    }

    @Test(arguments: [
        ("left", "0", "00042"), ("right", "0", "42000"), ("center", "0", "00420"), ("left", "ab", "   42"),
    ])
    func `a text is filled up`(mode: String, fill: String, result: String) throws {
        let call = try PureCall(
            "TextPadNode",
            [
                "text": "42", "length": 5, "mode": .string(mode), "fill_char": .string(fill),
            ])
        #expect(call["result"] == .string(result))
        #expect(try PureCall("TextPadNode", ["text": "42", "length": 1])["result"] == "42")
        #expect(PureCall.failure("TextPadNode", ["text": "", "length": 1_000_001]) != nil)
        #expect(try PureCall("TextPadNode", ["text": "42", "length": .int(.min)])["result"] == "42")
    }

    private static let long = Value.string(String(repeating: "a", count: 1_000_000))
    private static let longList = Value.list(Array(repeating: Self.long, count: 20))

    @Test(
        arguments: [
            ("TextReplaceNode", ["text": Self.long, "old_value": "a", "new_value": Self.long]),
            ("TextReplaceNode", ["text": Self.long, "old_value": "", "new_value": Self.long]),
            (
                "TextReplaceNode",
                ["text": "aaaaaaaaaaaaaaaaaaaa", "old_value": "a", "new_value": Self.long, "use_regex": true]
            ),
            (
                "RegexReplaceNode",
                [
                    "text": .string(String(repeating: "a", count: 50_000)), "pattern": "a+",
                    "replacement": .string(String(repeating: "\\g<0>", count: 1000)),
                ]
            ),
            ("TextJoinNode", ["items": Self.longList]),
            ("TextJoinNode", ["items": .list(Array(repeating: "", count: 20)), "separator": Self.long]),
            ("TextLinesNode", ["mode": "join", "lines": Self.longList]),
            ("ListJoinNode", ["list": Self.longList]),
            ("ListReduceNode", ["operation": "join", "list": Self.longList]),
            (
                "ListSuperNode",
                [
                    "action": "Reduce", "reduce_operation": "concat",
                    "list": Self.longList,
                ]
            ),
            (
                "FormatStringNode",
                ["template": .string(String(repeating: "{x}", count: 20)), "variables": ["x": Self.long]]
            ),
            ("TransformNode", ["transform_type": "join", "value": Self.longList]),
            (
                "TransformNode",
                ["transform_type": "replace", "value": Self.long, "param": ["old": "a", "new": Self.long]]
            ),
        ] as [(String, Object)])
    func `a text that would be too long is not made`(name: String, inputs: Object) {
        let failure = PureCall.failure(name, inputs)
        #expect(failure?.type == "ValueError")
        #expect(failure?.message.contains("longer than 16 MiB") == true, "\(failure?.message ?? "it succeeded")")
    }

    @Test func `a text that does not grow may be as long as it is`() throws {
        let length = TextLimit.bytesMax + 1
        #expect(throws: NodeFailure.self) { try TextLimit.check(length) }
        try TextLimit.check(length, madeFrom: length)
        #expect(throws: NodeFailure.self) { try TextLimit.check(length + 1, madeFrom: length) }
    }

    @Test func `characters are Unicode scalars`() throws {
        #expect(try PureCall("TextCountNode", ["text": "ÅÉß🎉אב"])["count"] == 6)
        #expect(
            try PureCall("TextReverseNode", ["text": "e\u{301}x"])["result"].string?.unicodeScalars.map(\.value) == [
                0x78, 0x301, 0x65,
            ])
        #expect(try PureCall("TextSubstringNode", ["text": "a🎉b", "start": 1, "end": 2])["result"] == "🎉")
    }

    @Test(
        arguments: [
            (
                "split", "a\nb\r\n\nc\u{2028}d\n", nil, false, ["a", "b", "", "c", "d"],
                "a\nb\r\n\nc\u{2028}d\n"
            ),
            ("split", "a\n \nb", nil, true, ["a", "b"], "a\n \nb"),
            ("join", "", ["a", 1], false, ["a", "1"], "a\r\n1"),
            ("join", "", "no list", false, [], ""),
        ] as [(String, String, Value, Bool, Value, Value)])
    func `lines are split and joined`(
        mode: String, text: String, lines: Value, removesEmpty: Bool, result: Value, joined: Value
    ) throws {
        let call = try PureCall(
            "TextLinesNode",
            [
                "mode": .string(mode), "text": .string(text), "lines": lines, "remove_empty": .bool(removesEmpty),
                "line_separator": "crlf",
            ])
        #expect(call["lines"] == result)
        #expect(call["text"] == joined)
    }

    @Test(
        arguments: [
            (0, 5, "Hello"), (-3, nil, "rld"), (6, nil, "World"), (nil, 2, "He"), ("x", nil, "Hello World"),
            (0, "x", ""),
            (8, 2, ""),
        ] as [(Value, Value, String)])
    func `parts are taken by position`(start: Value, end: Value, result: String) throws {
        let call = try PureCall("TextSubstringNode", ["text": "Hello World", "start": start, "end": end])
        #expect(call["result"] == .string(result))
        #expect(call["length"] == .int(result.count))
    }

    @Test(arguments: [
        ("World", true, 6, 1), ("world", true, -1, 0), ("o", true, 4, 2), ("", true, 0, 12), ("WORLD", false, 6, 1),
    ])
    func `a text is searched`(search: String, isSensitive: Bool, position: Int, count: Int) throws {
        let call = try PureCall(
            "TextContainsNode",
            [
                "text": "Hello World", "search": .string(search), "case_sensitive": .bool(isSensitive),
            ])
        #expect(call["contains"] == .bool(position >= 0))
        #expect(call["position"] == .int(position))
        #expect(call["count"] == .int(count))
    }

    @Test func `beginnings and ends are recognised`() throws {
        #expect(try PureCall("TextStartsWithNode", ["text": "Hello", "prefix": "He"])["result"] == true)
        #expect(
            try PureCall("TextStartsWithNode", ["text": "Hello", "prefix": "hE", "case_sensitive": false])["result"]
                == true)
        #expect(try PureCall("TextStartsWithNode", ["text": "Hello", "prefix": ""])["result"] == true)
        #expect(try PureCall("TextEndsWithNode", ["text": "Hello", "suffix": "LO"])["result"] == false)
        #expect(try PureCall("TextEndsWithNode", ["text": "lo", "suffix": "Hello"])["result"] == false)
    }

    @Test(arguments: [("characters", 7), ("words", 2), ("lines", 2)])
    func `a text is counted`(mode: String, count: Int) throws {
        let inputs: Object = ["text": "a b\nc d"]
        #expect(try PureCall("TextCountNode", inputs.merging(["mode": "characters"]))["count"] == 7)
        #expect(
            try PureCall("TextCountNode", ["text": "one  two\n", "mode": .string(mode), "search": "o"])["count"] == 2)
        #expect(try PureCall("TextCountNode", inputs.merging(["exclude_whitespace": true]))["count"] == 4)
        let counted = try PureCall("TextCountNode", ["text": "aaa\nb c", "mode": .string(mode)])["count"].int
        #expect(counted == (mode == "words" ? 3 : count))
    }

    @Test func `what a pattern finds is extracted`() throws {
        let one = try PureCall("TextExtractNode", ["text": "a1 b22", "pattern": #"([a-z])(\d+)(x)?"#])
        #expect(one["match"] == "a1")
        #expect(one["groups"] == ["a", "1", nil])
        let all = try PureCall("TextExtractNode", ["text": "a1 b22", "pattern": #"([a-z])\d+"#, "all_matches": true])
        #expect(all["match"] == ["a1", "b22"])
        #expect(all["groups"] == [["a"], ["b"]])
        let none = try PureCall("TextExtractNode", ["text": "x", "pattern": #"\d"#])
        #expect(none["match"] == "")
        #expect(none["found"] == false)
    }

    @Test func `a list is joined, and anything else is one element`() throws {
        #expect(try PureCall("TextJoinNode", ["items": ["a", nil, 3], "separator": "|"])["result"] == "a||3")
        #expect(try PureCall("TextJoinNode", ["items": 5])["result"] == "5")
    }
}
