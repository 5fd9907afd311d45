/// One change to each of some things that a person has named, after a yes: one that cannot be done is reported, and the
/// others go on.
struct NamedChange {
    let bulk: BulkOptions
    let output: OutputOptions
    let noun: String
    /// For what went wrong: "could not cancel 0192…".
    let verb: String
    /// It cannot be taken back: a lone one is asked about, too.
    var isFinal = false
    /// What is about to happen to "12 jobs"; `nil`: the verb says it.
    var question: ((String) -> String)?

    /// Shows what would be done; or does it, after a question where one is needed, and prints what came of it.
    ///
    /// - Parameters:
    ///   - columns: of a list of several.
    ///   - name: what `-o name` prints of each.
    ///   - describe: what a person knows one by; asked for where it is shown.
    ///   - one: what is printed of a lone one.
    /// - Throws: `.confirmationNeeded` without a yes; what `BulkOutcome.check` throws, once the others are printed.
    func run<Thing: Encodable & Sendable>(
        on ids: [String], of server: Server, columns: [Column<Thing>], name: (Thing) -> String,
        describe: (String) async throws -> String, asked change: (String) async throws -> Thing,
        one: (Thing) throws -> Presentation
    ) async throws {
        let all = try await self.outcome(on: ids, of: server, describe: describe, asked: change)
        guard let (outcome, selection) = all else { return }
        try self.show(outcome.done, of: selection, columns: columns, name: name, one: one)
        try outcome.check(selection)
    }

    /// What came of each, before anything of it is shown.
    ///
    /// - Returns: `nil` after a dry run, which has shown what it would do.
    func outcome<Thing: Sendable>(
        on ids: [String], of server: Server, describe: (String) async throws -> String,
        asked change: (String) async throws -> Thing
    ) async throws -> (BulkOutcome<Thing>, Selection)? {
        let needed = self.bulk.consent(on: server, isSelection: self.isFinal || ids.count > 1)
        var selection = Selection(items: ids.map { Selection.Item(id: $0, detail: "") }, noun: self.noun)
        if self.bulk.dryRun || needed.asks {
            selection = await selection.described(atMost: self.bulk.dryRun ? .max : Selection.sampleMax) {
                try await describe($0.id)
            }
        }
        if self.bulk.dryRun {
            try selection.show(in: self.output)
            return nil
        }
        let what = self.question?(selection.count) ?? "\(self.verb) \(selection.count)"
        try needed.obtain(for: what, showing: selection)
        let outcome = await BulkOutcome.of(selection.items, verb: self.verb) { try await change($0.id) }
        return (outcome, selection)
    }

    /// Prints a list where several were named, also when it was done with one of them alone.
    func show<Thing: Encodable>(
        _ done: [Thing], of selection: Selection, columns: [Column<Thing>], name: (Thing) -> String,
        one: (Thing) throws -> Presentation
    ) throws {
        if selection.items.count > 1 {
            try self.output.print(try Presentation(list: done, columns: columns, name: name))
        } else if let thing = done.first {
            try self.output.print(try one(thing))
        }
    }
}
