/// No journal: for runs that nothing goes on from. However long such a run is, nothing of it is kept.
package struct NoJournal: Journal {
    package init() {}

    package func entries() -> [JournalEntry] { [] }
    package func record(_ entries: [JournalEntry]) {}
}

/// A journal that ends with the process.
package actor MemoryJournal: Journal {
    private var recorded: [Int: JournalEntry] = [:]

    package init(_ entries: [JournalEntry] = []) {
        for entry in entries {
            self.recorded[entry.step] = entry
        }
    }

    package func entries() -> [JournalEntry] {
        self.recorded.values.sorted { $0.step < $1.step }
    }

    package func record(_ entries: [JournalEntry]) {
        for entry in entries {
            self.recorded[entry.step] = entry
        }
    }
}
