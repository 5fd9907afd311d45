import CasareDomain
import Testing

struct AuditCanonicalTests {
    @Test func `an entry is hashed as its fields in order, each with its length`() {
        let entry = AuditEntry(
            tenant: .default, id: 42, at: "2026-01-02T03:04:05.000006Z", actor: "änn", actorKind: "token",
            action: "secret.reveal", subject: "db/main", outcome: .granted, reason: nil, source: "10.0.0.1",
            requestID: "req_1", traceID: nil, detail: #"{"version": 3}"#)
        let text = """
            casare-audit-entry 1
            1:1
            2:42
            27:2026-01-02T03:04:05.000006Z
            4:änn
            5:token
            13:secret.reveal
            7:db/main
            7:granted
            -
            8:10.0.0.1
            5:req_1
            -
            14:{"version": 3}

            """
        #expect(String(decoding: entry.canonical, as: UTF8.self) == text)
    }

    @Test func `no field and an empty field are hashed differently`() {
        func canonical(_ subject: String?, _ reason: String?) -> [UInt8] {
            AuditEntry(
                tenant: .default, id: 1, at: "", actor: "a", actorKind: "token", action: "a.b", subject: subject,
                outcome: .failed, reason: reason, source: nil, requestID: nil, traceID: nil, detail: nil
            ).canonical
        }
        #expect(canonical(nil, nil) != canonical("", nil))
        #expect(canonical("x", nil) != canonical(nil, "x"))
        // A field cannot pretend to be two.
        #expect(canonical("a\n1:b", nil) != canonical("a", "b"))
    }

    @Test func `hashes and places are read as they are written`() {
        let hash = AuditHash((0..<32).map { UInt8($0 * 8) })
        let text = hash?.description ?? ""
        #expect(text.count == 64 && AuditHash(text) == hash)
        #expect(AuditHash(String(text.dropLast())) == nil && AuditHash(String(text.dropLast()) + "g") == nil)
        #expect(AuditHash([UInt8](repeating: 0, count: 31)) == nil)
        let place = AuditPlace(number: 7, entry: 12, hash: hash ?? .zero)
        #expect(AuditPlace(place.text) == place)
        for wrong in ["", "7:12", "7:12:zz", "-1:12:\(text)", "7:12:\(text):"] { #expect(AuditPlace(wrong) == nil) }
    }
}
