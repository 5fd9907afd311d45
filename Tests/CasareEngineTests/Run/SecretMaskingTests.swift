import CasareDomain
import Testing

@testable import CasareEngine

/// Secrets that no name and no declaration tells by itself.
struct SecretMaskingTests {
    @Test(arguments: [
        ("https://ann:hunter2@example.com/x?y=1", "https://***@example.com/x?y=1"),
        ("ftp://ann:p@ss@h and http://b:c@d", "ftp://***@h and http://***@d"), ("ssh://git@h/r", "ssh://git@h/r"),
        ("http://h:80/a@b:c", "http://h:80/a@b:c"), ("http://h?x=a:b@c", "http://h?x=a:b@c"), ("://:@", "://***@"),
        ("a:b@c", "a:b@c"), ("mysql://u:p@\u{301}h", "mysql://***@\u{301}h"), ("", ""),
    ])
    func `user and password are hidden in the URLs of a text`(text: String, shown: String) {
        #expect(Userinfo.masked(text) == shown)
        #expect(
            SecretNames.masked(["url": .string(text), "urls": [.string(text)]] as Object)
                == ["url": .string(shown), "urls": [.string(shown)]])
    }

    @Test func `a sensitive text that is JSON hides its members too`() {
        let masking = Masking([#" {"user": "ann-7", "deep": ["hunter2", {"pin": 4711}], "on": true}"#, "{no JSON"])
        #expect(masking.masked("ann-7 has hunter2 and 4711") == "*** has *** and ***")
        #expect(masking.masked(["pin": 4711, "n": 12] as Object) == ["pin": "***", "n": 12])
        #expect(masking.masked("{no JSON, no") == "***, no")
    }

    private static func derived(
        _ inputs: Object, _ outputs: Object, isComputed: Bool = true, secrets: [Value] = []
    ) -> [String] {
        var derived = DerivedSecrets()
        derived.note(inputs: inputs, outputs: outputs, isComputed: isComputed, masking: Masking(secrets))
        return derived.texts
    }

    @Test func `what is called a secret is one wherever it turns up, when it is no short word`() {
        #expect(
            Self.derived(["url": "http://a:password1@h", "password": "hunter2"], ["my_token": "t-47110815"])
                == ["password1", "t-47110815"])
        #expect(
            Self.derived([:], ["headers": ["Authorization": "Basic YW5uOmh1bnRlcjI=", "Accept": "text/html"]])
                == ["Basic YW5uOmh1bnRlcjI=", "YW5uOmh1bnRlcjI="])
    }

    @Test func `what is computed from a secret is one, and what is passed on beside it is not`() {
        let inputs: Object = ["text": "hunter2xyz", "form": "hexadecimal"]
        let outputs: Object = [
            "result": "68756e74657232", "form": "hexadecimal", "copy": "<hunter2xyz>", "kind": "text",
        ]
        #expect(Self.derived(inputs, outputs, secrets: ["hunter2xyz"]) == ["68756e74657232"])
        #expect(Self.derived(inputs, outputs, isComputed: false, secrets: ["hunter2xyz"]).isEmpty)
        #expect(Self.derived(inputs, outputs).isEmpty)
    }

    @Test func `the newest are kept`() {
        var derived = DerivedSecrets()
        for number in 0...DerivedSecrets.textsMax {
            derived.note(
                inputs: ["token": .string("token number \(number)")], outputs: [:], isComputed: true,
                masking: .nothing)
        }
        #expect(derived.texts.count == DerivedSecrets.textsMax)
        #expect(derived.texts.first == "token number 1")
    }
}
