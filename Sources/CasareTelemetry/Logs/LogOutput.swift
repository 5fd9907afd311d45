import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where lines of the log go.
package struct LogOutput: Sendable {
    /// Takes a whole line with its end.
    let write: @Sendable ([UInt8]) -> Void

    static let standardError = LogOutput { Self.writeToStandardError($0) }

    private static let turn = Mutex(())

    /// As `write` does: lines of others that go there come between two of the log's, never into one.
    @discardableResult
    package static func writeToStandardError(_ line: [UInt8]) -> Bool { Self.write(line, to: STDERR_FILENO) }

    /// Writes a line at once where the file takes it at once, as files and terminals do, and pipes up to 4 KB. What is
    /// longer may go in pieces, between which no other line of this process comes.
    ///
    /// It waits as long as a pipe is full that nobody reads, as writing to standard error always does. What cannot be
    /// written is lost: there is no other place to say so.
    ///
    /// - Returns: whether all of it was written.
    @discardableResult
    static func write(_ line: [UInt8], to descriptor: Int32) -> Bool {
        Self.turn.withLock { _ in
            line.withUnsafeBytes { bytes -> Bool in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let written = Self.write(rest, to: descriptor)
                    if written < 0, errno == EINTR { continue }
                    guard written > 0 else { return false }
                    rest = rest.dropFirst(written)
                }
                return true
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
