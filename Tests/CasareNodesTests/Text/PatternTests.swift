import CasareDomain
import CasareEngine
import Testing

@Suite struct PatternTests {
    private func matches(_ pattern: String, _ text: String, _ flags: Object = [:]) throws -> Value {
        let inputs: Object = ["text": .string(text), "pattern": .string(pattern)]
        return try PureCall("RegexMatchNode", inputs.merging(flags))["all_matches"]
    }

    // Every expected list was produced by Python's `re`.
    @Test(
        arguments: [
            (#"\w+"#, "ÅÉß🎉אב→e\u{301}x 日本", ["ÅÉß", "אב", "e", "x", "日本"]),
            (#"\$[0-9]+\.[0-9]{2}"#, "is $100.50", ["$100.50"]),
            ("(?<=a)b|(?<!a)c", "ab ac bc", ["b", "c"]), (#"(?P<q>['"]).*?(?P=q)"#, #"'a' "b""#, ["'a'", "\"b\""]),
            (#"(a)\1"#, "aab", ["aa"]), ("a$", "a\n", ["a"]), (#"a\Z"#, "a\n", []),
            ("x*", "abxd", ["", "", "x", "", ""]),
            ("[[]", "a[b", ["["]), ("[a&&b]+", "a&b", ["a&b"]), ("[]a]+", "]a", ["]a"]), ("[^]]", "]a", ["a"]),
            ("[a-]+", "a-", ["a-"]),
            (#"[\d-]+"#, "1-x", ["1-"]), ("a{,2}", "aaa", ["aa", "a", ""]), ("a{x}", "a{x}", ["a{x}"]),
            ("a{2}", "aaaa", ["aa", "aa"]),
            ("a+?", "aa", ["a", "a"]), ("(a|ab)(c|bcd)", "abcd", ["abcd"]), ("(?:ab)+", "ababa", ["abab"]),
            ("(a*)*", "aa", ["aa", ""]),
            ("(a|b*)*c", "abbc", ["abbc"]), (#"\bfoo\b"#, "foo.bar afoo", ["foo"]), (#"\Boo"#, "foo oo", ["oo"]),
            ("a(?=b)", "ab ac", ["a"]),
            ("a(?!b)", "ab ac", ["a"]), ("(?>a+)b", "aab", ["aab"]), ("(?>a+)a", "aa", []), ("a++a", "aa", []),
            ("(?i)AB", "xab", ["ab"]),
            ("(?i:A)B", "aB ab", ["aB"]), ("(?x) a b # note\n c", "abc", ["abc"]), ("a(?#note)b", "ab", ["ab"]),
            (".", "\r\n", ["\r"]),
            ("(?s).+", "a\nb", ["a\nb"]), ("(?m)^b$", "a\nb", ["b"]), (#"\x41\u00e9\t"#, "Aé\t", ["Aé\t"]),
            ("é", "e\u{301}", []),
            ("a|", "ba", ["", "a", ""]), ("(?=(a))", "aa", ["", ""]), (#"\D\S\W"#, "ab!", ["ab!"]),
            ("(?:a?){3}", "aa", ["aa", ""]),
            ("^", "ab", [""]), (".*b(.)", "abcaabd", ["abcaabd"]),
            (#"(\w+) \1"#, "the the cat cat", ["the the", "cat cat"]),
        ] as [(String, String, Value)])
    func `patterns mean what they mean in Python`(pattern: String, text: String, expected: Value) throws {
        #expect(try self.matches(pattern, text) == expected)
    }

    @Test func `flags come from the node too`() throws {
        #expect(try self.matches("É+[a-c]", "éA", ["ignore_case": true]) == ["éA"])
        #expect(try self.matches("[^a]", "Ab", ["ignore_case": true]) == ["b"])
        #expect(try self.matches("^.", "a\nb", ["multiline": true]) == ["a", "b"])
        #expect(try self.matches("a.b", "a\nb", ["dotall": true]) == ["a\nb"])
    }

    @Test func `groups are those of the first match`() throws {
        let call = try PureCall("RegexMatchNode", ["text": "k=v x=y", "pattern": "([a-z])=([a-z])(;)?"])
        #expect(call["groups"] == ["k", "v", nil])
        #expect(call["first_match"] == "k=v")
        #expect(call["match_count"] == 2)
        let backtracked = try PureCall("RegexMatchNode", ["text": "ab", "pattern": "(?:(a)x|ab)"])
        #expect(backtracked["groups"] == [nil])
    }

    @Test(arguments: [
        "(", ")", "[", "a**", "*a", "a{3,2}", #"\q"#, #"\2(a)"#, "(?P<n>a)(?P<n>b)", "(?P=x)", "(?<=a*)b", "(?<=^|,)x",
        #"[\d-x]"#, "(?z)a", "[z-a]", #"a\"#,
        "(?P<1", "((((a{1000}){1000}){1000}){1000})",
    ])
    func `a pattern that cannot be read fails`(pattern: String) {
        let failure = PureCall.failure("RegexMatchNode", ["text": "a", "pattern": .string(pattern)])
        #expect(failure?.message.hasPrefix("Invalid regular expression: ") == true)
    }

    @Test func `texts and patterns have limits, and so has the work`() {
        let long = String(repeating: "a", count: 100_001)
        #expect(
            PureCall.failure("RegexMatchNode", ["text": .string(long), "pattern": "a"])?.message.contains("100000")
                == true)
        let pattern = Value.string(String(repeating: "a", count: 1001))
        #expect(
            PureCall.failure("RegexMatchNode", ["text": "a", "pattern": pattern])?.message.contains("1000") == true)
        let hard = PureCall.failure(
            "RegexMatchNode", ["text": .string(String(long.prefix(40)) + "b"), "pattern": "(a+)+$"])
        #expect(hard?.message.contains("too many steps") == true)
    }

    @Test func `long texts are searched quickly`() throws {
        let text = String(repeating: "ab ", count: 33_000)
        #expect(try self.matches("[a-z]+", text).list?.count == 33_000)
        #expect(try self.matches(".*x", text) == [])
    }

    @Test(arguments: [
        ("a(b)?", "ab a", #"<\1>"#, 0, "<b> <>", 2), ("x*", "abxd", "-", 0, "-a-b--d-", 5),
        (#"\d"#, "1 2 3", "n", 2, "n n 3", 2),
        ("(?P<w>a)", "a", #"\g<w>\g<1>\n\\$1"#, 0, "aa\n\\$1", 1), ("z", "a", "b", 0, "a", 0),
        ("a", "a", #"\0\."#, 0, #"a\."#, 1),
    ])
    func `replacements follow Python`(
        pattern: String, text: String, replacement: String, limit: Int, result: String, count: Int
    ) throws {
        let call = try PureCall(
            "RegexReplaceNode",
            [
                "text": .string(text), "pattern": .string(pattern), "replacement": .string(replacement),
                "max_count": .int(limit),
            ])
        #expect(call["result"] == .string(result))
        #expect(call["count"] == .int(count))
    }

    @Test(arguments: [#"\2"#, #"\g<x>"#, #"\g"#, #"\q"#, #"\"#])
    func `a replacement that refers to nothing fails`(replacement: String) {
        #expect(
            PureCall.failure("RegexReplaceNode", ["text": "a", "pattern": "(a)", "replacement": .string(replacement)])
                != nil)
    }
}
