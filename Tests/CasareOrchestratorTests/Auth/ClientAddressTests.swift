import CasareDomain
@testable import CasareOrchestrator
import Testing

struct ClientAddressTests {
    private static let proxies = ["10.0.0.0/8", "::1"].compactMap { AddressRange($0) }

    @Test(
        arguments: [
            // Nobody is believed who is no proxy of ours.
            (["203.0.113.9"], "198.51.100.7", "198.51.100.7"),
            ([], "10.0.0.1", "10.0.0.1"),
            (["203.0.113.9"], "10.0.0.1", "203.0.113.9"),
            // What stands before the last foreign address, that one may have made up.
            (["192.0.2.1, 203.0.113.9"], "10.0.0.1", "203.0.113.9"),
            (["192.0.2.1", "203.0.113.9, 10.2.3.4"], "10.0.0.1", "203.0.113.9"),
            (["10.9.9.9"], "10.0.0.1", "10.9.9.9"),
            (["203.0.113.9:4711"], "::1", "203.0.113.9"), (["[2001:db8::1]:443"], "::1", "2001:db8::1"),
            (["2001:db8::1"], "::ffff:10.0.0.1", "2001:db8::1"),
            (["203.0.113.9, unknown"], "10.0.0.1", "10.0.0.1"), ([""], "10.0.0.1", "10.0.0.1"),
        ] as [([String], String, String)])
    func `a request comes from the last address that no trusted proxy has`(
        fields: [String], peer: String, expected: String
    ) {
        let address = ClientAddress.of(forwardedFor: fields, peer: peer, trusting: Self.proxies)
        #expect(address?.description == expected)
    }

    @Test func `no more than twenty addresses are looked at`() {
        func address(before count: Int) -> String? {
            let fields = ["203.0.113.9", "10.1.1.1"] + Array(repeating: "10.2.3.4", count: count)
            return ClientAddress.of(
                forwardedFor: [fields.joined(separator: ", ")], peer: "10.0.0.1", trusting: Self.proxies)?.description
        }
        #expect(address(before: 18) == "203.0.113.9")
        #expect(address(before: 19) == "10.1.1.1")
        #expect(address(before: 20) == "10.2.3.4")
    }

    @Test func `without an address of the other end nobody is believed`() {
        #expect(ClientAddress.of(forwardedFor: ["203.0.113.9"], peer: nil, trusting: Self.proxies) == nil)
        #expect(ClientAddress.of(forwardedFor: [], peer: "/tmp/socket", trusting: Self.proxies) == nil)
    }
}
