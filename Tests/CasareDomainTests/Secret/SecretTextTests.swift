import CasareDomain
import FoundationEssentials
import Testing

struct SecretTextTests {
    private static let hidden = "hunter2 \u{1F511}"

    @Test func `a secret text gives itself away to nobody who prints it`() {
        let text = SecretText(Self.hidden)
        let fields: SecretFields = ["password": text]
        var dumped = ""
        dump(text, to: &dumped)
        dump(fields, to: &dumped)
        for shown in ["\(text)", String(reflecting: text), "\(fields)", String(reflecting: fields), dumped] {
            #expect(!shown.contains("hunter2"), "\(shown)")
        }
        #expect("\(fields)".contains("password"))
        #expect(text.reveal { $0 } == Self.hidden)
        #expect(text.bytesCount == Self.hidden.utf8.count)
    }

    @Test func `secret texts are equal when their bytes are`() {
        #expect(SecretText("abc") == SecretText(bytes: Array("abc".utf8)))
        #expect(SecretText("abc") != SecretText("abd"))
        #expect(SecretText("abc") != SecretText("bbc") && SecretText("abc") != SecretText("acc"))
        #expect(SecretText("abc") != SecretText("abcd"))
        #expect(SecretText("") == SecretText(bytes: []))
        #expect(SecretText("").isEmpty)
    }

    @Test func `bytes that are wiped are zero`() {
        var bytes = Array("hunter2".utf8)
        SecretText.wipe(&bytes)
        #expect(bytes == [UInt8](repeating: 0, count: 7))
    }

    @Test(arguments: [
        [:], ["a": ""], ["password": "x", "username": "y"],
        ["key": String(repeating: "k", count: 70_000), "name": "\0\u{10FFFF}"],
    ])
    func `fields that are packed are unpacked as they were`(texts: [String: String]) throws {
        let fields = SecretFields(texts.mapValues { SecretText($0) })
        #expect(SecretFields(unpacking: fields.packed()) == fields)
    }

    @Test func `what is cut short or of another form is not unpacked`() {
        let fields: SecretFields = ["password": SecretText("hunter2"), "username": SecretText("ann")]
        let packed = fields.packed().withBytes { Array($0) }
        for count in 1..<packed.count {
            let cut = SecretFields(unpacking: SecretText(bytes: Array(packed.prefix(count))))
            #expect(cut != fields, "\(count)")
        }
        #expect(SecretFields(unpacking: SecretText(bytes: [])) == nil)
        #expect(SecretFields(unpacking: SecretText(bytes: [2] + packed.dropFirst())) == nil)
    }
}
