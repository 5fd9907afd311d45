import CasareDomain
import CasareWire
import Testing

struct RoleMessageTests {
    private static func role(_ permissions: Set<Permission> = [.itemRead, .itemCreate]) throws -> CustomRole {
        try CustomRole(
            name: try #require(Role.Name(rawValue: "clerk")), description: "Adds items.", permissions: permissions)
    }

    private static func update(_ json: String) throws -> UpdateRoleRequest {
        try WireJSON.decode(from: Array(json.utf8))
    }

    @Test func `what is left out stays, and null takes the description away`() throws {
        let role = try Self.role()
        #expect(try Self.update("{}").applied(to: role) == role)
        let bare = try Self.update(#"{"description":null}"#).applied(to: role)
        #expect(bare.description == nil && bare.permissions == role.permissions)
        let named = try Self.update(#"{"description":"b"}"#).applied(to: role)
        #expect(named.description == "b")
    }

    @Test func `permissions are named whole, or what is added and removed`() throws {
        let role = try Self.role()
        let cases: [(String, Set<Permission>)] = [
            (#"{"permissions":["audit.read"]}"#, [.auditRead]),
            (#"{"add":["audit.*"]}"#, [.itemRead, .itemCreate, .auditRead, .auditExport]),
            (#"{"remove":["item.create"]}"#, [.itemRead]),
            (#"{"permissions":["audit.*"],"add":["item.read"],"remove":["audit.export"]}"#, [.auditRead, .itemRead]),
        ]
        for (json, permissions) in cases {
            let changed = try Self.update(json).applied(to: role)
            #expect(changed.permissions == permissions, "\(json)")
            #expect(changed.name == role.name && changed.description == role.description)
        }
    }

    @Test func `an update is written as it is read`() throws {
        for request in [
            UpdateRoleRequest(), UpdateRoleRequest(description: .remove), UpdateRoleRequest(description: .set("b")),
            UpdateRoleRequest(permissions: ["item.read"]), UpdateRoleRequest(add: ["a"], remove: ["b"]),
            UpdateRoleRequest(add: ["a"], reason: "asked"),
        ] {
            let read: UpdateRoleRequest = try WireJSON.decode(from: try WireJSON.encode(request))
            #expect(read == request)
        }
    }

    @Test func `a role that would allow nothing is none, and a name that there is not is told by its place`() throws {
        let role = try Self.role([.itemRead])
        let empty = try Self.update(#"{"remove":["item.*"]}"#)
        let nothing = #expect(throws: WireDecodingError.self) { try empty.applied(to: role) }
        #expect(nothing?.path == "permissions")
        let odd = try Self.update(#"{"add":["item.read","item.reed"]}"#)
        let unknown = #expect(throws: WireDecodingError.self) { try odd.applied(to: role) }
        #expect(unknown?.path == "add[1]" && unknown?.message.contains("item.read?") == true)
    }

    @Test(arguments: [PermissionNames.countMax, PermissionNames.countMax + 1])
    func `a list of permissions has an end`(count: Int) {
        let names = Array(repeating: "item.read", count: count)
        let permissions = try? PermissionNames.parse(names, at: "scopes")
        #expect((permissions == [.itemRead]) == (count <= PermissionNames.countMax))
    }
}
