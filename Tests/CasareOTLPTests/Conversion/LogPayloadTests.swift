import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import FoundationEssentials
import OTLPProtos
import Testing

struct LogPayloadTests {
    @Test func `a line has its text, its severity and its time`() {
        let record = ProtoLogRecord(
            TelemetryLogRecord(
                severity: 13, severityText: "warning", at: 42, body: "Late", attributes: ["queue": "a"],
                attributesDropped: 2, scope: "casare.robot"))
        #expect(record.body.stringValue == "Late" && record.severityNumber == .warn)
        #expect(record.severityText == "warning" && record.droppedAttributesCount == 2)
        #expect(record.timeUnixNano == 42 && record.observedTimeUnixNano == 42)
        #expect(record.attributes.map(\.key) == ["queue"] && record.eventName.isEmpty)
        #expect(record.traceID.isEmpty && record.spanID.isEmpty && record.flags == 0)
    }

    @Test func `an event has its name, and its place in a trace`() {
        let record = ProtoLogRecord(
            TelemetryLogRecord(
                severity: 17, severityText: "error", at: 1, body: "", eventName: "casare.node.exception",
                context: Sample.context(), scope: "casare"))
        #expect(record.eventName == "casare.node.exception" && record.flags == 1)
        #expect(record.traceID == Sample.data(Sample.trace) && record.spanID == Sample.data(Sample.span))
    }

    @Test(arguments: [(1, ProtoSeverity.trace), (5, .debug), (9, .info), (10, .info2), (17, .error), (21, .fatal)])
    func `severities keep their numbers`(number: Int, severity: ProtoSeverity) {
        let record = TelemetryLogRecord(severity: number, severityText: "", at: 1, body: "", scope: "a")
        #expect(ProtoLogRecord(record).severityNumber == severity)
    }

    @Test func `what one logger wrote stands together, in its order`() {
        let payload = LogPayload(origin: Sample.origin)
        let request = payload.request(of: [
            Sample.record("1", scope: "a"), Sample.record("2", scope: "b"), Sample.record("3", scope: "a"),
        ])
        #expect(request.resourceLogs.count == 1)
        let scopes = request.resourceLogs[0].scopeLogs
        #expect(scopes.map(\.scope.name) == ["a", "b"] && scopes.map(\.scope.version) == ["1.2.3", "1.2.3"])
        #expect(scopes.map { $0.logRecords.map(\.body.stringValue) } == [["1", "3"], ["2"]])
        #expect(scopes.allSatisfy { $0.schemaURL == OTLPOrigin.schemaURL })
        #expect(request.resourceLogs[0].schemaURL == OTLPOrigin.schemaURL)
    }

    @Test func `no word of partial success is full success`() {
        var response = ProtoLogsResponse()
        #expect(LogPayload.partialSuccess(in: response) == nil)
        response.partialSuccess.rejectedLogRecords = 1
        #expect(LogPayload.partialSuccess(in: response) == PartialSuccess(rejected: 1, message: ""))
    }
}
