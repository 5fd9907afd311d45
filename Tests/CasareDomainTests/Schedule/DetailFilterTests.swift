import CasareDomain
import Testing

struct DetailFilterTests {
    private static let detail: Object = [
        "kind": "timeout", "attempt": 3, "robot": .null, "failure": ["type": "HttpError", "status": 503],
        "a.b": "whole",
    ]

    @Test(
        arguments: [
            ([:], true), (["kind": "timeout"], true), (["kind": "Timeout"], false), (["attempt": 3.0], true),
            (["attempt": "3"], false), (["robot": .null], true), (["missing": .null], true), (["missing": "x"], false),
            (["kind": "timeout", "attempt": 4], false), (["failure.type": "HttpError"], true),
            (["failure.type.more": "HttpError"], false), (["a.b": "whole"], true),
            (["failure": ["status": 503, "type": "HttpError"]], true),
            (["attempt": ["$eq": 3]], true), (["attempt": ["$ne": 3]], false), (["missing": ["$ne": 3]], true),
            (["attempt": ["$gt": 2]], true), (["attempt": ["$gt": 3]], false), (["attempt": ["$lt": 4]], true),
            (["attempt": ["$lt": 3]], false), (["attempt": ["$gt": 2, "$lt": 4]], true),
            (["attempt": ["$gt": 3, "$lt": 4]], false), (["kind": ["$gt": "a"]], true), (["kind": ["$gt": 1]], false),
            (["kind": ["$in": ["crash", "timeout"]]], true), (["kind": ["$in": ["crash"]]], false),
            (["kind": ["$regex": "^time"]], true), (["attempt": ["$regex": "3"]], false),
            (["missing": ["$regex": ""]], false),
        ] as [(Object, Bool)])
    func `a detail matches when all that is said of it is true`(filter: Object, matches: Bool) throws {
        #expect(try DetailFilter(filter).matches(Self.detail) == matches)
    }

    @Test(
        arguments: [
            (["a": ["$gtt": 1]], "a.$gtt"), (["a": ["$gt": true]], "a.$gt"), (["a": ["$in": []]], "a.$in"),
            (["a": ["$in": "x"]], "a.$in"), (["a": ["$regex": 1]], "a.$regex"), (["a": ["$regex": "("]], "a.$regex"),
            (["a": ["$gt": 1, "b": 2]], "a.b"),
        ] as [(Object, String)])
    func `what cannot be read names its member`(filter: Object, member: String) {
        let error = #expect(throws: ScheduleSpec.Invalid.self) { try DetailFilter(filter) }
        #expect(error?.member == member)
    }

    @Test func `a filter names so many members and no more`() throws {
        let most = Object((1...20).map { ("m\($0)", Value.null) })
        #expect(try DetailFilter(most).matches([:]))
        #expect(throws: ScheduleSpec.Invalid.self) { try DetailFilter(most.merging(["more": .null])) }
    }

    // MARK: - Patterns

    @Test(arguments: [
        ("", "", true), ("a", "xay", true), ("^a", "xay", false), ("a$", "xa", true), ("^$", "", true),
        ("^$", "a", false), ("a.c", "abc", true), ("a.c", "a\nc", false), ("^a|b$", "xb", true),
        ("^(a|b)$", "xb", false), ("^(?:ab)+$", "ababab", true), ("^(?:ab)+$", "ababa", false),
        ("^ab*c?$", "abbb", true), ("^a{2,3}$", "a", false), ("^a{2,3}$", "aa", true), ("^a{2,3}$", "aaa", true),
        ("^a{2,3}$", "aaaa", false), ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaaa", true), ("^a{0}$", "", true),
        ("^[a-c]+$", "abcabc", true), ("^[a-c]+$", "abd", false), ("^[^,]+$", "a b", true), ("^[^,]+$", "a,b", false),
        ("^[]x]+$", "]x", true), ("^[a-]+$", "a-", true), (#"^\d+\.\d+$"#, "12.5", true),
        (#"^\d+\.\d+$"#, "12x5", false), (#"^\w+\s\w+$"#, "ab cd", true), (#"^\S+$"#, "ab cd", false),
        (#"^[\d_]+$"#, "1_2", true), (#"a\|b"#, "a|b", true), ("(?i)TIMEOUT", "read timeout", true),
        ("TIMEOUT", "read timeout", false), (#"(?i)^\D+$"#, "abc", true), (#"(?i)^[^A]$"#, "a", false),
        ("(?i)ÜBER", "über", true), ("^a+?$", "aaa", true), ("(a*)*b", "aaab", true), ("(a|)+$", "", true),
        ("é", "caf\u{E9}", true),
    ])
    func `a pattern is found or not`(pattern: String, text: String, isFound: Bool) throws {
        #expect(try DetailPattern(pattern).isFound(in: text) == isFound)
    }

    @Test(arguments: [
        "(", ")", "a)", "[", "[a", "*", "+a", "a{", "a{x}", "a{3,2}", "a{1001}", #"\"#, #"\q"#, #"\1"#, "(?=a)",
        "[z-a]", #"[\D]"#, "(?:(?:(?:a{1000}){1000}){1000})", String(repeating: "(", count: 30),
        String(repeating: "a", count: 201),
    ])
    func `what is no pattern is refused`(pattern: String) {
        #expect(throws: DetailPattern.Invalid.self) { try DetailPattern(pattern) }
    }

    /// Following one way after the other, these take longer than the age of the world.
    @Test(arguments: ["(a+)+$", "^(a|a)*$", "^(a*)*$", "(.*a){20}$"])
    func `no pattern takes long`(pattern: String) throws {
        let text = String(repeating: "a", count: 3999) + "!"
        #expect(try !DetailPattern(pattern).isFound(in: text))
    }
}
