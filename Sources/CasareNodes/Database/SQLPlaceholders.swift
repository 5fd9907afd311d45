import CasarePostgres

/// Turns the placeholders `?` of a statement into PostgreSQL's numbered ones.
///
/// A question mark is also the beginning of operators (`?`, `?|`, `?&` of jsonb, `@?`). What stands before it tells: an
/// operator follows an operand, and a placeholder, being an operand itself, never does. `??` is an operator `?` in any
/// place. A text that has numbered parameters already is left as it is.
enum SQLPlaceholders {
    /// Words after which an operand comes, so that a question mark behind them is a placeholder.
    private static let words: Set<String> = [
        "ALL", "AND", "ANY", "AS", "ASYMMETRIC", "BETWEEN", "BY", "CALL", "CASE", "DEFAULT", "DISTINCT", "DO", "ELSE",
        "ESCAPE", "EXCEPT", "EXECUTE", "FETCH", "FIRST", "FOR", "FROM", "HAVING", "ILIKE", "IN", "INTERSECT",
        "INTERVAL",
        "INTO", "IS", "ISNULL", "LIKE", "LIMIT", "NEXT", "NOT", "OFFSET", "ON", "OR", "OVERLAPS", "RETURNING", "ROW",
        "SELECT", "SET", "SIMILAR", "SOME", "SYMMETRIC", "THEN", "TO", "UNION", "USING", "VALUES", "WHEN", "WHERE",
        "ZONE",
    ]

    static func numbered(_ text: String) -> String {
        let parts = SQLScanner.parts(of: text)
        let source = Array(text.utf8)
        guard !parts.contains(where: { Self.isNumbered($0, source) }) else { return text }
        var output: [UInt8] = []
        var copied = 0
        var count = 0
        var position = 0
        while position < parts.count {
            defer { position += 1 }
            guard parts[position].token == .symbol("?") else { continue }
            let range = parts[position].range
            let next = position + 1 < parts.count ? parts[position + 1] : nil
            if let next, next.token == .symbol("?"), next.range.lowerBound == range.upperBound {
                output += source[copied..<range.upperBound]
                copied = next.range.upperBound
                position += 1
            } else if !Self.isOperator(position, parts) {
                count += 1
                output += source[copied..<range.lowerBound] + Array("$\(count)".utf8)
                copied = range.upperBound
            }
        }
        return String(decoding: output + source[copied...], as: UTF8.self)
    }

    private static func isNumbered(_ part: SQLScanner.Part, _ source: [UInt8]) -> Bool {
        guard part.token == .operand, part.range.count > 1, source[part.range.lowerBound] == UInt8(ascii: "$") else {
            return false
        }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(source[part.range.lowerBound + 1])
    }

    private static func isOperator(_ position: Int, _ parts: [SQLScanner.Part]) -> Bool {
        guard position > 0 else { return false }
        let previous = parts[position - 1]
        switch previous.token {
        case .operand, .symbol(")"), .symbol("]"): return true
        // A placeholder before it is an operand.
        case .symbol("?"): return !Self.isOperator(position - 1, parts)
        case .symbol("@"): return previous.range.upperBound == parts[position].range.lowerBound
        case .symbol: return false
        case .word(let word):
            // After `::` comes the name of a type.
            let isType = position > 1 && parts[position - 2].token == .symbol(":")
            return isType || !Self.words.contains(word)
        }
    }
}
