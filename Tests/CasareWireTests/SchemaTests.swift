import CasareDomain
import CasareWire
import Testing

struct SchemaTests {
    @Test func `a schema lists the members that the type reads`() throws {
        var catalogue = SchemaCatalogue(referencePrefix: "#/")
        #expect(catalogue.schema(of: SubmitBatchRequest.self) == ["$ref": "#/SubmitBatchRequest"])
        let submit = try #require(catalogue.definitions["SubmitJobRequest"])
        let names = submit["properties"]?.object?.keys.sorted()
        #expect(
            names == [
                "delay_seconds", "document", "environment", "expires_at", "expires_in_seconds", "idempotency_key",
                "options", "priority", "queue_key", "requirements", "run_at", "unique", "variables", "version",
                "workflow",
            ])
        #expect(submit["required"] == nil)
        let job = try #require(catalogue.definitions["JobOptions"])
        #expect(job["properties"]?["timeout_seconds"] != nil)
    }

    @Test func `a type that refuses the sample values is described all the same`() throws {
        var catalogue = SchemaCatalogue(referencePrefix: "#/")
        _ = catalogue.schema(of: OpenSessionRequest.self)
        let open = try #require(catalogue.definitions["OpenSessionRequest"])
        #expect(open["required"] == ["boot_id", "slots"])
        _ = catalogue.schema(of: FailRequest.self)
        let fail = try #require(catalogue.definitions["FailRequest"])
        #expect(fail["required"] == ["token", "failure"])
        #expect(
            catalogue.definitions["Failure"]?["properties"]?["kind"]?["enum"]
                == ["application", "business", "timeout", "crash_loop", "expired", "rejected"])
    }
}
