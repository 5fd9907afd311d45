import ArgumentParser
import CasareWire

/// How many things a list shows. The server gives out pages; this asks for as many as it takes.
struct PagingOptions: ParsableArguments {
    @Option(
        parsing: .unconditional, help: ArgumentHelp("At most this many; 0: all.", valueName: "n"),
        transform: Text.number(in: 0...Int(Int32.max)))
    var limit = PageLimit.standard

    /// Asks for pages until there are enough, or no more.
    func collect<Item>(
        _ page: (_ limit: Int, _ cursor: String?) async throws -> (items: [Item], next: String?)
    ) async throws -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let wanted = self.limit == 0 ? PageLimit.range.upperBound : self.limit - items.count
            let (more, next) = try await page(min(wanted, PageLimit.range.upperBound), cursor)
            items += more
            cursor = next
        } while cursor != nil && (self.limit == 0 || items.count < self.limit)
        if cursor != nil {
            StandardStreams.report("casarectl: there are more; --limit 0 shows all")
        }
        return items
    }
}
