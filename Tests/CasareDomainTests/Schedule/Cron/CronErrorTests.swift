import CasareDomain
import Testing

struct CronErrorTests {
    /// An expression, where its fault begins, and words of the message.
    struct Fault: Sendable, CustomTestStringConvertible {
        let text: String
        let position: Int
        let words: [String]

        init(_ text: String, _ position: Int, _ words: String...) {
            self.text = text
            self.position = position
            self.words = words
        }

        var testDescription: String { self.text }
    }

    private static let faults: [Fault] = [
        Fault("", 0, "empty"), Fault("   ", 0, "empty"), Fault("*", 1, "has 1"),
        Fault("* * * *", 7, "5 fields", "has 4"),
        Fault("* * * * * * * *", 14, "has 8"), Fault("60 * * * *", 0, "minute", "60", "0 to 59"),
        Fault("* 24 * * *", 2, "hour", "0 to 23"), Fault("* * 0 * *", 4, "day of month", "1 to 31"),
        Fault("* * 32 * *", 4, "1 to 31"), Fault("* * * 0 *", 6, "month", "1 to 12", "JAN to DEC"),
        Fault("* * * 13 *", 6, "1 to 12"), Fault("* * * * 8", 8, "day of week", "0 and 7 are Sunday"),
        Fault("60 * * * * *", 0, "second"), Fault("* * * * * * 1969", 12, "year", "1970 to 2199"),
        Fault("* * * * * * 2200", 12, "1970 to 2199"), Fault("99999 * * * *", 0, "too large"),
        Fault("10-5 * * * *", 0, "goes downwards", "10-59,0-5"), Fault("0 0 * * FRI-MON", 8, "FRI-SAT,SUN-MON"),
        Fault("0 0 * * 5-0", 8, "5-7"), Fault("0 0 * NOV-FEB *", 6, "NOV-DEC,JAN-FEB"),
        Fault("0 22-0 * * *", 2, "22-23,0"), Fault("0 23-4 * * *", 2, "23,0-4"),
        Fault("*/0 * * * *", 2, "above 0"), Fault("*/ * * * *", 2, "whole number"), Fault("*/-5 * * * *", 2, "whole"),
        Fault("*/x * * * *", 2, "whole"), Fault("0/15 * * * *", 1, "0-59/15"), Fault("5/15,40 * * * *", 1, "5-59/15"),
        Fault("59/15 * * * *", 2, "59 alone"), Fault("/15 * * * *", 0, "does not belong"),
        Fault("0 0 /30 * *", 4, "does not belong"), Fault("1- * * * *", 2, "a range ends in"),
        Fault("-5 * * * *", 0, "does not belong"), Fault("1-2-3 * * * *", 3, "does not belong"),
        Fault("1,,2 * * * *", 2, "does not belong"), Fault("1, * * * *", 2, "where a value should come"),
        Fault(",1 * * * *", 0, "does not belong"), Fault("** * * * *", 1, "does not belong"),
        Fault("*5 * * * *", 1, "does not belong"), Fault("1.5 * * * *", 1, "does not belong"),
        Fault("a * * * *", 0, "does not belong"), Fault("0 0 * * Monday", 8, "write MON"),
        Fault("0 0 * January *", 6, "write JAN"), Fault("0 0 * * MO", 8, "is no day of week"),
        Fault("0 0 * MON *", 6, "is no month"), Fault("0 0 * * JAN", 8, "is no day of week"),
        Fault("? 0 * * *", 0, "? stands only"), Fault("0 0 * ? *", 6, "? stands only"),
        Fault("0 0 ?/2 * *", 4, "? stands alone"), Fault("0 0 1,? * *", 6, "? stands alone"),
        Fault("0 0 l * *", 4, "capital"), Fault("0 0 15w * *", 6, "capital"), Fault("h 0 * * *", 0, "capital"),
        Fault("L 0 * * *", 0, "L goes with"), Fault("0 0 * * L", 8, "5L or FRI#L"), Fault("0 0 L-31 * *", 6, "L-30"),
        Fault("0 0 L- * *", 6, "L-3"), Fault("0 0 1-15W * *", 8, "W goes with one day"),
        Fault("0 0 W * *", 4, "W goes with one day"), Fault("0 0 1W,15W * *", 5, "stands alone"),
        Fault("0 0 LW,1 * *", 5, "stands alone"), Fault("0 0 * * 5W", 9, "W goes with one day"),
        Fault("0 0 32W * *", 4, "1 to 31"), Fault("0 0 * * 5#0", 10, "1 to 5"), Fault("0 0 * * 5#6", 10, "1 to 5"),
        Fault("0 0 * * 5#", 10, "5#1"), Fault("0 0 * * MON-FRI#1", 15, "# goes with"),
        Fault("0 0 * * 8#1", 8, "0 to 7"), Fault("0 0 5#1 * *", 5, "# goes with"),
        Fault("0 12 +1 * MON", 5, "+ stands only"), Fault("0 12 1 * MON,+TUE", 13, "+ stands only"),
        Fault("0 12 1 * ++MON", 10, "+ stands only"), Fault("+1 * * * *", 0, "+ stands only"),
        Fault("0~30 * * * *", 1, "H"), Fault("H(30-10) * * * *", 2, "swap"), Fault("H(0-60) * * * *", 4, "0 to 59"),
        Fault("H(5) * * * *", 3, "H(0-59)"), Fault("H(0-5 * * * *", 5, "H(0-59)"), Fault("H/0 * * * *", 2, "above 0"),
        Fault("0 0 0 1 1 * H", 12, "does not belong"), Fault("@Dayly", 0, "did you mean @daily?"),
        Fault("@whenever_it_suits", 0, "the aliases are"), Fault("@daily 0 0 * * *", 7, "stands alone"),
        Fault("0 0 * * *\n", 9, "white space"), Fault("0 0 * * é", 8, "does not belong"),
        Fault("0 0 * * \u{661}", 8, "does not belong"),
    ]

