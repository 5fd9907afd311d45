@testable import CasareOTLP
import CasareTelemetry
import CasareTestSupport
import Testing

/// The receiver of the tests itself: what waits, what is planned, and what is left of it.
struct OTLPReceiverTests {
    @Test func `who waits in vain is told what came instead`() async throws {
        try await withOTLPReceiver { receiver in
            try await WiredExporters.with(receiver.settings()) { exporters in
                #expect(await exporters.spans.export(Fresh.spans(2)).exported == 2)
            }
            let error = await #expect(throws: NeverHappened.self) {
                try await receiver.spans(3, within: .milliseconds(50))
            }
            let text = try #require(error?.description)
            #expect(text.contains("3 spans") && text.contains("2 spans") && text.contains("over 1 connections"))
        }
    }

    @Test func `who waits is woken by what comes later`() async throws {
        try await withOTLPReceiver { receiver in
            async let spans = receiver.spans(3) { $0.name == "run invoices" }
            async let records = receiver.logRecords(1)
            async let attempts = receiver.attempts(2, of: .traces)
            try await WiredExporters.with(receiver.settings()) { exporters in
                #expect(await exporters.spans.export(Fresh.spans(2)).exported == 2)
                #expect(await exporters.logs.export(Fresh.records(1)).exported == 1)
                #expect(await exporters.spans.export(Fresh.spans(1)).exported == 1)
            }
            let found = try await (spans: spans, records: records, attempts: attempts)
            #expect(found.spans.count == 3 && found.records.count == 1)
            #expect(found.attempts.map(\.items) == [2, 1])
        }
    }

    @Test func `faults meet the requests of their signal, in their order`() async throws {
        try await withOTLPReceiver { receiver in
            receiver.plan(.status(.internalError), for: .logs)
            receiver.plan(.warning("one"), for: .traces)
            receiver.plan(.status(.notFound), times: 2)
            #expect(receiver.faultsLeft == 4)
            try await WiredExporters.with(receiver.settings()) { exporters in
                #expect(await exporters.spans.export(Fresh.spans(1)).failed == [:])
                #expect(await exporters.spans.export(Fresh.spans(1)).failed == ["NOT_FOUND": 1])
                #expect(await exporters.logs.export(Fresh.records(1)).failed == ["INTERNAL": 1])
                #expect(await exporters.logs.export(Fresh.records(1)).failed == ["NOT_FOUND": 1])
                #expect(receiver.faultsLeft == 0)
                receiver.plan(.hang)
                receiver.planNothing()
                #expect(await exporters.logs.export(Fresh.records(1)).failed == [:])
            }
            #expect(receiver.attempts(.traces).map(\.fault) == [.warning("one"), .status(.notFound)])
            #expect(receiver.attempts(.logs).map(\.fault) == [.status(.internalError), .status(.notFound), nil])
        }
    }

    @Test func `a port that is taken is no receiver's`() async throws {
        try await withOTLPReceiver { receiver in
            await #expect(throws: (any Error).self) {
                try await withOTLPReceiver(port: receiver.port) { _ in Issue.record("It listens at a taken port") }
            }
        }
    }

    @Test func `a reserved port is nobody's until somebody listens there`() async throws {
        try await withReservedPort { port in
            for _ in 0..<2 {
                try await withOTLPReceiver(port: port) { receiver in
                    #expect(receiver.port == port && receiver.endpoint == "http://127.0.0.1:\(port)")
                    try await WiredExporters.with(receiver.settings()) { exporters in
                        #expect(await exporters.spans.export(Fresh.spans(1)).exported == 1)
                    }
                }
            }
        }
    }

    @Test func `a body's error ends the receiver and is handed on, whatever hangs`() async throws {
        struct Unwanted: Error {}
        await #expect(throws: Unwanted.self) {
            try await withOTLPReceiver { receiver in
                receiver.plan(.hang)
                try await WiredExporters.with(receiver.settings()) { exporters in
                    let spans = Fresh.spans(1)
                    // It ends with the receiver.
                    let export = Task { await exporters.spans.export(spans) }
                    try await receiver.attempts(1, of: .traces)
                    export.cancel()
                    throw Unwanted()
                }
            }
        }
    }
}
