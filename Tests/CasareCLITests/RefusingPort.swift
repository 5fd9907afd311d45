import Glibc
import Testing

/// Gives the body a port of this machine that refuses connections: it is bound, so that nothing else can take it, and
/// nothing listens there.
func withRefusingPort<Result>(_ body: (Int) throws -> Result) throws -> Result {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutablePointer(to: &address) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            try #require(bind(descriptor, pointer, length) == 0)
            try #require(getsockname(descriptor, pointer, &length) == 0)
        }
    }
    return try body(Int(UInt16(bigEndian: address.sin_port)))
}
