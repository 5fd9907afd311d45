import CasareDomain
import Testing

@Suite struct JSONParserTests {
    @Test(
        arguments: [
            ("null", Value.null), ("true", true), (" \t\r\n false ", false), ("\"\"", ""), ("[]", []), ("{}", [:]),
            ("[1, [2, [3]], {\"a\": null}]", [1, [2, [3]], ["a": nil]]),
            ("{\"a\": {\"b\": [true, false]}}", ["a": ["b": [true, false]]]),
            ("\u{FEFF}[1]", [1]),
        ] as [(String, Value)])
    func `values of every kind are read`(text: String, expected: Value) throws {
        #expect(try Value(parsingJSON: text) == expected)
        #expect(try Value(parsingJSON: Array(text.utf8)) == expected)
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("9223372036854775807", Int.max),
            ("-9223372036854775808", Int.min),
        ] as [(String, Int)])
    func `integers that fit 64 bits stay integers`(text: String, expected: Int) throws {
        guard case .int(let number) = try Value(parsingJSON: text) else {
            Issue.record("\(text) became another kind")
            return
        }
        #expect(number == expected)
    }

    @Test(
        arguments: [
            ("1.0", 1.0), ("-0.0", -0.0), ("0.1", 0.1), ("1e2", 100), ("1E+2", 100), ("25e-1", 2.5),
            ("1.5e300", 1.5e300),
            ("9223372036854775808", 9_223_372_036_854_775_808), ("-9223372036854775809", -9_223_372_036_854_775_808),
            ("18446744073709551616", 18_446_744_073_709_551_616),
            ("123456789012345678901234567890", 1.2345678901234568e29),
            ("0.1000000000000000055511151231257827", 0.1), ("1e22", 1e22), ("1e23", 1e23),
            ("9007199254740993.0", 9_007_199_254_740_992),
            ("1e-400", 0), ("5e-324", .leastNonzeroMagnitude), ("1.7976931348623157e308", .greatestFiniteMagnitude),
            ("0e999999999999999999999", 0),
            ("123456.789", 123456.789), ("0.000001", 0.000001),
        ] as [(String, Double)])
    func `other numbers become the nearest double`(text: String, expected: Double) throws {
        guard case .double(let number) = try Value(parsingJSON: text) else {
            Issue.record("\(text) became another kind")
            return
        }
        #expect(number.bitPattern == expected.bitPattern)
    }

    @Test func `any double survives being written and read`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let number = Double(bitPattern: random.next())
            guard number.isFinite else { continue }
            #expect(try Value(parsingJSON: Value.double(number).jsonText()).double?.bitPattern == number.bitPattern)
        }
        for _ in 0..<20_000 {
            // Short decimals, as documents have them.
            let number = Double(Int.random(in: -9_999_999...9_999_999)) / [1, 10, 100, 1000, 1e6].randomElement()!
            #expect(try Value(parsingJSON: Value.double(number).jsonText()).double?.bitPattern == number.bitPattern)
        }
    }

    @Test(
        arguments: [
            (#""a\"b\\c\/d""#, "a\"b\\c/d"), (#""\b\f\n\r\t""#, "\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u65e5""#, "Aé日"),
            (#""\u0000x""#, "\0x"), (#""\ud83c\udf89!""#, "🎉!"), (#""\uD83C\uDF89""#, "🎉"), (#""é日🎉""#, "é日🎉"),
            (#""plain \n then plain again é""#, "plain \n then plain again é"), ("\"\u{7F}\"", "\u{7F}"),
        ] as [(String, String)])
    func `strings are unescaped`(text: String, expected: String) throws {
        #expect(try Value(parsingJSON: text).string?.unicodeScalars.elementsEqual(expected.unicodeScalars) == true)
    }

    @Test(
        arguments: [
            (#""\ud83c""#, "\u{FFFD}"), (#""\udf89""#, "\u{FFFD}"), (#""\ud83cx""#, "\u{FFFD}x"),
            (#""\ud83c\u0041""#, "\u{FFFD}A"), (#""\ud83c\ud83c\udf89""#, "\u{FFFD}🎉"),
            (#""\udf89\ud83c""#, "\u{FFFD}\u{FFFD}"),
        ] as [(String, String)])
    func `half a surrogate pair is read as the replacement character`(text: String, expected: String) throws {
        #expect(try Value(parsingJSON: text).string == expected)
    }

    @Test func `objects keep the order of keys and the last value of a key that comes twice`() throws {
        let object = try Value(parsingJSON: #"{"z": 1, "a": 2, "z": 3, "m": 4}"#).object
        #expect(object?.keys == ["z", "a", "m"])
        #expect(object?["z"] == 3)
        let many = (0..<40).map { "\"k\($0)\": \($0)" }.joined(separator: ",")
        let large = try Value(parsingJSON: "{\(many), \"k3\": \"last\"}").object
        #expect(large?.keys == (0..<40).map { "k\($0)" })
        #expect(large?["k3"] == "last")
    }

    @Test(
        arguments: [
            ("", JSONError.Reason.expected("a JSON value"), 1, 1), ("  ", .expected("a JSON value"), 1, 3),
            ("[1,]", .expected("a JSON value"), 1, 4), ("[1 2]", .expected("',' or ']'"), 1, 4),
            ("[1", .expected("',' or ']'"), 1, 3), ("{\"a\" 1}", .expected("':'"), 1, 6),
            ("{\"a\": 1,}", .expected("a key in double quotes"), 1, 9),
            ("{a: 1}", .expected("a key in double quotes"), 1, 2),
            ("{'a': 1}", .expected("a key in double quotes"), 1, 2), ("{\"a\": 1", .expected("',' or '}'"), 1, 8),
            ("tru", .expected("a JSON value"), 1, 1), ("nul", .expected("a JSON value"), 1, 1),
            ("True", .expected("a JSON value"), 1, 1), ("NaN", .expected("a JSON value"), 1, 1),
            ("Infinity", .expected("a JSON value"), 1, 1), ("+1", .expected("a JSON value"), 1, 1),
            (".5", .expected("a JSON value"), 1, 1), ("// x", .expected("a JSON value"), 1, 1),
            ("01", .malformedNumber, 1, 1), ("-", .malformedNumber, 1, 1), ("-01", .malformedNumber, 1, 1),
            ("1.", .malformedNumber, 1, 1), ("1.e5", .malformedNumber, 1, 1), ("1e", .malformedNumber, 1, 1),
            ("[1, 1e+]", .malformedNumber, 1, 5), ("1e400", .numberOutOfRange, 1, 1),
            ("-1e400", .numberOutOfRange, 1, 1),
            ("1 2", .trailingText, 1, 3), ("{} x", .trailingText, 1, 4), ("truex", .trailingText, 1, 5),
            ("1x", .trailingText, 1, 2),
            ("\"abc", .unterminatedString, 1, 1), ("\"", .unterminatedString, 1, 1), ("[\"a\\", .malformedEscape, 1, 4),
            ("\"a\\\"", .unterminatedString, 1, 1), ("\"\\x\"", .malformedEscape, 1, 2),
            ("\"\\u12\"", .malformedEscape, 1, 2),
            ("\"\\u12g4\"", .malformedEscape, 1, 2), ("\"\\ud83c\\u12\"", .malformedEscape, 1, 8),
            ("\"a\nb\"", .controlCharacter, 1, 3), ("\"\t\"", .controlCharacter, 1, 2),
            ("{\n  \"é\": tru\n}", .expected("a JSON value"), 2, 8), ("[\n1,\n\n  é]", .expected("a JSON value"), 4, 3),
        ] as [(String, JSONError.Reason, Int, Int)])
    func `errors say what is wrong and where`(text: String, reason: JSONError.Reason, line: Int, column: Int) {
        #expect(throws: JSONError(reason, line: line, column: column)) { try Value(parsingJSON: text) }
        #expect(throws: JSONError(reason, line: line, column: column)) { try Value(parsingJSON: Array(text.utf8)) }
    }

    @Test func `errors read as a sentence`() {
        let error = #expect(throws: JSONError.self) { try Value(parsingJSON: "{\n  \"a\" 1}") }
        #expect(error?.description == "line 2, column 7: expected ':'")
    }

    @Test(
        arguments: [
            ([0x22, 0xFF, 0x22], 1, 2), ([0x22, 0xC3, 0x22], 1, 2),
            ([0x5B, 0x0A, 0x22, 0xC3, 0xA9, 0xED, 0xA0, 0x80, 0x22, 0x5D], 2, 3),
            ([0x22, 0xC0, 0x80, 0x22], 1, 2), ([0x22, 0xF0, 0x9F, 0x8E], 1, 2),
        ] as [([UInt8], Int, Int)])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8], line: Int, column: Int) {
        #expect(throws: JSONError(.notUTF8, line: line, column: column)) { try Value(parsingJSON: bytes) }
    }

    @Test func `nesting is limited`() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        _ = try Value(parsingJSON: nested(Value.jsonDepthMax, "[", "]"))
        _ = try Value(parsingJSON: nested(Value.jsonDepthMax, "{\"a\":", "}"))
        let position = Value.jsonDepthMax + 1
        #expect(throws: JSONError(.tooDeep, line: 1, column: position)) {
            try Value(parsingJSON: nested(position, "[", "]"))
        }
        #expect(throws: JSONError.self) { try Value(parsingJSON: nested(position, "{\"a\":", "}")) }
        #expect(throws: JSONError(.tooDeep, line: 1, column: position)) {
            try Value(parsingJSON: String(repeating: "[", count: 1_000_000))
        }
    }

    @Test func `every beginning of a document is refused without harm`() throws {
        let text = #"{"a": [1, -2.5e3, "x\u00e9\n", true, null], "b": {"c": {}}, "é": "日"}"#
        let bytes = Array(text.utf8)
        _ = try Value(parsingJSON: bytes)
        for length in bytes.indices {
            #expect(throws: JSONError.self) { try Value(parsingJSON: Array(bytes[..<length])) }
        }
    }
}
