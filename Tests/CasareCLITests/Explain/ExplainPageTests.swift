import CasareDomain
import FoundationEssentials
import Testing

/// The page for people on call, against what is told.
struct ExplainPageTests {
    @Test func `the page has every code that a reason may have, and no other`() throws {
        let root = #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")
        let page = try String(contentsOfFile: "/\(root)/docs/queues.md", encoding: .utf8)
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "## Reading `explain`"))
        let section = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
        let codes = section.filter { $0.hasPrefix("| `") }.flatMap { line in
            line.dropFirst(2).prefix { $0 != "|" }.split(separator: "`").map(String.init)
                .filter { $0.contains { $0.isLetter } }
        }
        #expect(Set(codes) == Set(Explanation.Code.allCases.map(\.rawValue)))
    }
}
