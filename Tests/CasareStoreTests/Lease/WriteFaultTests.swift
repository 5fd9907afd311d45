import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import Testing

struct WriteFaultTests {
    @Test func `a database that is away, or does too much, is no write's fault`() {
        let errors: [PostgresError] = [
            .connection("no"), .poolExhausted(connectionsMax: 1, waited: .seconds(1)), .poolClosed, .cancelled,
            .timedOut(operation: "a statement", after: .seconds(15)),
        ]
        for error in errors { #expect(WriteFault.of(error) == .everyones, "\(error)") }
    }

    @Test
    func `what the server refuses may be the fault of one, a lock is somebody else's, and a full disk everyone's`()
        async throws
    {
        let faults: [(state: String, fault: WriteFault)] = [
            ("22P02", .ofOne), ("40P01", .ofOne), ("53200", .ofOne), ("55P03", .held), ("25006", .everyones),
            ("53100", .everyones), ("57P03", .everyones),
        ]
        try await withTestDatabase { database in
            for (state, fault) in faults {
                let error = await #expect(throws: PostgresError.self) {
                    try await database.asTenant(.default) { connection in
                        try connection.script("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '\(state)'; END $$")
                    }
                }
                #expect(error.map { WriteFault.of($0) } == fault, "\(state)")
            }
        }
    }
}
