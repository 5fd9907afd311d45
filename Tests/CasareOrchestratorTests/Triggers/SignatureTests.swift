import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareOrchestrator

/// Signatures against what the providers publish, and what their own libraries make.
struct SignatureTests {
    private static let now = Date(timeIntervalSince1970: 1_767_268_800)
    private static let secret = Array("a-secret-of-sixteen-bytes".utf8)
    private static let order = Array(#"{"order":7}"#.utf8)

    private static func message(_ headers: [String: String], _ body: String) -> HookMessage {
        HookMessage(headers: headers, body: Array(body.utf8))
    }

    // MARK: - GitHub

    /// The example of GitHub's documentation, "Testing the webhook payload validation":
    /// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    private static let gitHub = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    private static let gitHubSecret = Array("It's a Secret to Everybody".utf8)

    @Test func `GitHub's own example is verified`() throws {
        let auth = WebhookAuth(kind: .github)
        let message = Self.message(["x-hub-signature-256": "sha256=\(Self.gitHub)"], "Hello, World!")
        let proof = try auth.check(message, secrets: [Self.gitHubSecret], now: Self.now)
        #expect(proof == HookProof(mark: Self.gitHub))
    }

    private static let forged: [(String, String, SignatureFault)] = [
        ("sha256=\(gitHub)", "Hello, World?", .wrong),
        ("sha256=857107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17", "Hello, World!", .wrong),
        ("sha256=757107ea", "Hello, World!", .wrong), ("sha256=", "Hello, World!", .malformed),
        (gitHub, "Hello, World!", .malformed), ("sha1=\(gitHub)", "Hello, World!", .malformed),
        ("sha256=zz", "Hello, World!", .malformed),
    ]

    @Test(arguments: Self.forged)
    func `another body, signature or form is refused`(value: String, body: String, fault: SignatureFault) {
        let auth = WebhookAuth(kind: .github)
        #expect(throws: fault) {
            try auth.check(
                Self.message(["x-hub-signature-256": value], body), secrets: [Self.gitHubSecret], now: Self.now)
        }
    }

    // MARK: - Stripe

    /// Made by stripe 16.1.0 of PyPI: `stripe.WebhookSignature._compute_signature("1767268800." + body, secret)`, and
    /// taken by its `verify_header`.
    private static let stripe = "969548fbe4385994add8af836e7788203dc740957e5b4bad7f8a9d4c252f4e03"
    private static let stripeSecret = Array("whsec_3f9a1c5e7b2d4860".utf8)
    private static let stripeBody = #"{"id":"evt_1Nx","object":"event","type":"invoice.paid"}"#

    private static func checked(_ header: String, at now: Date = Self.now) throws(SignatureFault) -> HookProof {
        try WebhookAuth(kind: .stripe).check(
            self.message(["stripe-signature": header], self.stripeBody), secrets: [self.stripeSecret], now: now)
    }

    @Test func `what Stripe's library signs is verified, also beside others`() throws {
        #expect(try Self.checked("t=1767268800,v1=\(Self.stripe)") == HookProof(mark: Self.stripe))
        let others = "t=1767268800, v1=00ff, v1=\(Self.stripe), v0=\(Self.stripe)"
        #expect(try Self.checked(others).mark == Self.stripe)
    }

    private static let notSigned: [(String, SignatureFault)] = [
        ("t=1767268800,v0=\(stripe)", .malformed), ("t=1767268801,v1=\(stripe)", .wrong),
        ("v1=\(stripe)", .malformed), ("t=soon,v1=\(stripe)", .malformed), ("nonsense", .malformed),
        ("t=1767268800,v1=00ff", .wrong),
    ]

    @Test(arguments: Self.notSigned)
    func `what Stripe has not signed is refused`(header: String, fault: SignatureFault) {
        #expect(throws: fault) { try Self.checked(header) }
    }

    /// How much later than it was signed, and what follows.
    private static let ages: [(Double, SignatureFault?)] = [
        (-300, nil), (300, nil), (-301, .tooNew), (301, .tooOld),
    ]

    @Test(arguments: Self.ages)
    func `a signature counts within its tolerance, before and after`(age: Double, fault: SignatureFault?) {
        let header = "t=1767268800,v1=\(Self.stripe)"
        let now = Self.now.addingTimeInterval(age)
        if let fault {
            #expect(throws: fault) { try Self.checked(header, at: now) }
        } else {
            #expect(throws: Never.self) { try Self.checked(header, at: now) }
        }
    }

    // MARK: - Standard Webhooks

    /// The vector of the specification's libraries (standard-webhooks/standard-webhooks, and Svix before it).
    private static let standardSecret = Array("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".utf8)
    private static let standardHeaders = [
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ]
    private static let standardBody = #"{"test": 2432232314}"#
    private static let standardNow = Date(timeIntervalSince1970: 1_614_265_330)

