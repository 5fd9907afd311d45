import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct CalendarStoreTests {
    private static let zones = ZoneCatalogue { $0 == "UTC" ? .utc : nil }
    private static let office = BusinessCalendar(name: "office", preset: .ukBank)

    private static func schedule(
        _ name: String, calendar: String?, on connection: isolated PostgresConnection
    ) throws -> Schedule {
        try ScheduleStore.create(
            ScheduleStore.New(
                name: name,
                spec: ScheduleSpec(
                    timing: .cron(ScheduleSpec.Cron("0 2 * * *")), workflow: "orders", calendar: calendar)),
            by: "ann", zones: Self.zones, on: connection)
    }

    @Test func `a calendar is saved, found, changed and deleted under its name`() async throws {
        try await withFixture { store in
            try await store.run { connection in
                let first = try CalendarStore.save(Self.office, by: "ann", now: noon, on: connection)
                #expect(first.calendar == Self.office && first.createdAt == noon && first.createdBy == "ann")
                var changed = Self.office
                changed.weekends = true
                changed.blackouts = [try Blackout(.cron("0 2 * * *", seconds: 60), workflows: ["orders"])]
                let later = noon.addingTimeInterval(60)
                let second = try CalendarStore.save(changed, by: "bob", reason: "sale", now: later, on: connection)
                #expect(second.calendar == changed && second.createdAt == noon && second.createdBy == "ann")
                #expect(second.updatedAt == later && second.updatedBy == "bob")
                #expect(try CalendarStore.stored("office", on: connection) == second)
                #expect(try CalendarStore.get("office", on: connection) == changed)
                _ = try CalendarStore.save(BusinessCalendar(name: "a"), by: "ann", on: connection)
                let listed = try CalendarStore.list(limit: 9, on: connection)
                #expect(listed.map(\.name) == ["a", "office"] && listed[1].stored == second)
                #expect(try CalendarStore.list(limit: 1, on: connection).map(\.name) == ["a"])
                #expect(try CalendarStore.list(after: "a", limit: 9, on: connection).map(\.name) == ["office"])
                #expect(try CalendarStore.named(["office", "none"], on: connection) == ["office": changed])
                #expect(try CalendarStore.named([], on: connection).isEmpty)
                #expect(try CalendarStore.delete("office", by: "ann", on: connection) == second)
                #expect(try CalendarStore.get("office", on: connection) == nil)
            }
            let actions = try await store.run { try ControlLog.list(noun: .calendar, limit: 9, on: $0) }
            #expect(
                actions.reversed().map { "\($0.action) \($0.subject) \($0.reason ?? "")" } == [
                    "calendar.save office ", "calendar.save office sale", "calendar.save a ",
                    "calendar.delete office ",
                ])
        }
    }

    @Test func `what is not there is not found`() async throws {
        try await withFixture { store in
            try await store.run { connection in
                let missing = StoreError.notFound(.calendar, "office")
                #expect(throws: missing) { try CalendarStore.stored("office", on: connection) }
                #expect(throws: missing) { try CalendarStore.keep("office", on: connection) }
                #expect(throws: missing) { try CalendarStore.delete("office", by: "ann", on: connection) }
            }
        }
    }

    @Test func `a calendar that a schedule names is not deleted, and a schedule names none that is not there`()
        async throws
    {
        try await withFixture { store in
            try await store.run { connection in
                #expect(throws: StoreError.notFound(.calendar, "office")) {
                    try Self.schedule("early", calendar: "office", on: connection)
                }
                _ = try CalendarStore.save(
                    BusinessCalendar(name: "office", zone: "UTC"), by: "ann", on: connection)
                for number in 1...7 { _ = try Self.schedule("s\(number)", calendar: "office", on: connection) }
                _ = try Self.schedule("other", calendar: nil, on: connection)
                #expect {
                    try CalendarStore.delete("office", by: "ann", on: connection)
                } throws: {
                    "\($0)".contains("s1, s2, s3, s4, s5 and others") && !"\($0)".contains("other,")
                }
                #expect(try CalendarStore.get("office", on: connection) != nil)
            }
        }
    }

    @Test func `a calendar that is kept for a new schedule is changed meanwhile, and not deleted`() async throws {
        try await withFixture { store in
            _ = try await store.run { try CalendarStore.save(Self.office, by: "ann", on: $0) }
            let other = try await store.database.connect(as: store.tenant)
            try await other.script("BEGIN")
            _ = try await other.run { try CalendarStore.keep("office", on: $0) }
            _ = try await store.database.asTenant(store.tenant, lockWaitMax: .milliseconds(500)) {
                try CalendarStore.save(Self.office, by: "bob", on: $0)
            }
            await #expect(throws: PostgresError.self) {
                try await store.database.asTenant(store.tenant, lockWaitMax: .milliseconds(20)) {
                    _ = try CalendarStore.delete("office", by: "bob", on: $0)
                }
            }
            try await other.script("COMMIT")
            await other.close()
            _ = try await store.run { try CalendarStore.delete("office", by: "bob", on: $0) }
        }
    }

    @Test func `a tenant keeps a bounded number of calendars`() async throws {
        try await withFixture { store in
            try await store.asOwner(
                """
                INSERT INTO calendars (tenant_id, name, spec, created_at, created_by, updated_at, updated_by)
                SELECT 1, 'c' || n, '{}', now(), 'ann', now(), 'ann'
                FROM generate_series(1, \(CalendarStore.calendarsMax)) AS n
                """)
            await #expect(throws: StoreError.self) {
                try await store.run {
                    _ = try CalendarStore.save(BusinessCalendar(name: "new"), by: "ann", on: $0)
                }
            }
            let changed = try await store.run {
                try CalendarStore.save(BusinessCalendar(name: "c1", weekends: true), by: "ann", on: $0)
            }
            #expect(changed.calendar.weekends)
        }
    }

    @Test func `what cannot be read says which calendar it is`() async throws {
        try await withFixture { store in
            try await store.asOwner(
                """
                INSERT INTO calendars (tenant_id, name, spec, created_at, created_by, updated_at, updated_by)
                VALUES (1, 'newer', '{"shifts": []}', now(), 'ann', now(), 'ann')
                """)
            try await store.run { connection in
                _ = try CalendarStore.save(BusinessCalendar(name: "office"), by: "ann", on: connection)
                #expect {
                    try CalendarStore.stored("newer", on: connection)
                } throws: {
                    "\($0)".hasPrefix("the calendar newer cannot be read: shifts:") && "\($0)".contains("calendar set")
                }
                let listed = try CalendarStore.list(limit: 9, on: connection)
                #expect(listed.map(\.name) == ["newer", "office"] && listed.map { $0.stored == nil } == [true, false])
                let named = try CalendarStore.named(["newer", "office"], on: connection)
                #expect(named.keys.sorted() == ["office"])
                _ = try CalendarStore.save(BusinessCalendar(name: "newer"), by: "ann", on: connection)
                let mended = try CalendarStore.list(limit: 9, on: connection)
                #expect(mended.allSatisfy { $0.stored != nil })
            }
        }
    }

    @Test func `no tenant sees another one's`() async throws {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            _ = try await store.run { try CalendarStore.save(Self.office, by: "ann", on: $0) }
            let seen = try await store.database.asTenant(Tenant.ID(rawValue: 2)) { connection in
                let listed = try CalendarStore.list(limit: 9, on: connection)
                let found = try CalendarStore.get("office", on: connection)
                return listed.count + (found == nil ? 0 : 1)
            }
            #expect(seen == 0)
        }
    }
}
