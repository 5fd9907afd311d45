import CasareDomain
import CasareWire
import Testing

struct TriggerMessageTests {
    private static let plain: Object = ["webhook": ["auth": ["kind": "github"]], "workflow": "deploy"]

    private static func spec(_ changes: Object) throws -> TriggerSpec {
        try TriggerSpec(json: TriggerSpec.merged(changes, into: self.plain))
    }

    @Test func `a spec has its defaults, and reads as it was written`() throws {
        let spec = try Self.spec([:])
        guard case .webhook(let webhook) = spec.source else {
            Issue.record("it is no webhook")
            return
        }
        #expect(webhook.methods == [.post] && webhook.bodyBytesMax == 1_048_576)
        #expect(webhook.auth.toleranceSeconds == 300 && webhook.auth.secretHeader == "x-hub-signature-256")
        #expect(spec.environment == "default" && spec.priority == .normal && spec.concurrencyMax == nil)
        #expect(spec.json == Self.plain)
    }

    @Test func `a whole spec comes back from its JSON`() throws {
        let json: Object = [
            "webhook": [
                "auth": [
                    "kind": "hmac_sha512", "header": "x-sum", "timestamp_header": "x-time", "tolerance_seconds": 60.0,
                ],
                "methods": ["PUT", "POST"], "headers": ["x-event": "paid"], "body_max_bytes": 10,
                "variables": ["id": "/order/id"], "delivery_header": "x-id",
            ],
            "workflow": "invoices", "workflow_version": 3, "variables": ["orderID": 1.5], "priority": 15,
            "environment": "prod", "queue_key": "k", "cooldown_seconds": 2.0, "dedup": "/order/id",
            "dedup_seconds": 5.0, "concurrency_max": 2, "description": "orders",
        ]
        #expect(try TriggerSpec(json: json).json == json)
        let job: Object = [
            "job": [
                "kinds": ["failed", "cancelled"], "workflows": ["a"], "exclude_self": false, "error_contains": "bank",
                "variables": ["job": "/job"],
            ],
            "workflow": "tell",
        ]
        #expect(try TriggerSpec(json: job).json == job)
    }

    private static let wrong: [(Object, String)] = [
        (["webhook": .null], "webhook"),
        (["job": ["kinds": ["failed"]]], "job"),
        (["webhook": ["auth": .null]], "webhook.auth"),
        (["webhook": ["auth": ["kind": "jwt"]]], "webhook.auth.kind"),
        (["webhook": ["auth": ["header": "x"]]], "webhook.auth.header"),
        (["webhook": ["auth": ["tolerance_seconds": 0.5]]], "webhook.auth.tolerance_seconds"),
        (["webhook": ["auth": ["tolerance_seconds": 86_401]]], "webhook.auth.tolerance_seconds"),
        (["webhook": ["auth": ["timestamp_header": "x-t"]]], "webhook.auth.timestamp_header"),
        (["webhook": ["methods": []]], "webhook.methods"),
        (["webhook": ["methods": ["POST", "POST"]]], "webhook.methods"),
        (["webhook": ["headers": ["a b": "x"]]], "webhook.headers"),
        (["webhook": ["headers": ["Authorization": "x"]]], "webhook.headers"),
        (["webhook": ["body_max_bytes": 8_388_609]], "webhook.body_max_bytes"),
        (["webhook": ["variables": ["v": "nowhere"]]], "webhook.variables"),
        (["webhook": ["variables": ["v": "header.X-Hub-Signature-256"]]], "webhook.variables"),
        (["webhook": ["variables": ["v": 7]]], "webhook.variables"),
        (["webhook": ["delivery_header": "Cookie"]], "webhook.delivery_header"),
        (["webhook": ["bodymax": 1]], "webhook.bodymax"),
        (["workflow": ""], "workflow"),
        (["workflow": .null], "workflow"),
        (["cooldown_seconds": 0], "cooldown_seconds"),
        (["concurrency_max": 0], "concurrency_max"),
        (["concurrency_max": 1001], "concurrency_max"),
        (["dedup": "header.authorization"], "dedup"),
        (["dedup_seconds": 604_801], "dedup_seconds"),
        (["priority": 21], "priority"),
    ]

    @Test(arguments: Self.wrong)
    func `what no trigger can have is refused, naming the member`(changes: Object, path: String) throws {
        let error = #expect(throws: WireDecodingError.self) { try Self.spec(changes) }
        #expect(error?.path == path)
        #expect(error?.message.isEmpty == false)
    }

    @Test(arguments: [(15, false), (16, true), (1024, true), (1025, false)])
    func `a secret has a length that cannot be guessed`(bytes: Int, isTaken: Bool) throws {
        let body: Value = [
            "name": "a", "spec": .object(Self.plain), "secret": .string(String(repeating: "s", count: bytes)),
        ]
        let read = Result { try ValueDecoder.decode(CreateTriggerRequest.self, from: body) }
        switch read {
        case .success: #expect(isTaken)
        case .failure(let error):
            #expect(!isTaken)
            #expect(!"\(error)".contains("sss"))
        }
    }

    @Test func `a name is not an ID, and a patch changes what it names only`() throws {
        #expect(throws: WireDecodingError.self) {
            try TriggerName.check("0197f3a0-0000-7000-8000-000000000001", "name")
        }
        let spec = try Self.spec(["cooldown_seconds": 5, "variables": ["a": 1]])
        let changed = try spec.changed(by: ["cooldown_seconds": .null, "variables": ["b": 2]])
        #expect(changed.cooldownSeconds == nil && changed.variables == ["a": 1, "b": 2])
        #expect(changed.source == spec.source && changed.workflow == spec.workflow)
    }
}
