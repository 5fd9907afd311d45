import ArgumentParser
import Testing

@testable import CasareCLI

struct PagingTests {
    /// What happens, in order, when three pages of two are listed.
    private static func events(_ format: OutputFormat, limit: Int) async throws -> [String] {
        var events: [String] = []
        try await PagingOptions.parse(["--limit", String(limit)]).show(as: format) { _, cursor in
            let page = cursor.flatMap(Int.init) ?? 0
            events.append("asked for page \(page)")
            return (items: [page * 2, page * 2 + 1], next: page < 2 ? String(page + 1) : nil)
        } to: { items in
            events.append("printed \(items)")
        }
        return events
    }

    @Test(arguments: [OutputFormat.jsonl, .name])
    func `a page is printed before the next one is asked for, where a line stands for itself`(
        format: OutputFormat
    ) async throws {
        #expect(
            try await Self.events(format, limit: 0) == [
                "asked for page 0", "printed [0, 1]", "asked for page 1", "printed [2, 3]", "asked for page 2",
                "printed [4, 5]",
            ])
        #expect(try await Self.events(format, limit: 2) == ["asked for page 0", "printed [0, 1]"])
    }

    @Test(arguments: OutputFormat.allCases.filter { !$0.isLineByLine })
    func `other formats print all of it at once`(format: OutputFormat) async throws {
        let pages = (0...2).map { "asked for page \($0)" }
        #expect(try await Self.events(format, limit: 0) == pages + ["printed [0, 1, 2, 3, 4, 5]"])
    }
}
