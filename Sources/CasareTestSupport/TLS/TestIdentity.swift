package import FoundationEssentials
import Glibc

/// A certificate and its key.
package struct TestIdentity: Hashable, Sendable {
    package let certificatePEM: String
    package let keyPEM: String
    package let der: [UInt8]
    /// SHA-256 of the DER form: 64 small hex digits.
    package let fingerprint: String
    package let notAfter: Date

    /// Where `write` has put them.
    package struct Files: Hashable, Sendable {
        package let certificate: String
        package let key: String
    }

    /// Writes NAME.pem, and NAME.key for its owner only, each in one step over what is there: the key first.
    @discardableResult
    package func write(to folder: String, as name: String) throws -> Files {
        let files = Files(certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
        try Self.replace(files.key, with: self.keyPEM)
        try Self.replace(files.certificate, with: self.certificatePEM)
        return files
    }

    /// Whoever reads the file meanwhile sees the old or the new one.
    ///
    /// - Throws: `TestFileError`.
    package static func replace(_ path: String, with text: String) throws {
        let fresh = path + ".new"
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TestFileError(path: fresh, code: errno) }
        let bytes = Array(text.utf8)
        let count = Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
        guard count == bytes.count, rename(fresh, path) == 0 else { throw TestFileError(path: path, code: errno) }
    }
}

/// A file that a test needs cannot be written.
package struct TestFileError: Error, CustomStringConvertible {
    let path: String
    let code: Int32

    package var description: String { "\(self.path) cannot be written: \(String(cString: strerror(self.code)))" }
}
