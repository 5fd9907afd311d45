import CasareDomain

/// The things that a bulk command is about to change, shown before anything happens.
struct Selection: Hashable, Sendable {
    struct Item: Hashable, Sendable {
        let id: String
        /// What a person knows it by.
        let detail: String
        /// Which variables it would have other than before; `nil`: nobody wants to change any.
        var changes: [VariableChange]?
        /// What it would do to the world once more; `nil`: nobody has looked.
        var repeats: RepeatedEffects?
        /// Why it could not be looked at.
        var failure: CommandFailure?

        /// What is said of it before the question.
        fileprivate var sample: [String] {
            var lines = ["  " + TerminalText.line(self.detail.isEmpty ? self.id : "\(self.id)  \(self.detail)")]
            for change in self.changes ?? [] { lines.append("    \(change.text)") }
            if let repeats, !repeats.isEmpty { lines.append("    \(repeats.text)") }
            return lines
        }
    }

    /// As many items are shown before the question.
    static let sampleMax = 5

    let items: [Item]
    let noun: String
    /// How many there are: more than items where only the first ones are known.
    let total: Int

    init(items: [Item], noun: String, total: Int? = nil) {
        self.items = items
        self.noun = noun
        self.total = total ?? items.count
    }

    /// "1 job", "12 jobs".
    var count: String { Count.text(self.total, self.noun) }

    /// The count and the first few items.
    var sample: [String] {
        let shown = self.items.prefix(Self.sampleMax)
        var lines = shown.flatMap(\.sample)
        if self.total > shown.count { lines.append("  … and \(self.total - shown.count) more") }
        return lines
    }

    /// With what people know the items by. One that cannot be looked up says so and stays: the command itself will fail
    /// for it, and go on.
    func described(atMost limit: Int = .max, _ describe: (Item) async throws -> String) async -> Selection {
        var described: [Item] = []
        for item in self.items {
            guard item.detail.isEmpty, described.count < limit else {
                described.append(item)
                continue
            }
            do {
                described.append(Item(id: item.id, detail: try await describe(item)))
            } catch {
                described.append(Item(id: item.id, failure: ErrorReport.failure(for: error)))
            }
        }
        return Selection(items: described, noun: self.noun)
    }

    /// The same where the look finds more than a text.
    func lookedAt(atMost limit: Int, _ look: (Item) async throws -> Item) async -> Selection {
        var looked: [Item] = []
        for item in self.items {
            guard looked.count < limit else {
                looked.append(item)
                continue
            }
            do {
                looked.append(try await look(item))
            } catch {
                looked.append(Item(id: item.id, failure: ErrorReport.failure(for: error)))
            }
        }
        return Selection(items: looked, noun: self.noun)
    }

    /// For `--dry-run`, which is to end as the command itself would.
    func show(in output: OutputOptions) throws {
        if self.items.count == 1 { try self.check() }
        try output.print(self.presentation)
        try self.check()
    }

    /// - Throws: A lone item's own failure; `.partOfBulkFailed` when any of several cannot be looked at.
    func check() throws(CommandFailure) {
        let failures = self.items.compactMap(\.failure)
        guard let first = failures.first else { return }
        if self.items.count == 1 { throw first }
        throw CommandFailure(
            .partOfBulkFailed, "\(failures.count) of \(self.count) cannot be done; see the list for why")
    }

    private static let columns: [Column<Item>] = [
        Column("id") { .text($0.id) },
        Column("detail", shrinks: true) { .text($0.detail) },
    ]

    private static let changeColumn = Column<Item>("changes") { item in
        .text((item.changes ?? []).map(\.text).joined(separator: "; "))
    }

    private static let repeatsColumn = Column<Item>("repeats") { item in
        .text(item.repeats.map { $0.isEmpty ? "" : $0.text } ?? "")
    }

    /// For `--dry-run`.
    var presentation: Presentation {
        let isCompared = self.items.contains { $0.changes != nil }
        let isRepeating = self.items.contains { $0.repeats?.isEmpty == false }
        return Presentation(
            list: self.items,
            columns: Self.columns + (isCompared ? [Self.changeColumn] : [])
                + (isRepeating ? [Self.repeatsColumn] : []), name: \.id
        ) { item in
            var json: Object = ["id": .string(item.id), "detail": .string(item.detail)]
            if let changes = item.changes { json["changes"] = .list(changes.map(\.json)) }
            if let repeats = item.repeats, !repeats.isEmpty { json["repeats"] = repeats.json }
            return .object(json)
        }
    }
}

extension Selection.Item {
    /// One that could not be looked at, which says why.
    init(id: String, failure: CommandFailure) {
        self.init(id: id, detail: "(\(failure.message))", failure: failure)
    }
}

/// What a bulk command did.
struct BulkOutcome<Result: Sendable>: Sendable {
    private(set) var done: [Result] = []
    private(set) var failures: [(id: String, failure: CommandFailure)] = []

    /// Does every item in turn, reports each failure at once and goes on; stops early only when the server refuses
    /// whoever asks, because then it refuses every time. A lone item's failure is left to `check`.
    static func of(
        _ items: [Selection.Item], verb: String, _ body: (Selection.Item) async throws -> Result
    ) async -> BulkOutcome {
        var outcome = BulkOutcome()
        for item in items {
            do {
                outcome.done.append(try await body(item))
            } catch {
                let failure = ErrorReport.failure(for: error)
                outcome.failures.append((item.id, failure))
                if items.count > 1 {
                    StandardStreams.report(
                        TerminalText.line("casarectl: could not \(verb) \(item.id): \(failure.message)"))
                }
                if failure.status == .notSignedIn || failure.status == .forbidden { break }
            }
        }
        return outcome
    }

    /// With what went wrong before with others.
    func adding(_ failures: [(id: String, failure: CommandFailure)]) -> BulkOutcome {
        var outcome = self
        outcome.failures = failures + self.failures
        return outcome
    }

    /// - Throws: A lone item's own failure, and that of whoever may not ask; `.partOfBulkFailed` when any of several
    ///   failed.
    func check(_ selection: Selection) throws(CommandFailure) {
        guard let first = self.failures.first else { return }
        let isRefused = first.failure.status == .notSignedIn || first.failure.status == .forbidden
        if selection.items.count == 1 || self.done.isEmpty && isRefused { throw first.failure }
        throw CommandFailure(
            .partOfBulkFailed,
            "\(self.done.count) of \(selection.count) done, \(self.failures.count) failed, "
                + "\(selection.items.count - self.done.count - self.failures.count) not tried")
    }
}
