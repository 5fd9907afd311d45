import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

struct SubmitRequestTests {
    private static func decode(_ members: Object) throws -> SubmitJobRequest {
        var body: Object = ["workflow": "w"]
        for (key, value) in members { body[key] = value }
        return try ValueDecoder.decode(from: .object(body))
    }

    private static func complaint(_ members: Object) -> String? {
        do {
            _ = try Self.decode(members)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `everything that a submit may ask comes through, both ways`() throws {
        let request = try Self.decode([
            "queue_key": "customer 7", "expires_in_seconds": 60.0,
            "requirements": ["tags": ["gpu", "eu"], "capabilities": ["excel"], "robot": "r1"],
            "unique": ["key": "k", "debounce_seconds": 5.0, "debounce_max_seconds": 30.0],
        ])
        #expect(request.queueKey == "customer 7" && request.expiresInSeconds == 60)
        #expect(request.requirements?.tags == ["eu", "gpu"] && request.requirements?.robot?.rawValue == "r1")
        #expect(request.unique == (try Job.Uniqueness("k", debounceSeconds: 5, secondsMax: 30)))
        let again: SubmitJobRequest = try ValueDecoder.decode(from: try ValueEncoder.encode(request))
        #expect(again == request)
    }

    @Test func `what is not asked for is not written, as servers before it knew of it refuse it`() throws {
        let json = try ValueEncoder.encode(SubmitJobRequest(workflow: "w"))
        #expect(
            json.object?.keys == [
                "workflow", "document", "version", "variables", "priority", "environment", "idempotency_key",
                "delay_seconds", "run_at", "options",
            ])
    }

    @Test(
        arguments: [
            (["queue_key": ""], "queue_key: expected 1 to 255 characters"),
            (["queue_key": "a\nb"], "queue_key: holds the control character U+000A; leave it out"),
            (["requirements": ["tags": [""]]], "requirements.tags[0]: expected 1 to 64 characters"),
            (
                ["requirements": ["capabilities": ["\u{7}"]]],
                "requirements.capabilities[0]: holds the control character"
            ),
            (["expires_in_seconds": 0.0], "expires_in_seconds: expected seconds above 0, up to 2592000, got 0.0"),
            (["expires_in_seconds": 2_592_001.0], "expires_in_seconds: expected seconds above 0, up to 2592000"),
            (
                ["expires_in_seconds": 5.0, "delay_seconds": 5.0],
                "expires_in_seconds: is over before the job may begin, after 5.0 seconds"
            ),
            (
                ["expires_in_seconds": 5.0, "expires_at": "2030-01-01T00:00:00Z"],
                "expires_at: give expires_in_seconds or expires_at, not both"
            ),
            (["expires_at": "1999-01-01T00:00:00Z"], "expires_at: expected a time from 2000-01-01T00:00:00"),
            (
                ["expires_at": "2030-01-01T00:00:00Z", "run_at": "2030-01-01T00:00:00Z"],
                "expires_at: is over before the job may begin, at 2030-01-01T00:00:00"
            ),
            (["unique": [:]], "unique.key: is required"),
            (["unique": ["key": ""]], "unique.key: expected 1 to 255 characters"),
            (["unique": ["key": "k", "scope": "window"]], "unique.window_seconds: is required for the scope window"),
            (
                ["unique": ["key": "k", "scope": "waiting", "window_seconds": 5.0]],
                "unique.window_seconds: belongs to the scope window, and the scope is waiting"
            ),
            (
                ["unique": ["key": "k", "window_seconds": 0.0]],
                "unique.window_seconds: expected seconds above 0, up to 2592000, got 0.0"
            ),
            (
                ["unique": ["key": "k", "debounce_max_seconds": 5.0]],
                "unique.debounce_max_seconds: belongs to debounce_seconds; give that too"
            ),
            (
                ["unique": ["key": "k", "debounce_seconds": 6.0, "debounce_max_seconds": 5.0]],
                "unique.debounce_max_seconds: is less than debounce_seconds; no job would wait that long"
            ),
            (
                ["unique": ["key": "k", "debounce_seconds": 5.0, "on_conflict": "reject"]],
                "unique.on_conflict: is replace for a job with debounce_seconds; leave it out"
            ),
            (
                ["unique": ["key": "k", "debounce_seconds": 5.0, "scope": "unfinished"]],
                "unique.scope: is waiting for a job with debounce_seconds; leave it out"
            ),
            (
                ["unique": ["key": "k", "debounce_seconds": 5.0], "delay_seconds": 1.0],
                "unique.debounce_seconds: says when the job begins; leave out delay_seconds and run_at"
            ),
            (["delay_seconds": 2_592_001.0], "delay_seconds: expected seconds from 0 to 2592000, got 2592001.0"),
        ] as [(Object, String)])
    func `a wrong member is named, with what it takes`(members: Object, message: String) {
        let complaint = Self.complaint(members)
        #expect(complaint?.hasPrefix(message) == true, "\(complaint ?? "it was taken")")
    }

    @Test func `the description has the members of each part`() throws {
        var catalogue = SchemaCatalogue(referencePrefix: "#/")
        _ = catalogue.schema(of: SubmitJobRequest.self)
        let unique = try #require(catalogue.definitions["JobUniqueness"])
        #expect(
            unique["properties"]?.object?.keys == [
                "key", "scope", "window_seconds", "on_conflict", "debounce_seconds", "debounce_max_seconds",
            ])
        #expect(unique["required"] == ["key"])
        let requirements = try #require(catalogue.definitions["JobRequirements"])
        #expect(requirements["properties"]?.object?.keys == ["tags", "capabilities", "robot"])
        #expect(throws: WireDecodingError.self) {
            try RequestShape(of: SubmitJobRequest.self).check(["unique": ["key": "k", "widnow_seconds": 5]])
        }
    }
}
