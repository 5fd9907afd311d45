import CasareDomain
import CasareStore
import CasareTestSupport
import Testing

struct ResultsTests {
    @Test func `results count by what they take when they are read, not by what their rows take`() async throws {
        try await withFixture { store in
            var jobs: [Job.ID] = []
            for text in ["short", String(repeating: "0123456789abcdef", count: 65_536)] {
                let job = try await store.leased()
                try await store.run {
                    try LeaseStore.complete(job.lease, result: .ok(["text": .string(text)]), on: $0)
                }
                jobs.append(job.lease.job)
            }
            let ended = jobs
            let fitting = try await store.run { try JobStore.results(of: ended, bytesMax: 1 << 20, on: $0) }
            #expect(Array(fitting.keys) == [ended[0]] && fitting[ended[0]]?.variables == ["text": "short"])
            let all = try await store.run { try JobStore.results(of: ended, bytesMax: 1 << 21, on: $0) }
            #expect(Set(all.keys) == Set(ended))
        }
    }
}
