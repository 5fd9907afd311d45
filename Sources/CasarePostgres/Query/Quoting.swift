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

/// Quotes a value of a connection string (manual, "Keyword/Value Connection Strings").
func quotedKeywordValue(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for each in text.unicodeScalars {
        if each == "'" || each == "\\" { result.append("\\") }
        result.append(each)
    }
    return "'" + String(result) + "'"
}

/// By scalars: a quote with an accent upon it is another character, and ends the text for the server all the same.
private func doubling(_ quote: Unicode.Scalar, in text: String) -> String {
    var result = String.UnicodeScalarView()
    for each in text.unicodeScalars {
        result.append(each)
        if each == quote { result.append(each) }
    }
    return String(result)
}
