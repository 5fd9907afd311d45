import CasareDomain
import Testing

@testable import CasareEngine

@Suite struct ExpressionComparisonTests {
    @Test(arguments: [
        "5 == '5'", "'5' == 5", "5.0 == '5'", "'5.50' == 5.5", "5 == ' 5 '", "'1e3' == 1000", "-1 == '-1'", "5 != '6'",
        "'10' > 9",
        "9 < '10'", "'2.5' <= 2.5", "true == 'true'", "'FALSE' == false", "true == 1", "1 == 'true'", "true == '1'",
        "true < 2", "'3' > true",
        "5 in ['5']", "'5' in [5, 6]", "[1, '2'] == ['1', 2]", "5 in 'a5b'", "true in 'is true'", "1 in {'1': 0}",
        "'a' in {'a': 0}",
        "5 != 'five'", "true != 'yes'", "'5' != '5.0'", "'10' < '9'", "1 != null", "'' != null", "0 != null",
        "{} != []", "1 is not 1.0",
        "1 is 1", "'a' is 'a'", "1 is not true", "'x' is not null", "[] is not null", "2 > 1 && 1 < 2", "0 || 1", "!0",
        "!(1 == 2)", "!0 == true", "not 0 == 1", "1 not in [2]", "null == None", "true == True", "none == null",
        "9007199254740993 > 9007199254740992",
    ])
    func `these hold`(text: String) throws {
        #expect(try Expression.value(of: text).isTruthy)
    }

    @Test(arguments: [
        "5 == 'five'", "5 == ''", "true == 'yes'", "0 == ''", "0 == null", "false == null", "'' == null", "1 == [1]",
        "'a' == ['a']",
        "5 == '0x5'", "5 == '5 5'", "1 == 'inf'", "'5' == '5.0'", "1 is true", "1 is 1.0", "'1' is 1", "5 in ['6']",
        "6 in 'a5b'",
        "1 < 1", "1 > 1", "null < 1", "null > 1", "null <= null", "'a' in []", "1 == 2 == 2", "!1", "not 1",
        "[1, '2'] == ['1', 3]",
    ])
    func `these do not hold`(text: String) throws {
        #expect(try Expression.value(of: text) == false)
    }

    @Test(arguments: [
        "'a' < 1", "1 >= 'a'", "[] < 1", "{} < {}", "[1] < ['a']", "'yes' > true", "1 in 5", "[1] in 'a'", "1 in true",
        "sorted([1, 'a'])",
        "max(1, 'x')", "min([{}, {}])",
    ])
    func `what has no order is an error`(text: String) {
        let error = #expect(throws: ExpressionError.self) { try Expression.value(of: text) }
        #expect(error?.kind == .type)
    }

    @Test func `sorting keeps equal elements in order and accepts numeric text beside numbers`() throws {
        #expect(try Expression.value(of: "sorted([3, '20', 1])").jsonText() == #"[1,3,"20"]"#)
        #expect(try Expression.value(of: "sorted([1.0, 1, true])").jsonText() == "[1.0,1,true]")
    }
}
