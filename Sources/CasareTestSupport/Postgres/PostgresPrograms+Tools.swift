package import CasarePostgres
import Glibc

extension PostgresPrograms {
    /// A program that comes with the server, such as `pg_basebackup`: what stands in the folder may be links to a few of
    /// them.
    package func tool(_ name: String) -> String {
        guard let resolved = realpath(self.postgres, nil) else { return "\(self.folder)/\(name)" }
        defer { free(resolved) }
        let path = String(cString: resolved)
        return "\(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])/\(name)"
    }
}
