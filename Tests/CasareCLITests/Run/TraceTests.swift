import CasareDomain
import Testing

@testable import CasareCLI
@testable import CasareEngine

@Suite struct TraceTests {
    @Test(
        arguments: [
            (Value.string("short"), #""short""#),
            (.string("a\u{1B}[2J\n"), #""a\u001b[2J\n""#),
            (.string(String(repeating: "x", count: 10)), #""xxxxxxxxxx""#),
            (.string(String(repeating: "x", count: 11)), #""xxxxxxxxxx…" (11 bytes)"#),
            // Ten characters, whatever they take.
            (.string(String(repeating: "ü", count: 10)), #""üüüüüüüüüü""#),
            ([1, 2, 3], "[1,2,3]"),
            ([100, 200, 300, 400], "[100,200,300…] (4 items)"),
            (["a": 1, "b": 2], #"{"a":1,"b":2}"#),
            (["a": 1, "b": "long enough", "c": 3], #"{"a":1,"b":"l…" (11 bytes)…} (3 members)"#),
            ([], "[]"), (.null, "null"),
        ] as [(Value, String)])
    func `values are cut and followed by their size`(value: Value, text: String) {
        #expect(ShortValue.text(value, charactersMax: 10) == text)
    }

    @Test func `a large value is not looked at beyond what is shown`() {
        let list = Value.list(Array(repeating: .string(String(repeating: "x", count: 1000)), count: 100_000))
        let text = ShortValue.text(list)
        #expect(text.hasSuffix("… (1000 bytes)…] (100000 items)") || text.hasSuffix("(1000 bytes)…] (100000 items)"))
        #expect(text.count < 200)
    }

    private static func visit(
        _ number: Int, _ node: String, inputs: Object = [:], name: String? = nil, isBypassed: Bool = false,
        attempt: Int = 1, _ enclosing: [EnclosingStructure] = []
    ) -> NodeVisit {
        NodeVisit(
            number: number, node: node, nodeType: "LogNode", name: name, workflow: "w", inputs: inputs,
            isBypassed: isBypassed, attempt: attempt, scope: nil, enclosing: enclosing)
    }

    private static func end(
        _ number: Int, _ node: String, outputs: Object = [:], error: String? = nil, port: String? = "exec_out"
    ) -> NodeVisitEnd {
        NodeVisitEnd(
            number: number, node: node, nodeType: "LogNode", outputs: outputs, error: error,
            errorType: error.map { _ in "ValueError" }, port: port, duration: .microseconds(1250))
    }

    @Test func `each node has a line when it begins and a line when it has ended`() {
        var trace = TraceText()
        #expect(
            trace.started(Self.visit(0, "a", inputs: ["x": 1, "text": "b c"], name: "Do\nit"))
                == [#"   1 > a LogNode "Do\nit" x=1 text="b c""#])
        #expect(trace.finished(Self.end(0, "a", outputs: ["y": [1]])) == ["   1 < a -> exec_out 1.3 ms y=[1]"])
        #expect(trace.started(Self.visit(1, "b", attempt: 2)) == ["   2 > b LogNode attempt 2"])
        #expect(
            trace.finished(Self.end(1, "b", error: "no\nluck", port: nil)) == [#"   2 ! b 1.3 ms ValueError: no\nluck"#]
        )
        #expect(trace.started(Self.visit(2, "c", isBypassed: true)) == ["   3 - c LogNode"])
        #expect(trace.finished(Self.end(2, "c")) == [])
        #expect(trace.logged(.warning, "a", "hm") == ["     * warning a: hm"])
    }

    @Test(
        arguments: [
            (.microseconds(40), "0.0 ms"), (.microseconds(60), "0.1 ms"), (.microseconds(9_940), "9.9 ms"),
            (.microseconds(9_960), "10 ms"), (.milliseconds(12), "12 ms"), (.microseconds(99_700), "100 ms"),
            (.milliseconds(1_240), "1.2 s"),
        ] as [(Duration, String)])
    func `a time has tenths of a millisecond only where these say something`(duration: Duration, text: String) {
        #expect(TraceText.text(of: duration) == text)
    }

    @Test func `what is inside is indented, and said once`() {
        var trace = TraceText()
        func loop(_ pass: Int) -> EnclosingStructure {
            EnclosingStructure(kind: .loop, node: "l", workflow: "w", count: pass, total: 2, item: .int(pass * 10))
        }
        let attempt = EnclosingStructure(kind: .retry, node: "r", workflow: "w", count: 1)
        let call = EnclosingStructure(kind: .call, node: "s", workflow: "w", count: nil, detail: "sub")
        #expect(
            trace.started(Self.visit(10, "a", [loop(1), attempt])) == [
                "     : loop l, pass 1 of 2: 10", "       : retry r, attempt 1", "  11     > a LogNode",
            ])
        #expect(trace.started(Self.visit(11, "b", [loop(1), attempt])) == ["  12     > b LogNode"])
        #expect(trace.finished(Self.end(11, "b", port: nil)) == ["  12     < b 1.3 ms"])
        #expect(trace.started(Self.visit(12, "c", [loop(1)])) == ["  13   > c LogNode"])
        #expect(
            trace.started(Self.visit(13, "d", [loop(2), call])) == [
                "     : loop l, pass 2 of 2: 20", #"       : call s, workflow "sub""#, "  14     > d LogNode",
            ])
        // It began outside, where its end stands too.
        #expect(trace.finished(Self.end(10, "a")) == ["  11     < a -> exec_out 1.3 ms"])
    }

    @Test func `progress names what is done, where the run is, and in which pass`() {
        let loop = EnclosingStructure(kind: .loop, node: "l", workflow: "w", count: 2, total: 3, item: "secret")
        let attempt = EnclosingStructure(kind: .tryBody, node: "t", workflow: "w", count: nil)
        #expect(
            ProgressText.line(
                RunPosition(executed: 13, node: "a", name: "Get it", enclosing: [loop, attempt]), seconds: 3.9)
                == #"12 nodes done, 3 s: a "Get it" in loop l, pass 2 of 3"#)
        #expect(
            ProgressText.line(RunPosition(executed: 1, node: nil, name: nil, enclosing: []), seconds: 0)
                == "1 node done, 0 s")
    }
}
