import Testing

@testable import CasarePostgres

@Suite struct QueryTests {
    @Test(arguments: [
        ("SELECT @a, @b, @a", "SELECT $1, $2, $1", ["a", "b"]),
        ("SELECT @a::int[], x::text", "SELECT $1::int[], x::text", ["a"]),
        ("WHERE id=@id AND n>@n", "WHERE id=$1 AND n>$2", ["id", "n"]),
        ("SELECT '@a', 'it''s @b', @c", "SELECT '@a', 'it''s @b', $1", ["c"]),
        (#"SELECT E'\'@a', @b"#, #"SELECT E'\'@a', $1"#, ["b"]),
        (#"SELECT '\', @b"#, #"SELECT '\', $1"#, ["b"]),
        (#"SELECT "@a""@b", @c"#, #"SELECT "@a""@b", $1"#, ["c"]),
        ("SELECT 1 -- @a\n, @b", "SELECT 1 -- @a\n, $1", ["b"]),
        ("SELECT /* @a /* @b */ @c */ @d", "SELECT /* @a /* @b */ @c */ $1", ["d"]),
        ("SELECT $$@a$$, $x$ @b $$ $x$, @c", "SELECT $$@a$$, $x$ @b $$ $x$, $1", ["c"]),
        ("SELECT a @@ b, a @> @b, c <@ @d", "SELECT a @@ b, a @> $1, c <@ $2", ["b", "d"]),
        ("SELECT @ -5, a<@b, x@y", "SELECT @ -5, a<@b, x@y", []),
        ("SELECT 'é@a', @é, @_x1", "SELECT 'é@a', @é, $1", ["_x1"]),
        ("SELECT '@a", "SELECT '@a", []),
        ("SELECT $1", "SELECT $1", []),
    ])
    func `named parameters are numbered and quoted text is left alone`(
        sql: String, text: String, names: [String]
    ) {
        let query = Query(assembled: sql)
        #expect(query.text == text)
        #expect(query.parameterNames == names)
    }

    @Test func `names and texts are quoted for SQL`() {
        #expect(quotedIdentifier(#"my"table"#) == #""my""table""#)
        #expect(quotedLiteral("it's") == "'it''s'")
        #expect(quotedLiteral(#"a\b'c"#) == #"E'a\\b''c'"#)
        // With a mark upon it a quote is another character, and ends the text for the server all the same.
        #expect(quotedLiteral("a'\u{301}b") == "'a''\u{301}b'")
        #expect(quotedLiteral("a\\\u{301}") == "E'a\\\\\u{301}'")
        #expect(quotedIdentifier("a\"\u{301}b") == "\"a\"\"\u{301}b\"")
        #expect(quotedKeywordValue("a'\u{301}b\\\u{301}") == "'a\\'\u{301}b\\\\\u{301}'")
    }
}
