import CasareDomain
import CasarePostgres
import FoundationEssentials

/// Events of what is no job: of secrets, and of the keys of the installation. Write one in the transaction of what it
/// tells of: both are there then, or neither, and nothing is told twice that is done once. None has a value of a secret.
///
/// The table is parted by the weeks that jobs' IDs are of. Such an event has an ID of its own in their place, of the
/// moment in which it is written: it is kept as long as the jobs of its week, and no job has it.
enum EventWriting {
    /// Call within `Database.asTenant`.
    ///
    /// - Parameter detail: what there is to say beside the kind and the secret's name.
    /// - Precondition: the kind is one of secrets.
    static func note(
        _ kind: EventKind, of secret: Secret.Name, _ detail: Object, now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        precondition(kind.subject == .secret, "An event of a secret has the kind \(kind.rawValue)")
        var all: Object = ["secret": .string(secret.rawValue)]
        for (name, value) in detail { all[name] = value }
        try connection.execute(
            EventQueries.write,
            [
                "event": .uuid(Job.ID.new(at: now ?? Date()).rawValue), "kind": .text(kind.rawValue),
                "detail": .text(StoredJSON.text(of: all).storable), "now": .timestamp(now),
            ])
    }

    /// Of the keys of the installation, for the tenant of those who run it. Call within `Database.asSystem`.
    ///
    /// - Precondition: the kind is one of the vault.
    static func noteOfVault(
        _ kind: EventKind, _ detail: Object, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        precondition(kind.subject == .vault, "An event of the vault has the kind \(kind.rawValue)")
        try connection.execute(
            EventQueries.writeOfInstallation,
            [
                "tenant": .int4(Tenant.ID.default.rawValue), "event": .uuid(Job.ID.new(at: now ?? Date()).rawValue),
                "kind": .text(kind.rawValue), "detail": .text(StoredJSON.text(of: detail).storable),
                "now": .timestamp(now),
            ])
    }
}
