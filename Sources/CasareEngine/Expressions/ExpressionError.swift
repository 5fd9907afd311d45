/// Why an expression cannot be read or computed, and where in it.
package struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The text is not an expression: it can never be computed.
        case syntax
        /// An operation does not apply to values of these types.
        case type
        /// The type fits, the value does not: a division by zero, text that is not a number.
        case value
        /// A limit of `Expression.Limits` was reached.
        case limit
    }

    package let kind: Kind
    package let message: String
    /// Unicode scalars before the place, from the beginning of the expression.
    package let offset: Int

    init(_ kind: Kind, _ message: String, at offset: Int) {
        self.kind = kind
        self.message = message
        self.offset = offset
    }

    package var description: String { "\(self.message) (character \(self.offset + 1) of the expression)" }
}
