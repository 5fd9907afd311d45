import CasareDomain
import Testing

@Suite struct DisplayTextTests {
    @Test(
        arguments: [
            (Value.null, ""), (true, "true"), (false, "false"), (0, "0"), (-7, "-7"), ("text", "text"), ("", ""),
            (15.0, "15"), (-3.0, "-3"), (-0.0, "0"), (15.5, "15.5"), (0.1, "0.1"), (1e15, "1000000000000000"),
            (9_999_999_999_999_998.0, "9999999999999998"), (1e16, "1e+16"), (1e300, "1e+300"),
            ([], "[]"), ([:], "{}"), ([1, 2.0, "x", nil, true], #"[1,2,"x",null,true]"#),
            (["a": ["b": 1.5], "c": "é"], #"{"a":{"b":1.5},"c":"é"}"#),
        ] as [(Value, String)])
    func `values appear in text as people write them`(value: Value, expected: String) {
        #expect(value.displayText == expected)
    }
}
