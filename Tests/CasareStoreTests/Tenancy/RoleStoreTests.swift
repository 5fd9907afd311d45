import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct RoleStoreTests {
    private static let clerk = Role.Name(rawValue: "clerk")!  // It is a role's name.
    private static let missing = StoreError.notFound(.role, "clerk")

    private static func role(
        _ name: Role.Name = Self.clerk, _ permissions: Set<Permission> = [.itemRead, .itemCreate],
        description: String? = "Adds items."
    ) throws -> CustomRole {
        try CustomRole(name: name, description: description, permissions: permissions)
    }

    private static func bearer(of text: TokenText, _ store: StoreFixture) async throws -> Principal? {
        try await store.database.asSystem { try TokenStore.find(text, on: $0) }
    }

    @Test func `a role is created, found, listed, changed and deleted under its name`() async throws {
        try await withFixture { store in
            try await store.run { connection in
                let role = try Self.role()
                let created = try RoleStore.create(role, by: "ann", now: noon, on: connection)
                #expect(created.role == role && created.createdAt == noon && created.createdBy == "ann")
                #expect(try RoleStore.get(Self.clerk, on: connection) == created)
                _ = try RoleStore.create(
                    try Self.role(try #require(Role.Name(rawValue: "auditor")), [.auditRead], description: nil),
                    by: "ann", on: connection)
                let names = try RoleStore.list(on: connection).map(\.role.name.rawValue)
                #expect(names == ["auditor", "clerk"])

                let later = noon.addingTimeInterval(60)
                let changed = try RoleStore.update(Self.clerk, by: "bob", now: later, on: connection) { before in
                    #expect(before == role)
                    return try Self.role(Self.clerk, [.itemRead], description: nil)
                }
                #expect(changed.role.permissions == [.itemRead] && changed.role.description == nil)
                #expect(changed.createdBy == "ann" && changed.updatedBy == "bob" && changed.updatedAt == later)
                // What leaves everything as it was is no change.
                let same = try RoleStore.update(Self.clerk, by: "eve", on: connection) { $0 }
                #expect(same == changed)

                let deleted = try RoleStore.delete(Self.clerk, on: connection)
                #expect(deleted == changed)
                #expect(throws: Self.missing) { try RoleStore.get(Self.clerk, on: connection) }
            }
        }
    }

    @Test func `what is not there is not found, and a name is given once`() async throws {
        try await withFixture { store in
            try await store.run { connection in
                #expect(throws: Self.missing) { try RoleStore.get(Self.clerk, on: connection) }
                #expect(throws: Self.missing) { try RoleStore.delete(Self.clerk, on: connection) }
                #expect(throws: Self.missing) { try RoleStore.keep(Self.clerk, in: .default, on: connection) }
                #expect(throws: Self.missing) {
                    try RoleStore.update(Self.clerk, by: "ann", on: connection) { $0 }
                }
                _ = try RoleStore.create(try Self.role(), by: "ann", on: connection)
                let again = try Self.role()
                #expect(throws: StoreError.nameTaken(.role, "clerk")) {
                    try RoleStore.create(again, by: "ann", on: connection)
                }
            }
        }
    }

    @Test func `a tenant has so many roles and no more`() async throws {
        try await withFixture { store in
            try await store.run { connection in
                for number in 1...CustomRole.countMax {
                    let name = try #require(Role.Name(rawValue: "r\(number)"))
                    _ = try RoleStore.create(try Self.role(name), by: "ann", on: connection)
                }
                let role = try Self.role()
                #expect(throws: StoreError.self) { try RoleStore.create(role, by: "ann", on: connection) }
                #expect(try RoleStore.list(on: connection).count == CustomRole.countMax)
                // Where one goes there is room again.
                _ = try RoleStore.delete(try #require(Role.Name(rawValue: "r1")), on: connection)
                _ = try RoleStore.create(role, by: "ann", on: connection)
            }
        }
    }

    @Test func `a role that a token has stays until the token goes`() async throws {
        try await withFixture { store in
            _ = try await store.run { connection in
                _ = try RoleStore.create(try Self.role(), by: "ann", on: connection)
                return try TokenStore.create(name: "till", role: Self.clerk, on: connection)
            }
            let error = await #expect(throws: StoreError.self) {
                try await store.run { _ = try RoleStore.delete(Self.clerk, on: $0) }
            }
            #expect(error?.description.contains("tokens have it (till)") == true)
            try await store.run { _ = try TokenStore.revoke(name: "till", on: $0) }
            let deleted = try await store.run { try RoleStore.delete(Self.clerk, on: $0) }
            #expect(deleted.role.name == Self.clerk)
        }
    }

    @Test func `a token may what its role says when it is shown`() async throws {
        try await withFixture { store in
            let (text, _) = try await store.run { connection in
                _ = try RoleStore.create(try Self.role(), by: "ann", on: connection)
                return try TokenStore.create(name: "till", role: Self.clerk, on: connection)
            }
            let before = try #require(try await Self.bearer(of: text, store))
            #expect(before.role == "clerk" && before.permissions == [.itemRead, .itemCreate])
            #expect(before.may(.itemRead) && !before.may(.itemDelete))
            _ = try await store.run { connection in
                try RoleStore.update(Self.clerk, by: "ann", on: connection) { _ in
                    try Self.role(Self.clerk, [.itemDelete])
                }
            }
            let after = try #require(try await Self.bearer(of: text, store))
            #expect(after.permissions == [.itemDelete])
        }
    }

    @Test func `a role of one tenant is nothing in another`() async throws {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            let other = Tenant.ID(rawValue: 2)
            _ = try await store.run { try RoleStore.create(try Self.role(), by: "ann", on: $0) }
            let (text, _) = try await store.database.asTenant(other) { connection in
                try TokenStore.create(name: "till", role: Self.clerk, on: connection)
            }
            let bearer = try #require(try await Self.bearer(of: text, store))
            #expect(bearer.tenant == other && bearer.permissions.isEmpty)
            let granted = try await store.database.asSystem { connection in
                (
                    try RoleStore.granted(by: Self.clerk, in: .default, on: connection),
                    try RoleStore.granted(by: Self.clerk, in: other, on: connection),
                    try RoleStore.granted(by: .viewer, in: other, on: connection)
                )
            }
            #expect(granted.0 == [.itemRead, .itemCreate] && granted.1.isEmpty)
            #expect(granted.2 == Role.viewer.permissions(in: other))
        }
    }

    /// What an older version wrote into the database, or somebody by hand.
    @Test func `nothing that is stored rules the installation from another tenant, and unknown names grant nothing`()
        async throws
    {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            try await store.asOwner(
                """
                INSERT INTO roles (tenant_id, name, permissions, created_at, created_by, updated_at, updated_by)
                VALUES (2, 'clerk', '{vault.rekey,item.read,moon.land}', now(), 'eve', now(), 'eve')
                """)
            let (text, _) = try await store.database.asTenant(Tenant.ID(rawValue: 2)) { connection in
                try TokenStore.create(name: "till", role: Self.clerk, on: connection)
            }
            let bearer = try #require(try await Self.bearer(of: text, store))
            #expect(bearer.permissions == [.itemRead])
        }
    }

    @Test func `a built-in role is kept without a row`() async throws {
        try await withFixture { store in
            let kept = try await store.run { try RoleStore.keep(.operator, in: .default, on: $0) }
            #expect(kept == Role.operator.permissions(in: .default))
        }
    }

    @Test func `the table takes no role of a built-in name, none without permissions and no odd names`() async throws {
        try await withFixture { store in
            for values in ["'admin', '{item.read}'", "'clerk', '{}'", "'The Clerk', '{item.read}'"] {
                let error = await #expect(throws: PostgresError.self) {
                    try await store.run { connection in
                        _ = try connection.execute(
                            Query(
                                assembled: """
                                    INSERT INTO roles
                                        (name, permissions, created_at, created_by, updated_at, updated_by)
                                    VALUES (\(values), now(), 'eve', now(), 'eve')
                                    """))
                    }
                }
                #expect(error?.sqlState?.rawValue == "23514", "\(values)")
            }
        }
    }

    @Test func `no stored role rules the installation, neither by a token nor by a name that a provider says`()
        async throws
    {
        try await withFixture { store in
            try await store.asOwner(
                """
                INSERT INTO roles (tenant_id, name, permissions, created_at, created_by, updated_at, updated_by)
                VALUES (1, 'clerk', '{vault.rekey,tenant.delete,item.read}', now(), 'eve', now(), 'eve')
                """)
            let (text, _) = try await store.run { try TokenStore.create(name: "till", role: Self.clerk, on: $0) }
            let bearer = try #require(try await Self.bearer(of: text, store))
            #expect(bearer.tenant == .default && bearer.permissions == [.itemRead])
            let granted = try await store.database.asSystem {
                try RoleStore.granted(by: Self.clerk, in: .default, on: $0)
            }
            #expect(granted == [.itemRead])
        }
    }
}

