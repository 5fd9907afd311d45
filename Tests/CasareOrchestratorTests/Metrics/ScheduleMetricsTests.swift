import CasareClient
import CasareDomain
import CasareStore
import CasareTestSupport
import CasareWire
import Testing

@testable import CasareOrchestrator

/// What is counted of schedules is what the database says of them.
struct ScheduleMetricsTests {
    private typealias Fixture = OrchestratorFixture

    /// By the attributes of the two metrics.
    private struct Counts: Hashable, Sendable {
        var fired = 0
        var skipped = 0
        var missed = 0
        var breaches = 0

        init(_ ticks: [ScheduleTick]) {
            for tick in ticks {
                switch (tick.result, tick.reason) {
                case (.fired, _): self.fired += tick.count
                case (.skipped, .missed?), (.skipped, .refused?), (.skipped, .invalid?): self.missed += tick.count
                case (.skipped, _): self.skipped += tick.count
                case (.buffered, _): break
                }
                self.breaches += tick.breaches.count
            }
        }

        init(_ scrape: Scrape, of schedule: String) {
            func ticks(_ result: String) -> Int {
                let labels = ["casare_schedule_name": schedule, "casare_schedule_tick_result": result]
                return Int(scrape["casare_schedule_ticks_total", labels] ?? 0)
            }
            self.fired = ticks("fired")
            self.skipped = ticks("skipped")
            self.missed = ticks("missed")
            for (labels, value) in scrape.values("casare_schedule_sla_breaches_total")
            where labels.contains("casare_schedule_name=\"\(schedule)\"") {
                self.breaches += Int(value)
            }
        }
    }

    private static func stored(_ id: Schedule.ID, _ server: Fixture) async throws -> Counts {
        Counts(
            try await server.database.asTenant(.default) { connection in
                try ScheduleStore.history(of: id, limit: 10_000, on: connection)
            })
    }

    @Test func `ticks that fire and are skipped, and broken promises, are counted as they are stored`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            // No robot runs its job: it does not begin in time, and stands in the way of the next tick.
            let spec = ScheduleSpec(
                timing: .interval(.init(seconds: 1)), workflow: "invoices", overlap: .skip,
                sla: ScheduleSpec.SLA(startDelaySeconds: 1))
            let id = try await server.withClient(.operator) { client in
                try await client.createSchedule(CreateScheduleRequest(name: "often", spec: spec)).id
            }
            _ = try await eventually("a tick fired, another was skipped, and a promise was broken") { () -> Bool? in
                let counts = try await Self.stored(id, server)
                return counts.fired > 0 && counts.skipped > 0 && counts.breaches > 0 ? true : nil
            }
            #expect(try await server.call(.POST, "/api/v1/schedules/often/pause", [:]).status == 200)
            // It is counted just after the commit.
            _ = try await eventually("what is counted is what is stored") { () -> Bool? in
                let stored = try await Self.stored(id, server)
                let counted = Counts(try await server.scrape(), of: "often")
                return stored == counted ? true : nil
            }
            // Also the first that is missed is an increase then.
            let missed = ["casare_schedule_name": "often", "casare_schedule_tick_result": "missed"]
            let scrape = try await server.scrape()
            #expect(scrape["casare_schedule_ticks_total", missed] != nil)
            #expect(scrape["casare_schedule_delay_seconds_count", [:]] == Double(Counts(scrape, of: "often").fired))
            let made = scrape.values("casare_job_submitted_total").filter { $0.key.contains("\"schedule\"") }
            #expect(made.map(\.value) == [Double(Counts(scrape, of: "often").fired)])
        }
    }

    @Test func `a schedule that is fired by hand counts its tick and its job, and no delay`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            let spec = ScheduleSpec(timing: .cron(.init("0 3 1 1 *", zone: "UTC")), workflow: "invoices")
            let id = try await server.withClient(.operator) { client in
                try await client.createSchedule(CreateScheduleRequest(name: "yearly", spec: spec)).id
            }
            #expect(try await server.call(.POST, "/api/v1/schedules/yearly/trigger", [:]).status == 201)
            let scrape = try await server.scrape()
            let stored = try await Self.stored(id, server)
            #expect(Counts(scrape, of: "yearly") == stored && stored.fired == 1)
            #expect(scrape["casare_schedule_delay_seconds_count", [:]] == 0)
        }
    }

    @Test func `loops say how long their rounds took, and when the last one went well`() async throws {
        try await Fixture.with { server in
            _ = try await eventually("the loop for leases has had a round") { () -> Bool? in
                let scrape = try await server.scrape()
                let loop = ["casare_loop_name": "sweep"]
                guard let count = scrape["casare_loop_duration_seconds_count", loop], count > 0 else { return nil }
                let last = scrape["casare_loop_last_success_timestamp_seconds", loop] ?? 0
                return last > 1_700_000_000 ? true : nil
            }
        }
    }
}
