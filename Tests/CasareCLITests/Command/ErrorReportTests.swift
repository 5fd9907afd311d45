import CasareClient
import CasareDomain
import CasareWire
import Testing

@testable import CasareCLI

struct ErrorReportTests {
    private static func problem(
        _ status: Int, _ code: String, _ message: String = "it failed", field: String? = nil, details: Object? = nil
    ) -> ClientError {
        .api(
            ClientError.Problem(
                status: status, codeText: code, message: message, field: field, details: details, requestID: "r1",
                retryAfterSeconds: nil))
    }

    @Test(arguments: [
        (401, "AUTH_TOKEN_MISSING", 3), (401, "AUTH_TOKEN_INVALID", 3), (403, "AUTH_INSUFFICIENT_PERMISSIONS", 6),
        (404, "RESOURCE_NOT_FOUND", 4), (409, "RESOURCE_CONFLICT", 5), (409, "INVALID_STATE_TRANSITION", 5),
        (409, "IDEMPOTENCY_CONFLICT", 5), (413, "BODY_TOO_LARGE", 1), (422, "VALIDATION_ERROR", 1),
        (400, "INVALID_JSON", 1), (503, "SERVICE_UNAVAILABLE", 10),
        (503, "DATABASE_TIMEOUT", 10), (500, "INTERNAL_ERROR", 1), (403, "TENANT_SUSPENDED", 6),
        (403, "QUOTA_EXCEEDED", 5), (429, "QUOTA_EXCEEDED_FOR_NOW", 10), (429, "TOO_MANY_REQUESTS", 10),
        (409, "APPROVAL_REQUIRED", 12),
        // Codes of a newer server go by the HTTP status.
        (401, "NEW", 3), (403, "NEW", 6), (404, "NEW", 4), (409, "NEW", 5), (429, "NEW", 10), (418, "NEW", 1),
    ])
    func `every answer of the server has its exit status`(status: Int, code: String, exit: Int32) {
        #expect(ErrorReport.failure(for: Self.problem(status, code)).status.rawValue == exit)
    }

    @Test(
        arguments: [
            (ClientError.unreachable(url: "http://h", reason: "refused"), 10),
            (.timedOut(operation: "GET /x", after: .seconds(1)), 10),
            (.versionSkew(operation: "GET /x", serverVersion: "9", reason: "no such route"), 11),
            (.notCasare(url: "http://h", reason: "odd"), 1), (.cancelled, 130), (.invalidURL("x"), 1),
            (.tlsFailed(url: "https://h", reason: "odd"), 1), (.invalidTLS("x"), 1),
        ] as [(ClientError, Int32)])
    func `so has everything that goes wrong on the way`(error: ClientError, exit: Int32) {
        #expect(ErrorReport.failure(for: error).status.rawValue == exit)
    }

