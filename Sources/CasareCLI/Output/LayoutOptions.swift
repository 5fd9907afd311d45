import ArgumentParser

/// What of a result is shown and how it looks, whatever the format.
struct LayoutOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Only these columns, separated by commas; for table, wide and csv.", valueName: "a,b"),
        transform: ColumnList.parse)
    var columns: ColumnList?

    @Flag(help: "Leave out the line with the columns' titles.")
    var noHeaders = false

    @Flag(help: "No colours, also on a terminal. NO_COLOR=1 in the environment does the same.")
    var noColor = false
}
