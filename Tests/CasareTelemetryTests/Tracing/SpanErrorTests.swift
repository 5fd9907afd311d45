import CasareDomain
@testable import CasareTelemetry
import CasareTestSupport
import Instrumentation
import Testing
import Tracing

/// What a span says of errors, and who is told of them.
struct SpanErrorTests {
    private enum PlainError: Error { case broken(String) }

    private struct CodedError: TelemetryError {
        var errorType: String { "code_7" }
    }

    private let collector = SpanCollector()

    private func fail(_ tracer: TelemetryTracer, with error: any Error) {
        try? tracer.withSpan("work") { (_: TelemetrySpan) -> Void in throw error }
    }

    @Test func `a span whose work throws says what kind of error it was, and not its text`() throws {
        let tracer = self.collector.tracer()
        self.fail(tracer, with: PlainError.broken("secret"))
        self.fail(tracer, with: CodedError())
        self.fail(tracer, with: CancellationError())
        let spans = self.collector.spans
        #expect(
            spans.map(\.attributes) == [
                ["error.type": .string("PlainError")], ["error.type": .string("code_7")],
                ["error.type": .string("cancelled")],
            ])
        #expect(spans.allSatisfy { $0.status == .error(message: nil) && $0.events.isEmpty })
    }

    @Test func `what the work said itself stays`() throws {
        let tracer = self.collector.tracer()
        try? tracer.withSpan("work") { (span: TelemetrySpan) -> Void in
            span.attributes["error.type"] = "40001"
            span.setStatus(SpanStatus(code: .error, message: "could not serialize access"))
            throw PlainError.broken("")
        }
        let span = try self.collector.span("work")
        #expect(span.attributes == ["error.type": .string("40001")])
        #expect(span.status == .error(message: "could not serialize access"))
    }

    @Test func `an error that does not matter leaves nothing`() throws {
        let span = self.collector.tracer().startSpan("work")
        span.setStatus(SpanStatus(code: .ok))
        span.recordError(CodedError())
        span.end()
        let ended = try self.collector.span("work")
        #expect(ended.status == .ok && ended.attributes.isEmpty)
    }

    @Test func `where there is no room for it, the type is counted as dropped`() throws {
        let limits = SpanLimits(attributes: AttributeLimits(count: 1, valueLength: nil))
        let span = self.collector.tracer(limits: limits).startSpan("work")
        span.attributes["a"] = 1
        span.recordError(CodedError())
        span.end()
        let ended = try self.collector.span("work")
        #expect(ended.attributes == ["a": .int(1)] && ended.attributesDropped == 1)
        #expect(ended.status == .error(message: nil))
    }

    // MARK: - Records of a log

    @Test func `an error is told once on its way out, by the first span that hears of it`() throws {
        let tracer = self.collector.tracer()
        try? tracer.withSpan("outer") { (_: TelemetrySpan) -> Void in
            try tracer.withSpan("middle") { (_: TelemetrySpan) -> Void in
                try tracer.withSpan("inner") { (span: TelemetrySpan) -> Void in
                    let error = PlainError.broken("a")
                    span.recordError(error, attributes: ["node": "n1"])
                    throw error
                }
            }
        }
        #expect(self.collector.spans.map(\.status) == Array(repeating: .error(message: nil), count: 3))
        let record = try #require(self.collector.exceptions.first)
        let inner = try self.collector.span("inner")
        #expect(self.collector.exceptions.count == 1 && record.context == inner.context)
        #expect(record.eventName == "exception" && record.body == "broken(\"a\")" && record.severity == 13)
        #expect(
            record.attributes == [
                "exception.type": .string("PlainError"), "exception.message": .string("broken(\"a\")"),
                "node": .string("n1"),
            ])
        #expect(inner.startedAt <= record.at && record.at <= inner.endedAt)
    }

    @Test func `each try that fails is told of, and so is another error further out`() throws {
        let tracer = self.collector.tracer()
        try? tracer.withSpan("outer") { (_: TelemetrySpan) -> Void in
            self.fail(tracer, with: PlainError.broken("a"))
            self.fail(tracer, with: PlainError.broken("a"))
            throw CodedError()
        }
        let types = self.collector.exceptions.map { $0.attributes["exception.type"]?.description }
        #expect(types == ["PlainError", "PlainError", "CodedError"])
    }

    @Test(arguments: [
        (SpanKind.server, 17), (.consumer, 17), (.client, 13), (.producer, 13), (.internal, 13),
    ])
    func `it is severe where nobody is left to deal with it`(kind: SpanKind, severity: Int) throws {
        let span = self.collector.tracer().startSpan("work", ofKind: kind)
        span.recordError(CodedError())
        #expect(self.collector.exceptions.map(\.severity) == [severity])
        #expect(self.collector.exceptions.first?.attributes["exception.type"] == .string("CodedError"))
    }

    @Test func `without somebody who takes them errors are on spans alone`() throws {
        let tracer = TelemetryTracer(onEnd: { _ in })
        let span = tracer.startSpan("work")
        span.recordError(CodedError())
        #expect(span.attributes.get("error.type") == .string("code_7"))
    }
}
