import Glibc

extension StandardStreams {
    /// Who may do what with the file that stdout is, as `chmod` has it; `nil`: it is no file.
    static var outputFilePermissions: mode_t? {
        var status = stat()
        guard fstat(STDOUT_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return status.st_mode & 0o777
    }
}
