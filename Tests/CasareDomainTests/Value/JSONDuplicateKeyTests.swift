import CasareDomain
import Testing

struct JSONDuplicateKeyTests {
    @Test func `keys that come twice are found with their places, and the last value counts`() throws {
        var duplicates: [JSONDuplicateKey] = []
        let value = try Value(
            parsingJSON: """
                {"a": 1, "b": [{"c": 1,
                 "c": 2}],
                 "a": {"d": 1, "d": 2}}
                """, duplicateKeys: &duplicates)
        #expect(value == ["a": ["d": 2], "b": [["c": 2]]])
        #expect(
            duplicates == [
                .init(path: ["b", "c"], line: 2), .init(path: ["a"], line: 3), .init(path: ["a", "d"], line: 3),
            ])
    }

    @Test func `text without them has none, and hostile text does not make a long list`() throws {
        var duplicates = [JSONDuplicateKey(path: [], line: 1)]
        _ = try Value(parsingJSON: #"{"a": {"a": 1}, "b": {"a": 1}}"#, duplicateKeys: &duplicates)
        #expect(duplicates.isEmpty)
        let members = repeatElement(#""k": 1"#, count: 1000).joined(separator: ",")
        _ = try Value(parsingJSON: "{\(members)}", duplicateKeys: &duplicates)
        #expect(duplicates.count == Value.jsonDuplicateKeysMax)
        _ = try Value(parsingJSON: Array("{\(members)}".utf8), most: 1, duplicateKeys: &duplicates)
        #expect(duplicates == [.init(path: ["k"], line: 1)])
    }
}
