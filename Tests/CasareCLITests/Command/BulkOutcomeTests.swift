import Testing

@testable import CasareCLI

/// How a command ends whose caller the server refuses.
struct BulkOutcomeTests {
    private static func selection(_ count: Int) -> Selection {
        Selection(items: (1...count).map { Selection.Item(id: "id\($0)", detail: "") }, noun: "dead letter")
    }

    private static func end(of count: Int, failing: [String: ExitReason]) async -> CommandFailure? {
        let selection = Self.selection(count)
        let outcome = await BulkOutcome.of(selection.items, verb: "acknowledge") { item in
            if let status = failing[item.id] { throw CommandFailure(status, "no") }
            return item.id
        }
        do throws(CommandFailure) {
            try outcome.check(selection)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [ExitReason.forbidden, .notSignedIn])
    func `who may not ask is told so, also of many`(status: ExitReason) async {
        #expect(await Self.end(of: 3, failing: ["id1": status]) == CommandFailure(status, "no"))
        // The right was taken away on the way: what was done is done.
        let late = await Self.end(of: 3, failing: ["id2": status])
        #expect(late == CommandFailure(.partOfBulkFailed, "1 of 3 dead letters done, 1 failed, 1 not tried"))
    }
}