struct PrincipalTests {
    private static func principal(
        _ role: Role, of tenant: Tenant.ID = .default, scopes: Set<Permission>? = nil
    ) -> Principal {
        Principal(tenant: tenant, name: "ann", kind: .token, role: role, scopes: scopes)
    }

    @Test func `scopes cut a role down and give nothing`() {
        let scoped = Self.principal(.viewer, scopes: [.executionRead, .tokenCreate])
        #expect(scoped.permissions == [.executionRead] && !scoped.may(.tokenCreate) && !scoped.may(.workflowRead))
        #expect(Self.principal(.viewer, scopes: []).permissions.isEmpty)
        #expect(Self.principal(.viewer).permissions == Role.viewer.permissions(in: .default))
    }

    @Test func `the installation is ruled by administrators of the tenant default`() {
        let other = Tenant.ID(rawValue: 2)
        #expect(Self.principal(.admin).may(.vaultRekey) && !Self.principal(.admin, of: other).may(.vaultRekey))
        let forged = Principal(
            tenant: other, name: "eve", kind: .oidc, role: "clerk", granted: [.tenantDelete, .itemRead])
        #expect(forged.permissions == [.itemRead])
    }

    @Test func `a set is had whole or not`() {
        let viewer = Self.principal(.viewer)
        #expect(viewer.may(all: []) && viewer.may(all: [.itemRead, .queueRead]))
        #expect(!viewer.may(all: [.itemRead, .queueUpdate]))
    }
}
