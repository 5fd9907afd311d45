import CasareEngine
import Glibc

/// A local file that is read piece by piece while it is uploaded.
final class UploadSource {
    let size: Int
    private(set) var bytesRead = 0
    /// Why reading failed, if it did.
    private(set) var failure: NodeFailure?
    private let path: String
    private let file: Int32
    private let isBinary: Bool
    /// The last byte was a CR, which is passed on unless an LF follows.
    private var holdsReturn = false

    /// - Parameter isBinary: Otherwise CR LF becomes LF, which libcurl turns into what the protocol wants.
    init(_ path: String, isBinary: Bool) throws(NodeFailure) {
        let status = try FileAccess.fileStatus(path)
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else { throw FileAccess.failure("read", path) }
        (self.path, self.file, self.size, self.isBinary) = (path, file, status.size, isBinary)
    }

    deinit { close(self.file) }

    /// Fills a buffer.
    ///
    /// - Returns: How many bytes; 0 at the end; `nil` when reading failed.
    func read(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard !self.isBinary else { return self.readBytes(buffer) }
        while true {
            // The first place is for a CR that was held back.
            guard let count = self.readBytes(.init(rebasing: buffer[1...])) else { return nil }
            var kept = 0
            if count == 0 {
                guard self.holdsReturn else { return 0 }
                self.holdsReturn = false
                buffer[0] = 0x0D
                return 1
            }
            for position in 1...count {
                let byte = buffer[position]
                if self.holdsReturn, byte != 0x0A {
                    buffer[kept] = 0x0D
                    kept += 1
                }
                self.holdsReturn = byte == 0x0D
                if byte != 0x0D {
                    buffer[kept] = byte
                    kept += 1
                }
            }
            // Nothing but a CR would look like the end.
            if kept > 0 { return kept }
        }
    }

    private func readBytes(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        while true {
            let count = Glibc.read(self.file, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                self.failure = FileAccess.failure("read", self.path)
                return nil
            }
            self.bytesRead += count
            return count
        }
    }
}
