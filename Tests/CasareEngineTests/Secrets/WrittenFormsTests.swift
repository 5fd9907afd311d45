import Testing

@testable import CasareEngine

/// Forms by which a secret is known again.
struct WrittenFormsTests {
    private static func form(_ name: String, of text: String) -> String? {
        (WrittenForms.inJSON(text) + WrittenForms.inURL(text) + WrittenForms.inHexadecimal(text))
            .first { $0.name == name }?.text
    }

    @Test(arguments: [
        ("json", #"a\"/\\é😀"#), ("json_a", #"a\"/\\\u00e9\ud83d\ude00"#), ("json_s", #"a\"\/\\\u00e9\ud83d\ude00"#),
        ("json_pp", #"a\\\"/\\\\é😀"#), ("json_pa", #"a\\\"/\\\\\u00e9\ud83d\ude00"#),
        ("json_aa", #"a\\\"/\\\\\\u00e9\\ud83d\\ude00"#), ("json_ps", #"a\\\"\/\\\\\u00e9\ud83d\ude00"#),
        ("url", "a%22%2F%5C%C3%A9%F0%9F%98%80"), ("url_small", "a%22%2f%5c%c3%a9%f0%9f%98%80"),
        ("url_path", "a%22/%5C%C3%A9%F0%9F%98%80"), ("hex", "61222f5cc3a9f09f9880"),
        ("hex_large", "61222F5CC3A9F09F9880"),
    ])
    func `a text is written as programs write it`(name: String, written: String) {
        #expect(Self.form(name, of: #"a"/\é😀"#) == written)
    }

    @Test(arguments: [
        ("a b", "a%20b", "a+b"), ("!'()*", "%21%27%28%29%2A", "%21%27%28%29%2A"),
    ])
    func `a space is a plus in forms`(text: String, url: String, form: String) {
        #expect(Self.form("url", of: text) == url && Self.form("form", of: text) == form)
        #expect(Self.form("url_component", of: "!'()* ") == "!'()*%20")
    }

    @Test(arguments: [
        ("x/abcdefghijk1", "abcdefghijk1"), ("x/abcdefghij1", nil), ("abcdefghijk1", nil), ("x/abcdefghijkl", nil),
        ("x/123456789012", nil), ("short1-abcdefghijk1-abcdefghijkl2", "abcdefghijkl2"), ("", nil), ("é/\"", nil),
    ])
    func `a piece of a value is looked for where it is no word and no number`(text: String, piece: String?) {
        #expect(WrittenForms.piece(of: text) == piece)
    }
}
