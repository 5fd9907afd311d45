/// What a zip archive says about one of its members.
package struct ZipEntry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case file, directory
        /// A symbolic link, a device or the like.
        case special
    }

    /// As written in the archive, with `/` between directories: to be checked before it is used as a path.
    package var name: String
    package var kind: Kind
    /// Bytes when unpacked, as far as the archive says; it may lie.
    package var size: Int?
    package var isEncrypted: Bool

    package init(name: String, kind: Kind, size: Int?, isEncrypted: Bool) {
        self.name = name
        self.kind = kind
        self.size = size
        self.isEncrypted = isEncrypted
    }
}
