import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where lines of the log go.
struct LogOutput: Sendable {
    /// Takes a whole line with its end.
    let write: @Sendable ([UInt8]) -> Void

    static let standardError = LogOutput { Self.write($0, to: STDERR_FILENO) }

    private static let turn = Mutex(())

    /// Writes a line at once where the file takes it at once, as files and terminals do, and pipes up to 4 KB. What is
    /// longer may go in pieces, between which no other line of this process comes.
    ///
    /// It waits as long as a pipe is full that nobody reads, as writing to standard error always does. What cannot be
    /// written is lost: there is no other place to say so.
    static func write(_ line: [UInt8], to descriptor: Int32) {
        Self.turn.withLock { _ in
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let written = Self.write(rest, to: descriptor)
                    if written < 0, errno == EINTR { continue }
                    guard written > 0 else { return }
                    rest = rest.dropFirst(written)
                }
            }
        }
    }

    private static func write(_ bytes: Slice<UnsafeRawBufferPointer>, to descriptor: Int32) -> Int {
        let part = UnsafeRawBufferPointer(rebasing: bytes)
        #if canImport(Glibc)
            return Glibc.write(descriptor, part.baseAddress, part.count)
        #else
            return Darwin.write(descriptor, part.baseAddress, part.count)
        #endif
    }
}
