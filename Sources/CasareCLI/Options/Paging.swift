import ArgumentParser
import CasareWire

/// How many things a list shows. The server gives out pages; this asks for as many as it takes.
struct PagingOptions: ParsableArguments {
    @Option(
        parsing: .unconditional, help: ArgumentHelp("At most this many; 0: all.", valueName: "n"),
        transform: Text.number(in: 0...Int(Int32.max)))
    var limit = PageLimit.standard

    typealias Page<Item> = (items: [Item], next: String?)

    /// Asks for pages until there are enough, or no more, and hands over what they hold: all of it at once, or page by
    /// page where that prints the same and who reads need not wait for the last one.
    func show<Item>(
        as format: OutputFormat, _ page: (_ limit: Int, _ cursor: String?) async throws -> Page<Item>,
        to print: ([Item]) throws -> Void
    ) async throws {
        if format.isLineByLine {
            try await self.forEachPage(page, print)
        } else {
            try print(try await self.collect(page))
        }
    }

    /// Asks for pages until there are enough, or no more.
    func collect<Item>(
        _ page: (_ limit: Int, _ cursor: String?) async throws -> Page<Item>
    ) async throws -> [Item] {
        var items: [Item] = []
        try await self.forEachPage(page) { items += $0 }
        return items
    }

    private func forEachPage<Item>(
        _ page: (_ limit: Int, _ cursor: String?) async throws -> Page<Item>, _ body: ([Item]) throws -> Void
    ) async throws {
        var count = 0
        var cursor: String?
        repeat {
            let wanted = self.limit == 0 ? PageLimit.range.upperBound : self.limit - count
            let (items, next) = try await page(min(wanted, PageLimit.range.upperBound), cursor)
            try body(items)
            count += items.count
            cursor = next
        } while cursor != nil && (self.limit == 0 || count < self.limit)
        if cursor != nil {
            StandardStreams.report("casarectl: there are more; --limit 0 shows all")
        }
    }
}
