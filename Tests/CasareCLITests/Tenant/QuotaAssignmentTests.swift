import CasareDomain
import Testing

@testable import CasareCLI

struct QuotaAssignmentTests {
    @Test func `a quota and a number, or none`() throws {
        let workflows = try QuotaAssignment(parsing: "workflows=50")
        #expect(workflows.quota == .workflows && workflows.limit == 50)
        let storage = try QuotaAssignment(parsing: "storage-bytes=none")
        #expect(storage.quota == .storageBytes && storage.limit == nil)
        #expect(try QuotaAssignment(parsing: "robots=0").limit == 0)
    }

    @Test(arguments: ["workflows", "workflow=5", "robots=-1", "robots=many", "robots=1125899906842625", "=5"])
    func `what is neither is refused`(text: String) {
        #expect(throws: UnexpectedText.self) { try QuotaAssignment(parsing: text) }
    }

    @Test func `a misspelt quota is put right`() {
        let error = #expect(throws: UnexpectedText.self) { try QuotaAssignment(parsing: "workflow=5") }
        #expect(error.map { "\($0)" }?.contains("did you mean workflows?") == true)
    }
}
