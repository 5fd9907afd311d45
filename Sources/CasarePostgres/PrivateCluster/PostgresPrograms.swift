import Glibc

/// The folder with the server's programs.
package struct PostgresPrograms: Hashable, Sendable {
    package let folder: String

    package var postgres: String { self.folder + "/postgres" }
    package var initdb: String { self.folder + "/initdb" }

    /// Looks in `$PG_BIN`, then in `$PATH`, then where packages put them, newest version first.
    ///
    /// `pg_config --bindir` is not asked: that of libpq's development package names a folder that may hold no server.
    package static func find() throws(PrivateClusterError) -> PostgresPrograms {
        if let chosen = environmentVariable("PG_BIN"), !chosen.isEmpty {
            guard let programs = PostgresPrograms(in: chosen) else { throw .programsNotFound(searched: [chosen]) }
            return programs
        }
        let path = (environmentVariable("PATH") ?? "").split(separator: ":").map { String($0) }
        let usual = [
            "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*", "/usr/local/pgsql*/bin",
            "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/Library/PostgreSQL/*/bin",
            "/Applications/Postgres.app/Contents/Versions/*/bin",
        ]
        let installed = usual.flatMap { pattern in
            foldersMatching(pattern).sorted { versionIn($0) > versionIn($1) }
        }
        for folder in path + installed {
            if let programs = PostgresPrograms(in: folder) { return programs }
        }
        throw .programsNotFound(searched: ["PATH"] + usual)
    }

    private init?(in folder: String) {
        self.folder = folder
        guard access(self.postgres, X_OK) == 0, access(self.initdb, X_OK) == 0 else { return nil }
    }
}

func environmentVariable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}

private func foldersMatching(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
}

/// The first number in a path: 15 in `/usr/lib/postgresql/15/bin`.
private func versionIn(_ path: String) -> Double {
    Double(path.drop { !$0.isNumber }.prefix { $0.isNumber || $0 == "." }) ?? 0
}
