import ArgumentParser
import CasareWire

/// How many things a list shows. The server gives out pages; this asks for as many as it takes.
struct PagingOptions: ParsableArguments {
    @Option(help: "At most this many; 0: all.")
    var limit = PageLimit.standard

    func validate() throws {
        guard self.limit >= 0 else { throw ValidationError("--limit takes a number from 0.") }
    }

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
