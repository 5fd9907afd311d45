import Glibc

/// A port of loopback where connections are refused. It stays taken for the whole of the tests, so that no server of
/// another test comes to listen there.
package enum ClosedPort {
    package static let number: Int = {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Bound, and never listening: the socket is left open on purpose.
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 && getsockname(socket, address, &length) == 0
            }
        }
        precondition(isBound, "No port on loopback")
        return Int(UInt16(bigEndian: address.sin_port))
    }()
}
