import FoundationEssentials

/// Everything outside the rows that rendering depends on.
struct RenderContext: Sendable {
    /// Columns of the terminal; `nil` off a terminal, where nothing is cut.
    var width: Int?
    var usesColour: Bool
    /// What relative times are relative to.
    var now: Date
}
