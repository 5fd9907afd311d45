package import CasarePostgres

/// The statements that jobs pass through, for benchmarks that run the same ones by other means.
package enum BenchmarkedQueries {
    package static let all: [(name: String, query: Query)] = [
        ("submit", SubmitQueries.submit), ("lease", LeaseQueries.lease), ("complete", EndingQueries.complete),
        ("complete-and-lease", LeaseQueries.completeAndLease),
    ]
}
