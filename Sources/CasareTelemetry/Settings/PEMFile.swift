#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file of certificates or a key that a setting names, as far as it is looked at before it is used.
enum PEMFile {
    enum Problem: Error, Equatable {
        case cannotBeRead, isNoFile, isTooLarge, isNoPEM
    }

    /// Of all authorities that systems trust it is a quarter.
    static let bytesMax = 1 << 20

    /// Whoever gives a pipe or a device in its place is not waited for, and no more is read than there may be.
    static func check(_ path: String) throws(Problem) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .cannotBeRead }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .cannotBeRead }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .isNoFile }
        guard status.st_size <= Self.bytesMax else { throw .isTooLarge }
        let content = try Self.content(of: descriptor)
        guard String(decoding: content, as: UTF8.self).contains("-----BEGIN ") else { throw .isNoPEM }
    }

    private static func content(of descriptor: Int32) throws(Problem) -> [UInt8] {
        var content: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        // It may grow while it is read.
        while content.count <= self.bytesMax {
            let count = part.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .cannotBeRead }
            guard count > 0 else { return content }
            content += part.prefix(count)
        }
        throw .isTooLarge
    }
}
