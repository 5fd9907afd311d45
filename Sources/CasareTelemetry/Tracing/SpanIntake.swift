/// What whoever takes ended spans says before there is one, so that what they would drop costs next to nothing. Each
/// answer that is `true` counts as one that was dropped.
package struct SpanIntake: Sendable {
    let dropsNext: @Sendable () -> Bool
    let shedsNext: @Sendable () -> Bool

    /// Takes everything.
    package static let open = SpanIntake(dropsNext: { false }, shedsNext: { false })

    /// - Parameters:
    ///   - dropsNext: whether a span that ends now is dropped.
    ///   - shedsNext: whether one that begins now and ends soon will be.
    package init(dropsNext: @escaping @Sendable () -> Bool, shedsNext: @escaping @Sendable () -> Bool) {
        self.dropsNext = dropsNext
        self.shedsNext = shedsNext
    }
}
