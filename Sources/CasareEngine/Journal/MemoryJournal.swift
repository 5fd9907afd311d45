/// A journal that ends with the process: for runs without a server.
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
