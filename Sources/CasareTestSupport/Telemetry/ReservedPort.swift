import Glibc

/// Gives `body` a port of loopback where connections are refused until it listens there itself, as often as it likes.
/// Nobody else is given the port meanwhile.
///
/// A socket is bound to it and does not listen. Servers that set `SO_REUSEADDR`, as this one does, may bind to the same
/// port; the system, when it chooses ports, leaves it out.
package func withReservedPort<Result>(_ body: (Int) async throws -> Result) async throws -> Result {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var isReused: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(socket, address, length) == 0 && getsockname(socket, address, &length) == 0
        }
    }
    precondition(isBound, "No port on loopback")
    return try await body(Int(UInt16(bigEndian: address.sin_port)))
}