    @Test func `every code that the server has is known, and few of them have no number of their own`() {
        let codes = ErrorCode.allCases.filter {
            ErrorReport.failure(for: Self.problem($0.status, $0.rawValue)).status == .failure
        }
        #expect(
            codes.map(\.rawValue) == [
                "METHOD_NOT_ALLOWED", "BODY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "VALIDATION_ERROR", "INVALID_JSON",
                "INVALID_INPUT", "INTERNAL_ERROR", "NEEDS_DATABASE", "SEALING_KEY_MISSING",
            ])
    }

    @Test func `who is suspended is not told to ask who they are`() {
        let suspended = ErrorReport.failure(for: Self.problem(403, "TENANT_SUSPENDED", "the tenant is suspended"))
        #expect(suspended == CommandFailure(.forbidden, "the tenant is suspended"))
        let forbidden = ErrorReport.failure(for: Self.problem(403, "AUTH_INSUFFICIENT_PERMISSIONS", "no"))
        #expect(forbidden.message.hasSuffix("casarectl whoami shows whom the server takes you for"))
    }

    @Test func `a report says what to do next`() {
        let unreachable = ErrorReport.failure(for: ClientError.unreachable(url: "http://h", reason: "refused"))
        #expect(
            ErrorReport.line(unreachable)
                == "casarectl: cannot reach http://h: refused; is the server running? "
                + "casarectl dev starts one on this machine, casarectl context use NAME turns to another")
        #expect(
            ErrorReport.failure(for: Self.problem(401, "AUTH_TOKEN_INVALID", "the token is revoked")).message
                == "the token is revoked; run casarectl login")
    }

    @Test func `whoever shows a certificate or the token of an enrollment is not told to sign in`() throws {
        let refused = ErrorReport.failure(forStranger: Self.problem(401, "AUTH_TOKEN_INVALID", "ask for another"))
        #expect(refused == CommandFailure(.notSignedIn, "ask for another"))
        let url = try #require(ServerURL("https://h"))
        let revoked = Self.problem(401, "AUTH_TOKEN_INVALID", "the certificate is revoked")
        #expect(
            CertificateRenewing.failure(for: revoked, at: url)
                == CommandFailure(.notSignedIn, "the certificate is revoked"))
        let unseen = CertificateRenewing.failure(for: Self.problem(401, "AUTH_TOKEN_MISSING", "send a token"), at: url)
        #expect(unseen.status == .notSignedIn && unseen.message.hasPrefix("https://h was shown no certificate"))
        // All else is as it is for everybody.
        let gone = Self.problem(404, "RESOURCE_NOT_FOUND", "no robot mill-1")
        #expect(CertificateRenewing.failure(for: gone, at: url) == ErrorReport.failure(for: gone))
    }

    @Test func `a report is one line, whatever the server says`() {
        let line = ErrorReport.line(
            ErrorReport.failure(for: Self.problem(404, "RESOURCE_NOT_FOUND", "no\n\tjob \u{1B}[2J")))
        #expect(line == "casarectl: no job \\u{1b}[2J")
    }

    @Test func `the first few problems of a request are in the line`() {
        let issues: Object = [
            "issues": [
                ["severity": "warning", "message": "w"], ["severity": "error", "message": "one", "location": "node:x"],
                ["severity": "error", "message": "two"], ["severity": "error", "message": "three"],
                ["severity": "error", "message": "four"],
            ]
        ]
        #expect(
            ErrorReport.failure(
                for: Self.problem(422, "VALIDATION_ERROR", "the workflow is not valid", details: issues)
            ).message
                == "the workflow is not valid: one [node:x]; two; three; and 1 more")
        #expect(
            ErrorReport.failure(for: Self.problem(422, "VALIDATION_ERROR", "not valid: three; four", details: issues))
                .message
                == "not valid: three; four: one [node:x]; two")
        #expect(
            ErrorReport.failure(for: Self.problem(400, "INVALID_INPUT", "expected a number", field: "limit")).message
                == "limit: expected a number")
    }

    @Test(arguments: [
        ("idempotency_key", "idempotency key \"k\" was used", "idempotency key \"k\" was used"),
        ("from_step", "job 1 has recorded no step 9", "job 1 has recorded no step 9"),
        ("result", "holds more than 8 MiB", "result holds more than 8 MiB"),
        ("run_at", "expected a time", "run at: expected a time"),
    ])
    func `people read sentences, not the names of a request's members`(field: String, message: String, text: String) {
        let failure = ErrorReport.failure(for: Self.problem(409, "RESOURCE_CONFLICT", message, field: field))
        #expect(failure.message == text)
    }

    @Test func `of a bulk, a lone failure is itself and one of several is part of it`() async {
        let items = ["a", "b", "c"].map { Selection.Item(id: $0, detail: "") }
        let outcome = await BulkOutcome.of(items, verb: "try") { item in
            if item.id == "b" { throw Self.problem(409, "INVALID_STATE_TRANSITION") }
            return item.id
        }
        #expect(outcome.done == ["a", "c"])
        let several = #expect(throws: CommandFailure.self) {
            try outcome.check(Selection(items: items, noun: "job"))
        }
        #expect(several == CommandFailure(.partOfBulkFailed, "2 of 3 jobs done, 1 failed, 0 not tried"))
        let lone = #expect(throws: CommandFailure.self) {
            try outcome.check(Selection(items: [items[1]], noun: "job"))
        }
        #expect(lone?.status == .conflict)
    }

    @Test func `a bulk stops when the server refuses the person`() async {
        let items = ["a", "b", "c"].map { Selection.Item(id: $0, detail: "") }
        let outcome = await BulkOutcome<String>.of(items, verb: "try") { _ in
            throw Self.problem(403, "AUTH_INSUFFICIENT_PERMISSIONS")
        }
        #expect(outcome.failures.map(\.id) == ["a"])
    }
}
