import CasareDomain
import CasareWire
import Testing

/// Rotations of secrets on the wire.
struct RotationMessageTests {
    private static func read(_ json: Value) throws(WireDecodingError) -> RotateSecretRequest {
        try ValueDecoder.decode(from: json)
    }

    @Test(
        arguments: [
            [
                "value": "hunter2", "overlap_seconds": 60.0, "pending": true, "pending_seconds": 10.0,
                "reason": "it is old",
            ],
            ["fields": ["password": "a", "username": "b"], "expected_version": 3],
            ["generate": "password:32,classes=lower+digits", "field": "password"],
        ] as [Value])
    func `a request comes back from its JSON`(json: Value) throws {
        let written = try ValueEncoder.encode(try Self.read(json))
        let members = (written.object ?? [:]).filter { $0.value != .null }.map(\.key)
        #expect(Set(members) == Set((json.object ?? [:]).map(\.key)))
        for name in members { #expect(written[name] == json[name], "\(name)") }
        try RequestShape(of: RotateSecretRequest.self).check(json)
    }

    @Test func `a value is not printed with its request`() throws {
        let request = try Self.read(["value": "hunter2"])
        #expect(!"\(request)".contains("hunter2"))
        var dumped = ""
        dump(request, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test(
        arguments: [
            ([:], "value"), (["value": "hunter2", "generate": "uuid"], "value"),
            (["value": "hunter2", "field": "password"], "field"), (["generate": "hunter2"], "generate"),
            (["value": "hunter2", "overlap_seconds": -1], "overlap_seconds"),
            (["value": "hunter2", "overlap_seconds": 2_592_001], "overlap_seconds"),
            (["value": "hunter2", "pending_seconds": 60], "pending_seconds"),
            (["value": "hunter2", "pending": true, "pending_seconds": 9.9], "pending_seconds"),
            (["value": "hunter2", "pending": true, "pending_seconds": 86_401], "pending_seconds"),
            (["fields": ["Pass word": "hunter2"]], "fields"),
        ] as [(Value, String)])
    func `what makes no sense names the member, and never the value`(json: Value, path: String) {
        let error = #expect(throws: WireDecodingError.self) { try Self.read(json) }
        #expect(error?.path == path)
        if json["value"] != nil { #expect(error?.message.contains("hunter2") == false) }
    }

    @Test(
        arguments: [
            (["outcome": "promote", "version": 2], true), (["outcome": "promote"], false),
            (["outcome": "discard"], true),
            (["outcome": "discard", "version": 0], false), (["outcome": "discard", "version": 2_147_483_648], false),
            (["outcome": "else"], false), ([:], false), (["outcome": "discard", "overlap_seconds": -1], false),
        ] as [(Value, Bool)])
    func `an end says what became of which version`(json: Value, isFine: Bool) {
        let read = try? ValueDecoder.decode(EndRotationRequest.self, from: json)
        #expect((read != nil) == isFine)
    }

    @Test func `the schema lists all members`() throws {
        var catalogue = SchemaCatalogue(referencePrefix: "#/")
        _ = catalogue.schema(of: RotateSecretRequest.self)
        let names = catalogue.definitions["RotateSecretRequest"]?["properties"]?.object?.keys.sorted()
        #expect(
            names == [
                "expected_version", "field", "fields", "generate", "overlap_seconds", "pending", "pending_seconds",
                "reason", "value",
            ])
        _ = catalogue.schema(of: RotationPolicy.self)
        let policy = catalogue.definitions["RotationPolicy"]?["properties"]?.object?.keys.sorted()
        #expect(policy == ["every_seconds", "field", "generate", "hook", "overlap_seconds"])
    }
}
