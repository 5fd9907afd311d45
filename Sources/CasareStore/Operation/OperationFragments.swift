/// What statements say of the operation that they are a part of.
enum OperationFragments {
    /// The detail of an event that a person caused, alone or with an operation; of parameters `@by`, `@reason` and
    /// `@operation`. What is done alone reads as it did before there were operations.
    static let detail = """
        CASE WHEN @operation::uuid IS NULL THEN json_build_object('by', @by::text, 'reason', @reason::text)
            ELSE json_strip_nulls(
                json_build_object('by', @by::text, 'reason', @reason::text, 'operation', @operation::uuid))
        END
        """
}
