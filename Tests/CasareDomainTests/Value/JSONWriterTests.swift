import CasareDomain
import Testing

@Suite struct JSONWriterTests {
    private static let document: Value = ["b": [1, 2.5, ["x": nil]], "a": [:], "c": [], "d": true]

    @Test func `compact text has no spaces`() {
        #expect(Self.document.jsonText() == #"{"b":[1,2.5,{"x":null}],"a":{},"c":[],"d":true}"#)
    }

    @Test func `spaced text is laid out as Python does it`() {
        #expect(Self.document.jsonText(.spaced) == #"{"b": [1, 2.5, {"x": null}], "a": {}, "c": [], "d": true}"#)
    }

    @Test func `pretty text has a line per element`() {
        #expect(
            Self.document.jsonText(.pretty(indent: 2)) == """
                {
                  "b": [
                    1,
                    2.5,
                    {
                      "x": null
                    }
                  ],
                  "a": {},
                  "c": [],
                  "d": true
                }
                """)
        #expect(Value.list([1, 2]).jsonText(.pretty(indent: 0)) == "[\n1,\n2\n]")
        #expect(Value.list([]).jsonText(.pretty(indent: 4)) == "[]")
    }

    @Test func `keys are sorted by code point at every level`() {
        let value: Value = ["b": ["z": 1, "a": 2], "B": 1, "é": 1, "a1": 1, "a": 1]
        #expect(value.jsonText(sortKeys: true) == #"{"B":1,"a":1,"a1":1,"b":{"a":2,"z":1},"é":1}"#)
    }

    @Test(
        arguments: [
            (Value.int(0), "0"), (.int(9), "9"), (.int(10), "10"), (.int(-1), "-1"),
            (.int(.max), "9223372036854775807"),
            (.int(.min), "-9223372036854775808"), (.double(15), "15.0"), (.double(-0.0), "-0.0"), (.double(0.1), "0.1"),
            (.double(1e16), "1e+16"), (.double(1e-5), "1e-05"), (.double(1.0 / 3), "0.3333333333333333"),
            (.double(.nan), "null"), (.double(.infinity), "null"), (.double(-.infinity), "null"),
        ] as [(Value, String)])
    func `numbers keep their kind`(value: Value, expected: String) {
        #expect(value.jsonText() == expected)
    }

    @Test(
        arguments: [
            ("a\"b\\c/d", #""a\"b\\c/d""#, #""a\"b\\c/d""#),
            (
                "\u{8}\u{9}\u{A}\u{C}\u{D}\u{0}\u{1F}\u{7F}", "\"\\b\\t\\n\\f\\r\\u0000\\u001f\u{7F}\"",
                "\"\\b\\t\\n\\f\\r\\u0000\\u001f\u{7F}\""
            ),
            ("é日🎉!", "\"é日🎉!\"", #""\u00e9\u65e5\ud83c\udf89!""#), ("", "\"\"", "\"\""), ("é", "\"é\"", #""\u00e9""#),
        ] as [(String, String, String)])
    func `strings are escaped`(text: String, plain: String, ascii: String) {
        #expect(Value.string(text).jsonText() == plain)
        #expect(Value.string(text).jsonText(escapeNonASCII: true) == ascii)
        #expect(Value.object([text: 1]).jsonText(escapeNonASCII: true) == "{\(ascii):1}")
    }

    @Test(arguments: [Value.JSONStyle.compact, .spaced, .pretty(indent: 3)])
    func `what is written reads back as the same value`(style: Value.JSONStyle) throws {
        let value: Value = [
            "text": "tab\tquote\" slash\\ é 🎉 \u{0}", "numbers": [1, 1.0, -2.5e-10, .int(.max)],
            "nested": [[], [:], [["deep": [nil, true]]]], "": "empty key",
        ]
        for escapes in [false, true] {
            let text = value.jsonText(style, escapeNonASCII: escapes)
            let read = try Value(parsingJSON: text)
            #expect(read == value)
            #expect(read.jsonText(style, escapeNonASCII: escapes) == text)
            #expect(String(decoding: value.jsonBytes(style, escapeNonASCII: escapes), as: UTF8.self) == text)
        }
    }
}
