import CasareDomain
import Testing

@testable import CasareEngine

@Suite struct ExpressionArithmeticTests {
    @Test(
        arguments: [
            ("9223372036854775807 + 1", 9_223_372_036_854_775_808.0),
            ("-9223372036854775807 - 2", -9_223_372_036_854_775_808),
            ("9223372036854775807 * 2", 18_446_744_073_709_551_616), ("2 ** 63", 9_223_372_036_854_775_808),
            ("2 ** 1000", 1.0715086071862673e301),
            ("1 << 63", 9_223_372_036_854_775_808), ("3 << 62", 13_835_058_055_282_163_712),
            ("1 << 1000", 1.0715086071862673e301),
            ("-1 << 64", -18_446_744_073_709_551_616), ("9223372036854775808", 9_223_372_036_854_775_808),
            ("(-9223372036854775807 - 1) // -1", 9_223_372_036_854_775_808),
            ("-(-9223372036854775807 - 1)", 9_223_372_036_854_775_808),
            ("abs(-9223372036854775807 - 1)", 9_223_372_036_854_775_808), ("10 ** 19", 1e19),
            ("(-3) ** 41", -36_472_996_377_170_788_352),
        ] as [(String, Double)])
    func `integers that outgrow 64 bits become doubles`(text: String, expected: Double) throws {
        guard case .double(let number) = try Expression.value(of: text) else {
            Issue.record("\(text) is not a double")
            return
        }
        #expect(number == expected)
    }

    @Test(
        arguments: [
            ("2 ** 62", 4_611_686_018_427_387_904), ("1 << 62", 4_611_686_018_427_387_904), ("-1 << 63", Int.min),
            ("0 << 10000", 0),
            ("(-9223372036854775807 - 1) % -1", 0), ("-9223372036854775807 - 1", Int.min),
            ("9223372036854775807", Int.max),
            ("1 ** 4000000", 1), ("(-1) ** 3999999", -1), ("0 ** 0", 1), ("7 ** 0", 1), ("-5 >> 10000", -1),
            ("5 >> 64", 0),
        ] as [(String, Int)])
    func `integers that fit stay integers`(text: String, expected: Int) throws {
        guard case .int(let number) = try Expression.value(of: text) else {
            Issue.record("\(text) is not an integer")
            return
        }
        #expect(number == expected)
    }

    @Test(
        arguments: [
            ("'5' * 2", "10"), ("'5' + 1", "6"), ("1 + ' 2 '", "3"), ("'5' - '3'", "2"), ("'7' / '2'", "3.5"),
            ("'1.5' + 1", "2.5"), ("-'5'", "-5"),
            ("'5' + '1'", "\"51\""), ("'2' ** 3", "8"), ("'7' % 4", "3"), ("'ab' * 2", "\"abab\""), ("true + 1", "2"),
            ("true & false", "false"), ("true | false", "true"), ("true ^ true", "false"), ("true & 1", "1"),
            ("~true", "-2"),
            ("{'a': 1} | {'a': 2, 'b': 3}", #"{"a":2,"b":3}"#), ("sum(['1', 2])", "3"), ("5 // 2.0", "2.0"),
            ("6 / 3", "2.0"), ("0.0 * -1", "-0.0"),
        ] as [(String, String)])
    func `text that reads as a number counts as one`(text: String, expected: String) throws {
        #expect(try Expression.value(of: text).jsonText() == expected)
    }

    @Test(arguments: [
        "1 / 0", "1 // 0", "1 % 0", "1.0 / 0", "1 // 0.0", "1.5 % 0", "0 ** -1", "0.0 ** -0.5", "1 / '0'", "1 / false",
        "5 / (3 - 3)",
    ])
    func `dividing by zero is an error of the value`(text: String) {
        let error = #expect(throws: ExpressionError.self) { try Expression.value(of: text) }
        #expect(error?.kind == .value)
        #expect(error?.message == "division by zero")
    }

    @Test(arguments: [
        ("'a' + 1", "'+' does not apply to a string and a number", 4),
        ("missing + 1", "'+' does not apply to null and a number", 8),
        ("1 - 'x'", "'-' does not apply to a number and a string", 2),
        ("[1] + 1", "'+' does not apply to a list and a number", 4),
        ("{} * 2", "'*' does not apply to an object and a number", 3), ("-'a'", "'-' does not apply to a string", 0),
        ("-[]", "'-' does not apply to a list", 0), ("1.5 << 2", "'<<' needs whole numbers", 4),
        ("1.5 & 1", "'&' needs whole numbers", 4),
        ("~1.5", "'~' needs a whole number", 0), ("'a' * 'b'", "'*' does not apply to a string and a string", 4),
        ("'é' - 'é'", "'-' does not apply to a string and a string", 4),
        ("1 + 2 + null + 4", "'+' does not apply to a number and null", 6),
    ])
    func `an operator that does not apply says to what, and where`(text: String, message: String, offset: Int) {
        let error = #expect(throws: ExpressionError.self) { try Expression.value(of: text) }
        #expect(error == ExpressionError(.type, message, at: offset))
    }

    @Test(arguments: ["(-8) ** 0.5", "(-1) ** 0.1"])
    func `a negative number has no fractional power`(text: String) {
        let error = #expect(throws: ExpressionError.self) { try Expression.value(of: text) }
        #expect(error?.kind == .value)
    }

    @Test func `rounding is that of the decimal number`() {
        let cases: [(Double, Int, Double)] = [
            (2.675, 2, 2.67), (1.005, 2, 1.0), (1.115, 2, 1.11), (0.125, 2, 0.12), (0.375, 2, 0.38), (-2.5, 0, -2),
            (-0.5, 0, 0), (2.5, 0, 2),
            (1234.5, -2, 1200), (1250, -2, 1200), (1350, -2, 1400), (1e300, 2, 1e300), (0.1, 30, 0.1),
            (.leastNonzeroMagnitude, 2, 0), (123, -400, 0),
            (0.285, 2, 0.28), (-1.115, 2, -1.11), (4_503_599_627_370_497.5, 1, 4_503_599_627_370_497.5),
        ]
        for (number, places, expected) in cases {
            #expect(number.rounded(toPlaces: places) == expected, "\(number) to \(places) places")
        }
        #expect(Double.infinity.rounded(toPlaces: 2) == .infinity)
        #expect(Double.nan.rounded(toPlaces: 2).isNaN)
    }

    @Test(
        arguments: [
            ("5", .int(5)), (" -5\n", .int(-5)), ("+5", .int(5)), ("007", .int(7)), ("1.5", .double(1.5)),
            (".5", .double(0.5)), ("5.", .double(5)),
            ("1e3", .double(1000)), ("-1E-2", .double(-0.01)),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            ("", nil), (" ", nil), ("-", nil),
            (".", nil), ("e5", nil), ("1e", nil), ("0x10", nil), ("inf", nil), ("-inf", nil), ("nan", nil),
            ("1e999", nil),
            ("1_000", nil), ("1,5", nil),
            ("5 5", nil), ("5a", nil), ("--5", nil), ("٣", nil),
        ] as [(String, Number?)])
    func `decimal text is read as a number`(text: String, expected: Number?) {
        #expect(Number(text: text) == expected)
    }
}
