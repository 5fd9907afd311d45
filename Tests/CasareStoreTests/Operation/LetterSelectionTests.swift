import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Wherever the letters of a selection are looked for, they are the same ones.
struct LetterSelectionTests {
    private func frozen(_ id: Operation.ID, _ store: StoreFixture) async throws -> [Job.ID] {
        try await store.run { connection in
            try connection.execute(
                """
                SELECT job_id FROM operation_chunks CROSS JOIN unnest(jobs) WITH ORDINALITY AS part (job_id, n)
                WHERE tenant_id = casare_tenant() AND operation_id = @operation ORDER BY chunk, n
                """, ["operation": .uuid(id.rawValue)]
            ).map { Job.ID(rawValue: try $0.uuid("job_id")) }
        }
    }

    @Test func `what is marked, shown first and frozen is the same for each filter, the oldest first`() async throws {
        try await withFixture { store in
            // Their jobs are older the later they were opened.
            var letters: [Job.ID] = []
            for number in 0..<4 {
                letters.append(try await store.letter(at: noon.addingTimeInterval(Double(-60 * number))))
            }
            let oldest = Array(letters.reversed())
            let youngest = letters[0]
            _ = try await store.run { connection in
                try DeadLetterStore.acknowledge(youngest, by: "ann", reason: nil, on: connection)
            }
            let fingerprint = try #require(try await store.deadLetter(letters[0])).fingerprint
            let second = noon.addingTimeInterval(-60)
            let cases: [(DeadLetterFilter, [Job.ID])] = [
                (DeadLetterFilter(statuses: [.open, .acknowledged]), oldest),
                (DeadLetterFilter(statuses: [.open]), Array(oldest.prefix(3))),
                (DeadLetterFilter(statuses: [.acknowledged]), [letters[0]]),
                (DeadLetterFilter(workflow: "orders"), oldest),
                (DeadLetterFilter(fingerprint: fingerprint), oldest),
                (DeadLetterFilter(workflow: "orders", since: second), Array(oldest.suffix(2))),
                (DeadLetterFilter(statuses: [.open], until: second), Array(oldest.prefix(2))),
            ]
            for (filter, expected) in cases {
                let selection = Operation.Selection.deadLetters(filter)
                let mark = try await store.mark(.purge, selection)
                #expect(mark.count == expected.count, "\(filter)")
                #expect(try await store.mark(.purge, .ids(expected)) == mark, "\(filter)")
                let first = try await store.run { connection in
                    try OperationStore.first(9, of: selection, for: .purge, on: connection)
                }
                #expect(first == expected, "\(filter)")
                let operation = try await store.operation(.purge, selection, expecting: mark)
                #expect(try await self.frozen(operation.id, store) == expected, "\(filter)")
            }
        }
    }

    @Test func `more letters than a chunk holds are frozen once, also those that were opened at once`() async throws {
        try await withFixture { store in
            let one = try await store.letter()
            // Of each time there are several: a chunk ends between them.
            try await store.database.asSystem { connection in
                _ = try connection.execute(
                    """
                    INSERT INTO dead_letters
                    SELECT copy.* FROM dead_letters AS letter
                    CROSS JOIN generate_series(1, 2500) AS number
                    CROSS JOIN LATERAL json_populate_record(
                        letter,
                        json_build_object(
                            'job_id', gen_random_uuid(), 'opened_at',
                            letter.opened_at + (number / 7) * interval '1 second')) AS copy
                    """)
            }
            for filter in [DeadLetterFilter(workflow: "orders"), DeadLetterFilter(statuses: [.open])] {
                let selection = Operation.Selection.deadLetters(filter)
                let mark = try await store.mark(.purge, selection)
                let operation = try await store.operation(.purge, selection, expecting: mark)
                let frozen = try await self.frozen(operation.id, store)
                #expect(mark.count == 2501 && frozen.count == 2501 && Set(frozen).count == 2501)
                #expect(frozen.contains(one))
            }
        }
    }
}
