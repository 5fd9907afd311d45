import Glibc

/// Text that a command is given by file name, or as `-` on stdin.
enum TextInput: Hashable, Sendable {
    case standardInput
    case file(String)

    /// As much as the server takes in one request.
    static let bytesMax = 16 * 1_048_576

    init(_ argument: String) {
        self = argument == "-" ? .standardInput : .file(argument)
    }

    /// What messages call it.
    var name: String {
        switch self {
        case .standardInput: "stdin"
        case .file(let path): path
        }
    }

    /// - Throws: `.notFound` for a missing file; `.failure` for what cannot be read, is too long or is not UTF-8.
    func read(bytesMax: Int = TextInput.bytesMax) throws(CommandFailure) -> String {
        try self.text(of: try self.readBytes(bytesMax: bytesMax))
    }

    /// What is there, before it is taken as text.
    ///
    /// - Throws: `.notFound` for a missing file; `.failure` for what cannot be read or is too long.
    func readBytes(bytesMax: Int = TextInput.bytesMax) throws(CommandFailure) -> [UInt8] {
        switch self {
        case .standardInput:
            return try self.bytes(from: STDIN_FILENO, bytesMax: bytesMax)
        case .file(let path):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw self.failure(errno) }
            defer { close(descriptor) }
            return try self.bytes(from: descriptor, bytesMax: bytesMax)
        }
    }

    func text(of bytes: [UInt8]) throws(CommandFailure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.failure, "\(self.name) is not UTF-8 text")
        }
        return text
    }

    private func bytes(from descriptor: Int32, bytesMax: Int) throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw self.failure(errno)
            }
            bytes += buffer[..<count]
            if bytes.count > bytesMax {
                throw CommandFailure(.failure, "\(self.name) holds more than \(bytesMax / 1_048_576) MiB")
            }
        }
        return bytes
    }

    private func failure(_ code: Int32) -> CommandFailure {
        let reason = String(cString: strerror(code))
        return CommandFailure(code == ENOENT ? .notFound : .failure, "cannot read \(self.name): \(reason)")
    }
}
