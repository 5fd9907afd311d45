import CasareDomain
import CasareEngine
import Glibc
import NIOCore

/// A form with one file, as `multipart/form-data` (RFC 7578). The file is read while it is sent.
struct MultipartBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let contentType: String
    private let head: ByteBuffer
    private let tail: ByteBuffer
    private let file: OutgoingFile

    /// - Parameter fields: Come before the file; lists and objects are written as JSON, null is left out.
    init(file: OutgoingFile, fieldName: String, fields: Object) {
        let boundary = "casare-" + String(UInt64.random(in: .min ... .max), radix: 36)
        var head = ""
        for (name, value) in fields where !value.isNull {
            head += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(name))\"\r\n\r\n"
            head += "\(value.displayText)\r\n"
        }
        let fileName = FileAccess.name(of: file.path)
        head += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(fieldName))\"; "
        head += "filename=\"\(Self.quoted(fileName))\"\r\nContent-Type: \(MediaTypes.type(ofFile: fileName))\r\n\r\n"
        self.contentType = "multipart/form-data; boundary=\(boundary)"
        self.head = ByteBuffer(string: head)
        self.tail = ByteBuffer(string: "\r\n--\(boundary)--\r\n")
        self.file = file
    }

    var length: Int64 { Int64(self.head.readableBytes + self.file.size + self.tail.readableBytes) }

    func makeAsyncIterator() -> Iterator { Iterator(body: self) }

    struct Iterator: AsyncIteratorProtocol {
        private enum Position { case head, file(offset: Int), end }

        private let body: MultipartBody
        private var position = Position.head

        init(body: MultipartBody) { self.body = body }

        mutating func next() async throws -> ByteBuffer? {
            switch self.position {
            case .head:
                self.position = .file(offset: 0)
                return self.body.head
            case .file(let offset):
                let file = self.body.file
                let chunk = try await BlockingWork.run { try file.chunk(at: offset) }
                guard chunk.isEmpty else {
                    self.position = .file(offset: offset + chunk.count)
                    return ByteBuffer(bytes: chunk)
                }
                self.position = .end
                return self.body.tail
            case .end:
                return nil
            }
        }
    }

    /// As browsers write names in this place (HTML §4.10.21.8).
    private static func quoted(_ name: String) -> String {
        // By characters a quote with an accent upon it would be another character, and end the name all the same.
        name.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "%22"
            case "\r": "%0D"
            case "\n": "%0A"
            default: String(scalar)
            }
        }.joined()
    }
}

/// A file that is being sent; closed when nobody needs it any more.
final class OutgoingFile: Sendable {
    let path: String
    let size: Int
    private let descriptor: Int32

    /// - Parameter path: Canonical. The call blocks.
    init(_ path: String) throws(NodeFailure) {
        // Without O_NONBLOCK opening a named pipe waits for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileAccess.failure("read", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, FileAccess.Status(status).isRegular else {
            close(descriptor)
            throw .value("Not a file: \(path)")
        }
        guard status.st_size <= WebRequest.Options.transferBytesMax else {
            close(descriptor)
            throw .value(
                "\(path) is larger than \(WebRequest.Options.transferBytesMax >> 30) GiB, the most that is sent")
        }
        self.path = path
        self.size = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit { close(self.descriptor) }

    /// The next bytes, up to the size that the file had at first; nothing at its end. Blocks.
    func chunk(at offset: Int) throws(NodeFailure) -> [UInt8] {
        let wanted = min(FileAccess.chunkBytes, self.size - offset)
        guard wanted > 0 else { return [] }
        var count = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
            count = pread(self.descriptor, buffer.baseAddress, wanted, off_t(offset))
            initialized = Swift.max(count, 0)
        }
        guard count > 0 else { throw .value("\(self.path) became shorter, or could not be read, while it was sent") }
        return chunk
    }
}