    @Test func `the published vector of Standard Webhooks is verified, also behind others`() throws {
        let auth = WebhookAuth(kind: .standard)
        var headers = Self.standardHeaders
        let proof = try auth.check(
            Self.message(headers, Self.standardBody), secrets: [Self.standardSecret], now: Self.standardNow)
        #expect(proof.deliveryID == "msg_p5jXN8AQM9LWM0D4loKWxJek" && proof.mark?.utf8.count == 64)
        headers["webhook-signature"] = "v1a,xxxx v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        let again = try auth.check(
            Self.message(headers, Self.standardBody), secrets: [Self.secret, Self.standardSecret],
            now: Self.standardNow)
        #expect(again == proof)
    }

    /// Made by standardwebhooks 1.1.0 of PyPI: `Webhook(secret).sign("msg_2", timestamp, body)`.
    @Test func `what its library signs is verified`() throws {
        let proof = try WebhookAuth(kind: .standard).check(
            Self.message(
                [
                    "webhook-id": "msg_2", "webhook-timestamp": "1767268800",
                    "webhook-signature": "v1,bPtR9GhorD81222L42Bu2Gjuukush7pJyhE35+++KXE=",
                ], #"{"type":"order.paid","data":{"id":7}}"#), secrets: [Self.standardSecret], now: Self.now)
        #expect(proof.deliveryID == "msg_2")
    }

    @Test func `an ID with a full stop is refused, so that no time in a body counts as the signed one`() throws {
        // It was signed as msg_1 of the year 2001, and is cut elsewhere.
        let seconds = Int(Self.standardNow.timeIntervalSince1970)
        let signed = "msg_1.1000000000.note.\(seconds).evil"
        let key = try #require(StandardSignature.key(of: Self.standardSecret))
        let code = Data(MessageCode.sha256(of: Array(signed.utf8), key: key)).base64EncodedString()
        let message = Self.message(
            [
                "webhook-id": "msg_1.1000000000.note", "webhook-timestamp": "\(seconds)",
                "webhook-signature": "v1,\(code)",
            ], "evil")
        #expect(throws: SignatureFault.malformed) {
            try WebhookAuth(kind: .standard).check(
                message, secrets: [Self.standardSecret], now: Self.standardNow)
        }
    }

    private static let changedHeaders: [(String, String, SignatureFault)] = [
        ("webhook-id", "msg_other", .wrong), ("webhook-timestamp", "1614265331", .wrong),
        ("webhook-signature", "v1,AAAA", .wrong), ("webhook-signature", "v2,AAAA", .malformed),
        ("webhook-timestamp", "now", .malformed),
    ]

    @Test(arguments: Self.changedHeaders)
    func `each of its headers is signed`(name: String, value: String, fault: SignatureFault) {
        var headers = Self.standardHeaders
        headers[name] = value
        let message = Self.message(headers, Self.standardBody)
        #expect(throws: fault) {
            try WebhookAuth(kind: .standard).check(
                message, secrets: [Self.standardSecret], now: Self.standardNow)
        }
        headers[name] = nil
        let without = Self.message(headers, Self.standardBody)
        #expect(throws: SignatureFault.missing) {
            try WebhookAuth(kind: .standard).check(
                without, secrets: [Self.standardSecret], now: Self.standardNow)
        }
    }

    @Test(arguments: [(300.0, true), (301.0, false), (-300.0, true), (-301.0, false)])
    func `its time counts within the tolerance`(age: Double, isTaken: Bool) {
        let message = Self.message(Self.standardHeaders, Self.standardBody)
        let now = Self.standardNow.addingTimeInterval(age)
        let proof = try? WebhookAuth(kind: .standard).check(message, secrets: [Self.standardSecret], now: now)
        #expect((proof != nil) == isTaken)
    }

    // MARK: - HMAC and plain secrets

    /// Made by Python's hmac module of `{"order":7}` with the key `a-secret-of-sixteen-bytes`.
    private static let short = "54f23f5a371f51e3f1efd002b69ec57efef2cea2bd6a64971bc56497e104490c"
    private static let shortBase64 = "VPI/WjcfUePx79ACtp7Ffv7yzqK9amSXG8Vkl+EESQw="
    private static let long =
        "69ccd914d1afb089d4892346c503da7d99133de5103f0bbe4cfe5f56ba5a6e6c"
        + "dd3e57e4e4cbe1bdd41b09cb1232f66601f2883de3176e2a33a96aa5c991ff9b"
    /// The same of `1767268800.{"order":7}`.
    private static let timed = "fa3a236b620bb0f9df37559ba463f9bf4df9517e0a556b9f831b7d132a2046c5"

    private static let forms: [(WebhookAuth.Kind, String)] = [
        (.hmacSHA256, short), (.hmacSHA256, "sha256=\(short)"), (.hmacSHA256, shortBase64),
        (.hmacSHA256, short.uppercased()), (.hmacSHA512, long), (.hmacSHA512, "sha512=\(long)"),
    ]

    @Test(arguments: Self.forms)
    func `an HMAC is read in hex and base64`(kind: WebhookAuth.Kind, value: String) throws {
        let message = HookMessage(headers: ["x-webhook-signature": value], body: Self.order)
        let proof = try WebhookAuth(kind: kind).check(message, secrets: [Self.secret], now: Self.now)
        #expect(proof.mark == (kind == .hmacSHA512 ? Self.long : Self.short))
    }

    @Test func `an HMAC of another length or key is refused`() {
        for (kind, value) in [(WebhookAuth.Kind.hmacSHA256, Self.long), (.hmacSHA512, Self.short)] {
            let message = HookMessage(headers: ["x-webhook-signature": value], body: Self.order)
            #expect(throws: SignatureFault.malformed) {
                try WebhookAuth(kind: kind).check(message, secrets: [Self.secret], now: Self.now)
            }
        }
        let message = HookMessage(headers: ["x-webhook-signature": Self.short], body: Self.order)
        #expect(throws: SignatureFault.wrong) {
            try WebhookAuth(kind: .hmacSHA256).check(message, secrets: [Self.gitHubSecret], now: Self.now)
        }
        #expect(throws: SignatureFault.wrong) {
            try WebhookAuth(kind: .hmacSHA256).check(message, secrets: [], now: Self.now)
        }
    }

    @Test(arguments: Self.ages)
    func `an HMAC with a time counts within its tolerance`(age: Double, fault: SignatureFault?) {
        let auth = WebhookAuth(kind: .hmacSHA256, header: "X-Sum", timestampHeader: "X-Time")
        let message = HookMessage(headers: ["x-sum": Self.timed, "x-time": "1767268800"], body: Self.order)
        let now = Self.now.addingTimeInterval(age)
        if let fault {
            #expect(throws: fault) { try auth.check(message, secrets: [Self.secret], now: now) }
        } else {
            #expect(throws: Never.self) { try auth.check(message, secrets: [Self.secret], now: now) }
        }
        let without = HookMessage(headers: ["x-sum": Self.timed], body: Self.order)
        #expect(throws: SignatureFault.missing) { try auth.check(without, secrets: [Self.secret], now: now) }
    }

    private static let plain: [(WebhookAuth.Kind, String, String, SignatureFault?)] = [
        (.apiKey, "x-api-key", "a-secret-of-sixteen-bytes", nil),
        (.apiKey, "x-api-key", "a-secret-of-sixteen-byte", .wrong), (.apiKey, "x-api-key", "", .wrong),
        (.apiKey, "api-key", "a-secret-of-sixteen-bytes", .missing),
        (.bearer, "authorization", "Bearer a-secret-of-sixteen-bytes", nil),
        (.bearer, "authorization", "bearer a-secret-of-sixteen-bytes", nil),
        (.bearer, "authorization", "Bearer other", .wrong),
        (.bearer, "authorization", "a-secret-of-sixteen-bytes", .malformed),
    ]

    @Test(arguments: Self.plain)
    func `a plain secret is compared whole`(
        kind: WebhookAuth.Kind, header: String, value: String, fault: SignatureFault?
    ) {
        let message = HookMessage(headers: [header: value], body: Self.order)
        let secrets = [Self.gitHubSecret, Self.secret]
        if let fault {
            #expect(throws: fault) { try WebhookAuth(kind: kind).check(message, secrets: secrets, now: Self.now) }
        } else {
            #expect(throws: Never.self) {
                try WebhookAuth(kind: kind).check(message, secrets: secrets, now: Self.now)
            }
        }
    }

    @Test func `a hook without authentication takes everything`() throws {
        let proof = try WebhookAuth(kind: .none).check(
            HookMessage(headers: [:], body: []), secrets: [], now: Self.now)
        #expect(proof == HookProof())
    }

    @Test(arguments: [1.0, 300.0, 86_400.0])
    func `a request is remembered for longer than its signature can count`(tolerance: Double) {
        let auth = WebhookAuth(kind: .stripe, toleranceSeconds: tolerance)
        #expect(auth.markSeconds >= 2 * tolerance + 60)
    }

    @Test func `secrets that are made up fit their scheme and differ`() throws {
        for kind in WebhookAuth.Kind.allCases {
            let auth = WebhookAuth(kind: kind)
            #expect(auth.randomSecret() != auth.randomSecret())
        }
        let standard = WebhookAuth(kind: .standard).randomSecret()
        #expect(standard.hasPrefix("whsec_"))
        #expect(StandardSignature.key(of: Array(standard.utf8))?.count == 32)
        #expect(StandardSignature.key(of: Array("not base64!".utf8)) == nil)
    }
}
