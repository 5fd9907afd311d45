import ArgumentParser
import CasareDomain
import Testing

@testable import CasareCLI

struct CaseArgumentTests {
    @Test func `a word counts in any case of letters, however the case itself is written`() {
        #expect(CaseArgument<Job.Status>(argument: "FAILED")?.value == .failed)
        #expect(CaseArgument<WorkItem.Status>(argument: "In_Progress")?.value == .inProgress)
        #expect(CaseArgument<Webhook.Method>(argument: "put")?.value == .put)
        #expect(CaseArgument<Job.Status>(argument: "fail") == nil)
        #expect(CaseArgument<Job.Status>(argument: "") == nil)
    }

    @Test(arguments: [
        "job list --status Failed", "item list q --status NEW --error-type Business", "trigger list --kind Webhook",
        "window list --status OPEN", "op list --status Running", "dlq list --kind Application",
        "schedule history s --result Fired", "schedule backfill list --status Running",
    ])
    func `commands take it so`(line: String) throws {
        _ = try Casarectl.parseAsRoot(line.split(separator: " ").map(String.init))
    }

    @Test func `help names all the words there are`() {
        let expected = WorkItem.Status.allCases.map(\.rawValue)
        #expect(CaseArgument<WorkItem.Status>.allValueStrings == expected)
        let help = Casarectl.helpMessage(for: ItemCommand.List.self, columns: 200)
        #expect(help.contains("(values: \(expected.joined(separator: ", ")))"), "\(help)")
    }
}
