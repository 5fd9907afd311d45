import CasareDomain
import Testing

struct NetworkAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
        ("::1", "::1"), ("2001:DB8::1", "2001:db8::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
        ("fe80::1%eth0", "fe80::1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"),
        ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("1::", "1::"),
    ])
    func `an address is written in one form`(given: String, text: String) {
        #expect(NetworkAddress(given)?.description == text)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.+4", "1.2.3.4 ", ":", ":::", "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1:2:3:4:5:6:7:8", "12345::", "g::", "1.2.3.4::", "::1.2.3",
        "localhost", "-1.0.0.0", "1:2:3:4:5:6:7:", ":1:2:3:4:5:6:7",
    ])
    func `what is no address is refused`(text: String) {
        #expect(NetworkAddress(text) == nil)
    }
}

struct AddressRangeTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.0.0.0/8"), ("192.0.2.7", "192.0.2.7/32"), ("0.0.0.0/0", "0.0.0.0/0"), ("::/0", "::/0"),
        ("2001:db8::/32", "2001:db8::/32"), ("::1", "::1/128"), ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("192.0.2.128/25", "192.0.2.128/25"),
    ])
    func `a range is written in one form`(given: String, text: String) {
        #expect(AddressRange(given)?.description == text)
    }

    @Test(arguments: [
        "", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/8/8", "10.0.0.0/+8", "10.0.0.0/ 8", "::1/129",
        "2001:db8::1/32", "/8", "10.0.0.0/-1", "fe80::1%eth0", "::ffff:10.0.0.0/95",
    ])
    func `what is no range, or has bits behind its prefix, is refused`(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.0/8", "9.255.255.255", false),
        ("192.0.2.128/25", "192.0.2.128", true), ("192.0.2.128/25", "192.0.2.127", false),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false), ("0.0.0.0/0", "203.0.113.9", true),
        ("0.0.0.0/0", "::1", false), ("::/0", "192.0.2.1", false), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("10.0.0.0/8", "::ffff:10.1.2.3", true),
    ])
    func `a range holds the addresses that begin as it does`(range: String, address: String, isWithin: Bool) throws {
        let range = try #require(AddressRange(range))
        let address = try #require(NetworkAddress(address))
        #expect(range.contains(address) == isWithin)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.1.0.0/16", true), ("10.0.0.0/8", "10.0.0.0/8", true), ("10.0.0.0/8", "10.0.0.0/7", false),
        ("10.0.0.0/8", "11.0.0.0/16", false), ("10.0.0.0/8", "::/0", false), ("0.0.0.0/0", "192.0.2.7", true),
    ])
    func `a range is within another one that begins as it does`(outer: String, inner: String, isWithin: Bool) throws {
        let outer = try #require(AddressRange(outer))
        let inner = try #require(AddressRange(inner))
        #expect(outer.contains(inner) == isWithin)
    }

    @Test(arguments: [
        ("localhost", true), ("LOCALHOST", true), ("127.0.0.1", true), ("127.255.255.255", true), ("::1", true),
        ("::ffff:127.0.0.1", true), ("128.0.0.1", false), ("126.255.255.255", false), ("::2", false),
        ("0.0.0.0", false), ("", false), ("localhost.example", false), ("127.0.0.1.example", false),
        ("127.1", false), ("vault", false),
    ])
    func `what is sent to loopback stays on the machine`(host: String, stays: Bool) {
        #expect(NetworkAddress.isLoopback(host: host) == stays)
    }

    @Test func `the range around an address is cut to its prefix`() throws {
        let address = try #require(NetworkAddress("2001:db8:1:2:3:4:5:6"))
        #expect(AddressRange(address, prefixLength: 64).description == "2001:db8:1:2::/64")
        #expect(AddressRange(address, prefixLength: 999).description == "2001:db8:1:2:3:4:5:6/128")
    }
}
