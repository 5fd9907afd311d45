import CasareDomain
import CasareEngine
import Testing

@Suite struct ErrorHandlingNodeTests {
    @Test func `a thrown error has its own type`() {
        let failure = PureCall.failure("ThrowErrorNode", ["error_message": "stop here"])
        #expect(failure == NodeFailure("CustomError", "stop here"))
        #expect(PureCall.failure("ThrowErrorNode")?.message == "Custom error")
    }

    @Test(
        arguments: [
            (true, true), (1, true), ("yes", true), ("1", true), ("no", false), ("", false), (nil, false),
            ("{{n}} > 2", true), ("n < 2", false), ("{{flag}}", false), ("{{word}}", true), ("plain text", false),
        ] as [(Value, Bool)])
    func `an assertion holds or fails`(condition: Value, holds: Bool) {
        let variables: Object = ["n": 3, "flag": false, "word": "yes"]
        let failure = PureCall.failure(
            "AssertNode", ["condition": condition, "message": "expected yes"], variables: variables)
        #expect((failure == nil) == holds)
        if let failure {
            #expect(failure.message == "Assertion failed: expected yes")
            #expect(failure.type == "AssertionError")
            #expect(failure.outputs["passed"] == false)
        }
    }

    @Test func `an assertion that cannot be read fails as an expression`() {
        #expect(PureCall.failure("AssertNode", ["condition": "{{n}} > "])?.type == "ExpressionError")
    }

    @Test func `an error is logged with its circumstances`() throws {
        let call = try PureCall(
            "LogErrorNode",
            [
                "error_message": "no network", "error_type": "NetworkError",
                "context": ["host": "h", "stack_trace": "s"],
                "level": "critical", "include_stack_trace": true,
            ])
        #expect(call["log_entry"]["workflow"] == "w")
        #expect(call["log_entry"]["stack_trace"] == "s")
        #expect(call.logs.first?.level == .critical)
        #expect(call.logs.first?.message == #"[NetworkError] no network | Context: {"host":"h","stack_trace":"s"}"#)
        #expect(try PureCall("LogErrorNode").logs.first?.message == "[Error] Unknown error")
    }
}
