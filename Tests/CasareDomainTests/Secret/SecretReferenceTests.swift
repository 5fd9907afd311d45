import CasareDomain
import FoundationEssentials
import Testing

struct SecretReferenceTests {
    private typealias Target = SecretReference.Target

    private static func targets(_ text: String) -> [String]? {
        SecretReference(text)?.targets.map { "\($0.key)" + ($0.field.map { ":\($0)" } ?? "") }
    }

    @Test func `a reference names a secret, perhaps a field and a version`() throws {
        #expect(Self.targets("db/prod") == ["db/prod"])
        #expect(Self.targets("db/prod.password") == ["db/prod.password", "db/prod:password"])
        #expect(Self.targets("db.old/prod") == ["db.old/prod"], "what follows is no field")
        #expect(Self.targets("db/prod.9") == ["db/prod.9"])
        let id = "0197f3a0-0000-7000-8000-000000000000"
        #expect(Self.targets("\(id).password") == ["\(id).password", "\(id):password"])
        #expect(SecretReference(id)?.targets.first?.key == Secret.ID(id).map { .id($0) })
        #expect(try #require(SecretReference("db/prod@3")).version == 3)
        #expect(try #require(SecretReference("db/prod.password@12")).version == 12)
        #expect(try #require(SecretReference("db/prod@pending")).version == SecretReference.pendingVersion)
        #expect(try #require(SecretReference("db/prod")).version == nil)
    }

    @Test(arguments: ["db/prod", "db/prod.password", "db/prod@3", "db/prod.password@3", "db/prod@pending"])
    func `a reference is read again from what it is written as`(text: String) throws {
        let reference = try #require(SecretReference("  \(text) "))
        #expect(reference.description == text)
        #expect(SecretReference(reference.description) == reference)
    }

    @Test(arguments: ["", "Db", "db/", "db@", "db@0", "db@-1", "db@x", "{{name}}", "db@99999999999", "@3"])
    func `what can name no secret is no reference`(text: String) {
        #expect(SecretReference(text) == nil)
    }

    @Test func `an alias stands for what the document binds it to`() throws {
        let bindings = ["Mail Server": "smtp/main", "pinned": "db/prod@2"]
        #expect(SecretReference("Mail Server", bindings: bindings)?.description == "smtp/main")
        #expect(SecretReference("Mail Server.password", bindings: bindings)?.description == "smtp/main.password")
        #expect(SecretReference("Mail Server@4", bindings: bindings)?.description == "smtp/main@4")
        #expect(SecretReference("pinned", bindings: bindings)?.description == "db/prod@2")
        #expect(SecretReference("smtp/main", bindings: bindings)?.description == "smtp/main")
    }

    @Test func `placeholders are found where they stand`() {
        let text = "a {{$secret:db/prod}} {{x}} {{ $secret:api.key }}{{$secret:open"
        let found = SecretReference.placeholders(in: text)
        #expect(found.map(\.text) == ["db/prod", "api.key "])
        #expect(found.map { String(text[$0.range]) } == ["{{$secret:db/prod}}", "{{ $secret:api.key }}"])
        #expect(SecretReference.placeholders(in: "{{{$secret:db}}").map(\.text) == ["db"])
    }

    @Test func `a document names what its nodes, its texts and its subflows do`() {
        let document: Value = [
            "credential_bindings": ["mail": "smtp/main", "both": "outer"],
            "nodes": [
                "a": ["config": ["credential_name": "mail", "url": "https://x/?k={{$secret:api.key}}"]],
                "b": ["config": ["list": [["deep": "{{$secret:both}} {{$secret:Not A Name}}"]]]],
                "c": ["config": ["credential_name": "{{which}}"]],
            ],
            "subflows": [
                "s.json": [
                    "credential_bindings": ["both": "inner@2"],
                    "nodes": ["a": ["config": ["credential_name": "both", "body": "{{$secret:mail}}"]]],
                ]
            ],
        ]
        #expect(SecretReference.named(in: document) == ["smtp/main", "api.key", "outer", "inner@2"])
        #expect(SecretReference.named(in: ["nodes": [:]]).isEmpty)
    }
}
