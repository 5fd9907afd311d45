import Testing

@testable import CasareCLI

struct TraceLinkTests {
    private static let id = "0af7651916cd43dd8448eb211c80319c"

    @Test func `the ID stands wherever the template has its place`() throws {
        let link = try TraceLink(
            Environment(["CASARE_TRACE_URL": "https://traces.example.com/{trace_id}?q={trace_id}"]))
        #expect(link?.url(of: Self.id) == "https://traces.example.com/\(Self.id)?q=\(Self.id)")
        #expect(
            JobTraceCommand.footer(Self.id, link)
                == "\ntrace \(Self.id)\nhttps://traces.example.com/\(Self.id)?q=\(Self.id)\n")
    }

    @Test(arguments: [[:], ["CASARE_TRACE_URL": ""]]) func `without a template there is only the ID`(
        variables: [String: String]
    ) throws {
        let link = try TraceLink(Environment(variables))
        #expect(link == nil)
        #expect(JobTraceCommand.footer(Self.id, link) == "\ntrace \(Self.id)\n")
    }

    @Test func `a template without a place for the ID is refused`() {
        #expect {
            try TraceLink(Environment(["CASARE_TRACE_URL": "https://traces.example.com"]))
        } throws: { error in
            (error as? CommandFailure)?.status == .usage && "\(error)".contains("{trace_id}")
        }
    }
}
