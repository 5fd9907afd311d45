import CasareDomain
import Testing

@testable import CasareEngine

/// What is known of a workflow's secrets before it runs.
struct SecretValidationTests {
    private static func codes(_ json: Value) throws -> [String] {
        let (document, _) = WorkflowDocument.parse(json)
        let catalogue = NodeCatalogue(SecretRun().catalogue.types + [self.program])
        return try #require(document).validate(against: catalogue).map(\.code).filter { $0.contains("SECRET") }
    }

    private static let program = NodeType(
        "ProgramNode", family: "", "", parameters: [.init("args", .any), .init("folder", .string, default: "")],
        effect: .effect, .perform { _, _ in NodeResult() }
    ).passing(arguments: ["args"])

    @Test func `a secret among the arguments of a program is warned of`() throws {
        func codes(_ config: Object) throws -> [String] {
            try Self.codes(document(["a": ("ProgramNode", config)], []))
        }
        #expect(try codes(["args": ["--password", "{{$secret:shop}}"]]) == ["SECRET_IN_ARGUMENTS"])
        #expect(try codes(["args": "-p{{$secret:shop}}"]) == ["SECRET_IN_ARGUMENTS"])
        #expect(try codes(["args": "{{word}}", "folder": "{{$secret:shop}}"]).isEmpty)
    }

    @Test func `names that no secret can have are told of`() throws {
        #expect(
            try Self.codes(document(["a": ("ActNode", ["name": "{{$secret:My Shop}}"])], [])) == ["INVALID_SECRET_NAME"]
        )
        let shop = document(["a": ("SignInNode", ["credential_name": "My Shop"])], [])
        #expect(try Self.codes(shop) == ["INVALID_SECRET_NAME"])
        #expect(try Self.codes(document(shop, bindings: ["My Shop": "shop/api"])).isEmpty)
        #expect(try Self.codes(document(["a": ("ActNode", ["name": "{{$secret:shop/api.key@2}}"])], [])).isEmpty)
    }

    @Test(arguments: [["a": 1], ["a": "No Name"], 5] as [Value])
    func `words that stand for no secret are told of`(bindings: Value) throws {
        var members = try #require(document(["a": ("ActNode", ["name": "x"])], []).object)
        members["credential_bindings"] = bindings
        #expect(try Self.codes(.object(members)) == ["INVALID_SECRET_NAME"])
    }

    @Test func `references where nothing resolves them are told of`() throws {
        #expect(
            try Self.codes(document(["a": ("ActNode", ["name": "x"])], [], variables: ["v": ["{{$secret:shop}}"]]))
                == ["SECRET_NOT_RESOLVED"])
        #expect(
            try Self.codes(document(["a": ("SignInNode", ["credential_name": "{{which}}"])], []))
                == ["SECRET_NAMED_AT_RUN_TIME"])
    }
}