    @Test(arguments: Self.faults)
    func `a text that is none says where and what to write`(fault: Fault) throws {
        let error = try #require(throws: CronError.self) { _ = try CronExpression(fault.text) }
        #expect(error.reason == .malformed)
        #expect(error.position == fault.position, "\(error)")
        for words in fault.words {
            #expect(error.description.contains(words), "\(error)")
        }
    }

    @Test(arguments: [
        "0 0 30 2 *", "0 0 31 2 *", "0 0 31 4,6,9,11 *", "* * 30-31 2 *", "0 0 L-29 2 *", "0 0 L-30 4 *",
        "0 0 30W 2 *", "0 0 31 2 +MON", "0 0 31 * +MON#1", "0 0 1 * +MON#2", "0 0 31 2 */2",
        "0 0 0 29 2 * 2025-2027", "0 0 0 29 2 * 2100", "0 0 0 29 2 +MON 2026-2040",
    ])
    func `an expression that never comes is refused`(text: String) throws {
        let error = try #require(throws: CronError.self) { _ = try CronExpression(text) }
        #expect(error.reason == .neverMatches)
        #expect(error.description.contains("never comes"), "\(error)")
    }

    @Test(arguments: [
        "0 0 29 2 *", "0 0 30 2,4 *", "0 0 31 */2 *", "0 0 30 2 MON", "0 0 L-28 2 *", "0 0 29W 2 *", "0 0 29 2 +SUN#5",
        "0 0 0 29 2 * 2024-2027", "0 0 0 1 1 * 1970", "0 0 0 29 2 * 2000",
    ])
    func `an expression that comes in some year is taken`(text: String) throws {
        #expect(try CronExpression(text).description == text)
    }

    @Test(arguments: ["@reboot", "@REBOOT"])
    func `a reboot is no time`(text: String) throws {
        let error = try #require(throws: CronError.self) { _ = try CronExpression(text) }
        #expect(error.reason == .unsupported)
        #expect(error.description.contains("casarectl submit"))
    }

    @Test func `an expression has an upper bound`() throws {
        let most = String(repeating: "0,", count: (CronExpression.charactersMax - 9) / 2) + "0 * * * *"
        #expect(most.count <= CronExpression.charactersMax)
        #expect(try CronExpression(most).matches(CivilTime(year: 2026)))
        let error = try #require(throws: CronError.self) { _ = try CronExpression("0,0," + most) }
        #expect(error.description.contains("1000 characters"))
    }
}
