extension Duration {
    /// Ten years: longer than anything waits, and far from where arithmetic on clocks overflows.
    private static let longestSeconds = 315_360_000.0

    /// Seconds as a workflow gives them: what is negative or no number is nothing, what is too long is ten years.
    init(clampingSeconds seconds: Double) {
        self = seconds > 0 ? .seconds(min(seconds, Self.longestSeconds)) : .zero
    }
}
