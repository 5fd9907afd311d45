/// Quotes a name for use in SQL text: `my"table` becomes `"my""table"`.
package func quotedIdentifier(_ name: String) -> String {
    "\"" + doubling("\"", in: name) + "\""
}

/// Quotes a text as an SQL literal, for the few statements that take no parameters (`SET`, `LISTEN`, `CREATE ROLE`).
package func quotedLiteral(_ text: String) -> String {
    let quoted = "'" + doubling("'", in: text) + "'"
    // Only in E'…' does a backslash mean the same whatever standard_conforming_strings says.
    return text.utf8.contains(UInt8(ascii: "\\")) ? "E" + doubling("\\", in: quoted) : quoted
}

private func doubling(_ character: Character, in text: String) -> String {
    var result = ""
    for each in text {
        result.append(each)
        if each == character { result.append(each) }
    }
    return result
}
