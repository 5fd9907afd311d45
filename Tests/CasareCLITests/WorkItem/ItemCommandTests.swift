import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// `casarectl item` as dispatchers, performers and people run it, against a server of its own.
struct ItemCommandTests {
    @Test func `items are added, taken, ended and looked at`() async throws {
        try await TestSystem.with { system in
            func item(_ words: String..., input: String = "") async throws -> TestProgram.Ended {
                try await system.casarectl(["item"] + words, input: input)
            }
            let made = try await item("queue", "create", "q", "--unique-reference", "--max-retries", "0")
            #expect(made.status == 0 && made.output.contains("created q"), "\(made.errors)")
            let lines = "{\"reference\": \"b\"}\n{\"reference\": \"a\"}\n"
            let first = try await item("add", "q", "--reference", "a", "--data", "n=1", "--priority", "high")
            #expect(first.status == 0, "\(first.errors)")
            let more = try await item("add", "q", "-f", "-", "-o", "json", input: lines)
            #expect(more.errors.contains("1 item known already"), "\(more.errors)")

            let taken = try Value(parsingJSON: try await item("next", "q", "-o", "json").output)
            #expect(taken["reference"] == "a" && taken["data"]?["n"] == 1)
            let token = try #require(taken["lease"]?["token"]?.int)
            let done = try await item("complete", "q", "a", "--token", "\(token)", "--result", "page=3")
            #expect(done.status == 0 && done.output.contains("completed a"), "\(done.errors)")
            let again = try await item("complete", "q", "a", "--token", "\(token)")
            #expect(again.status == 5 && again.errors.contains("is not yours any more"), "\(again.errors)")

            _ = try await item("next", "q")
            let none = try await item("next", "q")
            #expect(none.status == 10 && none.output.isEmpty && none.errors.contains("no item of q is ready"))
            #expect(try await item("next", "nothing").status == 4, "there is no such queue")
            let failed = try await item("fail", "q", "b", "--error", "down")
            #expect(failed.status == 0, "\(failed.errors)")
            let list = try await item("list", "q", "--status", "failed", "-o", "csv", "--columns", "reference,error")
            #expect(list.output.contains("b,down"), "\(list.output)")

            let dry = try await item("retry", "q", "b", "--dry-run")
            #expect(dry.status == 0 && dry.output.contains("would retry b"), "\(dry.errors)")
            #expect(try await item("retry", "q", "b").status == 0)
            let stats = try Value(parsingJSON: try await item("stats", "q", "-o", "json").output)
            #expect(stats["ready"] == 1)
            let refused = try await item("queue", "delete", "q")
            #expect(refused.status == 5, "\(refused.errors)")
            let unasked = try await item("queue", "delete", "q", "--force")
            #expect(unasked.status == 12, "\(unasked.errors)")
            let deleted = try await item("queue", "delete", "q", "--force", "--yes")
            #expect(deleted.status == 0, "\(deleted.errors)")
            #expect(try await item("get", "q", "b").status == 4)
        }
    }
}
