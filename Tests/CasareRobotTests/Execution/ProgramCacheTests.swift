import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials
import Testing

@testable import CasareRobot

struct ProgramCacheTests {
    private static func job(_ document: String, of workflow: String = "w", version: Int = 1) -> LeasedJob {
        LeasedJob(
            lease: Lease(job: .new(at: Date()), token: .init(rawValue: 1)), attempt: 1, workflowName: workflow,
            workflowVersion: version, document: document, variables: [:], options: .init(), priority: .normal)
    }

    private static func document(_ name: String, nodes: Int = 1) -> String {
        let nodes = (0..<nodes).map { #""n\#($0)":{"node_type":"CommentNode"}"# }.joined(separator: ",")
        return #"{"metadata":{"name":"\#(name)"},"nodes":{\#(nodes)}}"#
    }

    private static func name(_ cache: ProgramCache, _ job: LeasedJob) -> String? {
        try? cache.program(of: job).get().name
    }

    @Test func `a version is kept, and another document under its name is not mistaken for it`() {
        let cache = ProgramCache(catalogue: StandardNodes.catalogue)
        #expect(Self.name(cache, Self.job(Self.document("a"))) == "a")
        #expect(Self.name(cache, Self.job(Self.document("a"))) == "a")
        #expect(cache.count == 1)
        #expect(Self.name(cache, Self.job(Self.document("b"))) == "b")
        #expect(cache.count == 1)
        #expect(Self.name(cache, Self.job(Self.document("c"), version: 2)) == "c")
        #expect(cache.count == 2)
    }

    @Test func `what has not been used for the longest goes first`() {
        let cache = ProgramCache(catalogue: StandardNodes.catalogue, countMax: 2)
        let jobs = ["a", "b", "c"].map { Self.job(Self.document($0), of: $0) }
        for job in [jobs[0], jobs[1], jobs[0], jobs[2]] { _ = cache.program(of: job) }
        #expect(cache.count == 2)
        #expect(cache.keeps(jobs[0]))
        #expect(!cache.keeps(jobs[1]))
        #expect(cache.keeps(jobs[2]))
    }

    @Test func `long documents are bounded together, and one alone is not kept`() {
        let (short, long) = (Self.document("short"), Self.document("long", nodes: 50))
        let cache = ProgramCache(catalogue: StandardNodes.catalogue, documentBytesMax: long.utf8.count + 1)
        let jobs = [Self.job(short, of: "a"), Self.job(long, of: "b"), Self.job(long + "  ", of: "c")]
        for job in jobs { #expect(Self.name(cache, job) != nil) }
        #expect(!cache.keeps(jobs[0]))
        #expect(cache.keeps(jobs[1]))
        #expect(!cache.keeps(jobs[2]))
    }

    @Test func `a document that is refused is refused each time`() {
        let cache = ProgramCache(catalogue: StandardNodes.catalogue)
        for _ in 0..<2 {
            #expect(throws: (any Error).self) { try cache.program(of: Self.job("{}")).get() }
        }
        #expect(cache.count == 0)
    }
}
