import CasareNodes
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:0:192.168.0.1", "64:ff9b::10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::1.1.1.1", "2002:7f00:1::", "2002:c0a8:101::1", "2001:0:1:2::3", "fc00::1",
        "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1", "::2:3:4",
    ])
    func `addresses of networks of their own are internal`(text: String) throws {
        #expect(try #require(IPAddress(text)).isInternal)
    }

    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1", "2002:101:101::1", "2001:db8::1", "fbff::1",
    ])
    func `other addresses are everybody's`(text: String) throws {
        #expect(try #require(IPAddress(text)).isInternal == false)
    }

    @Test(arguments: [
        "", "1.2.3", "127.1", "0x7f000001", "1.2.3.4.5", "fe80::1%eth0", "[::1]", "localhost", "1.2.3.400",
    ])
    func `only full numeric addresses are addresses`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `an address prints in its shortest form`() {
        #expect(IPAddress("2001:0DB8:0:0:0:0:0:1")?.description == "2001:db8::1")
        #expect(IPAddress("127.0.0.1")?.description == "127.0.0.1")
    }
}
