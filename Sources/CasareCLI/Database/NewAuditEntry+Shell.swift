import CasareDomain
import CasareStore
import Glibc

extension NewAuditEntry {
    /// What somebody did who signed in to the database itself: no server has asked who they are. That of their machine
    /// is told beside it, for what it is worth.
    ///
    /// - Parameter command: as it was written, such as `casarectl db token`.
    static func fromShell(
        _ command: String, action: String, subject: String, reason: String? = nil
    ) -> NewAuditEntry {
        NewAuditEntry(
            actor: command, actorKind: Principal.Kind.internal.rawValue, action: action, subject: subject,
            reason: reason, detail: ["os_user": .int(Int(getuid()))])
    }
}
