import CasareSettings
import Glibc

extension StandardStreams {
    /// Who may do what with the file that stdout is, as `chmod` has it; `nil`: it is no file.
    static var outputFilePermissions: mode_t? {
        guard let status = FileStatus(descriptor: STDOUT_FILENO), status.isRegular else { return nil }
        return mode_t(status.permissions)
    }
}
