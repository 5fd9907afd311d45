/// Taking paths apart and comparing them as the kernel does: by bytes.
///
/// To Swift a slash and a combining mark behind it are one character, which is no slash, and texts that Unicode calls
/// equivalent are equal. To the kernel neither is so. A rule that reads a path by characters can be talked past, and so
/// every path of a file is split, compared and put together here.
enum PathText {
    private static let slash = UInt8(ascii: "/")

    /// What stands between the slashes, `.` and `..` as they are.
    static func components(_ path: String) -> [Substring] {
        path.utf8.split(separator: self.slash).map { Substring($0) }
    }

    static func absolute(_ components: some Sequence<Substring>) -> String {
        "/" + components.joined(separator: "/")
    }

    static func isAbsolute(_ path: String) -> Bool { path.utf8.first == self.slash }

    static func endsWithSlash(_ path: String) -> Bool { path.utf8.last == self.slash }

    /// Whether a component stands for the directory that it is in.
    static func isDot(_ component: Substring) -> Bool { component.utf8.elementsEqual(".".utf8) }

    /// Whether a component leads upwards.
    static func isDotDot(_ component: Substring) -> Bool { component.utf8.elementsEqual("..".utf8) }

    /// The directory above the last component of an absolute path.
    static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: self.slash), slash > path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The last component.
    static func name(of path: String) -> String { self.components(path).last.map(String.init) ?? "/" }

    /// Where the extension of a file name begins, with its dot. `.profile` has a name and no extension.
    static func extensionStart(in name: String) -> String.Index? {
        name.utf8.dropFirst().lastIndex(of: UInt8(ascii: "."))
    }

    static func path(of name: String, in directory: String) -> String {
        self.isSame(directory, "/") ? "/\(name)" : "\(directory)/\(name)"
    }

    static func isSame(_ path: String, _ other: String) -> Bool { path.utf8.elementsEqual(other.utf8) }

    /// Whether a canonical path is a directory or lies below it.
    static func isPath(_ path: String, inside directory: String) -> Bool {
        guard path.utf8.starts(with: directory.utf8) else { return false }
        let rest = path.utf8.dropFirst(directory.utf8.count)
        return rest.isEmpty || rest.first == self.slash || self.isSame(directory, "/")
    }

    /// A canonical path that lies below a directory, as seen from there.
    static func relative(_ path: String, to directory: String) -> String {
        String(Substring(path.utf8.dropFirst(self.isSame(directory, "/") ? 1 : directory.utf8.count + 1)))
    }
}
