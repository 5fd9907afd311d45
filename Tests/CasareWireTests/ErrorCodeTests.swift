import CasareWire
import Testing

struct ErrorCodeTests {
    @Test func `every code has a status of its family`() {
        for code in ErrorCode.allCases {
            #expect((400..<600).contains(code.status), "\(code.rawValue)")
        }
        #expect(ErrorCode(rawValue: "LEASE_LOST")?.status == 409)
        #expect(ErrorCode(rawValue: "VALIDATION_ERROR")?.status == 422)
        #expect(ErrorCode(rawValue: "SERVICE_UNAVAILABLE")?.status == 503)
    }
}
