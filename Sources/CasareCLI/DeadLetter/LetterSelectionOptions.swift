import ArgumentParser
import CasareDomain

/// The dead letters that a command does something to: IDs, a filter, or a saved one.
struct LetterSelectionOptions: ParsableArguments {
    @Argument(help: "IDs of failed jobs, or - for stdin.") var jobs: [String] = []
    @OptionGroup(title: "Filter") var filter: LetterFilterOptions

    /// For the `validate()` of a command.
    ///
    /// - Parameter name: of a saved selection.
    func check(_ name: String?) throws {
        try BulkSelection.check(
            words: self.jobs, hasFilter: !self.filter.isEmpty, name: name, noun: "dead letter",
            filters: LetterFilterOptions.names)
    }

    /// - Parameters:
    ///   - name: of a saved selection.
    ///   - statuses: where a filter says none; empty: any.
    /// - Throws: `.usage` for what is no ID, and for what no letter can match; what reading stdin throws.
    func selection(_ name: String?, otherwise statuses: Set<DeadLetter.Status>) throws -> BulkSelection {
        let filter = try self.filter.selection(otherwise: statuses)
        return try BulkSelection(words: self.jobs, name: name) { filter }
    }
}
