import ArgumentParser
import CasareDomain
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// `casarectl role`, `whoami` and `token can-i` as people run them, against a server of its own.
struct RoleCommandTests {
    @Test func `a role is made, given to a token, changed and deleted`() async throws {
        try await TestSystem.with { system in
            func casarectl(_ words: String...) async throws -> TestProgram.Ended { try await system.casarectl(words) }
            let made = try await casarectl(
                "role", "create", "clerk", "--permission", "item.*", "--permission", "execution.read", "--description",
                "Adds items.")
            #expect(made.status == 0 && made.output.contains("created clerk"), "\(made.errors)")
            #expect(made.output.contains("item: create, read, update, delete"), "\(made.output)")
            let list = try await casarectl("role", "list", "-o", "name")
            #expect(list.output == "viewer\noperator\ndeveloper\nadmin\nrobot\nclerk\n")
            let token = try await casarectl("token", "create", "till", "--role", "clerk", "-o", "json")
            #expect(try Value(parsingJSON: token.output)["info"]?["role"] == "clerk", "\(token.errors)")

            let changed = try await casarectl("role", "update", "clerk", "--remove", "item.delete", "--yes")
            #expect(changed.status == 0 && changed.output.contains("item: create, read, update\n"), "\(changed.errors)")
            let needed = try await casarectl("role", "delete", "clerk")
            #expect(needed.status == 5 && needed.errors.contains("till"), "\(needed.errors)")
            _ = try await casarectl("token", "revoke", "till", "--yes")
            let deleted = try await casarectl("role", "delete", "clerk")
            #expect(deleted.status == 0 && deleted.output.contains("deleted clerk"), "\(deleted.errors)")
            #expect(try await casarectl("role", "get", "clerk").status == 4)

            let misspelt = try await casarectl("role", "create", "x", "--permission", "item.reed")
            #expect(misspelt.status == 1 && misspelt.errors.contains("did you mean item.read?"), "\(misspelt.errors)")
            let kept = try await casarectl("role", "delete", "viewer")
            #expect(kept.status == 5 && kept.errors.contains("always there"), "\(kept.errors)")
        }
    }

    @Test func `a dry run says what would become of roles, and changes nothing`() async throws {
        try await BulkFixture.with { server in
            func ctl(_ line: String, as role: Role = .admin) async throws -> TestProgram.Ended {
                try await server.casarectl("role \(line)", as: role)
            }
            let planned = try await ctl("create clerk --permission item.* --dry-run")
            #expect(planned.status == 0 && planned.output.contains("would create clerk"), "\(planned.errors)")
            #expect(planned.output.contains("item: create, read, update, delete"))
            let json = try await ctl("create clerk --permission item.read --dry-run -o json")
            #expect(try Value(parsingJSON: json.output)["permissions"] == ["item.read"], "\(json.errors)")
            #expect(try await ctl("get clerk").status == 4)

            let made = try await ctl("create clerk --permission item.* --reason shop")
            #expect(made.status == 0, "\(made.errors)")
            let before = try await ctl("get clerk -o json").output
            let update = try await ctl("update clerk --remove item.delete --add queue.read --dry-run -o json")
            let after = try Value(parsingJSON: update.output)["permissions"]
            #expect(after == ["queue.read", "item.create", "item.read", "item.update"], "\(update.errors)")
            let nothing = try await ctl("update clerk --add item.read --dry-run")
            #expect(nothing.status == 0 && nothing.output.contains("nothing to change"), "\(nothing.errors)")
            let delete = try await ctl("delete clerk --dry-run")
            #expect(delete.status == 0 && delete.output.contains("would delete clerk"), "\(delete.errors)")
            #expect(try await ctl("get clerk -o json").output == before)

            let refused: [(String, Role, Int)] = [
                ("create clerk --permission item.read", .admin, 5), ("create viewer --permission item.read", .admin, 1),
                ("create x --permission item.reed", .admin, 1), ("create x --permission audit.read", .operator, 6),
                ("update clerk --remove item.*", .admin, 1), ("update viewer --add item.create", .admin, 5),
                ("update nobody --add item.read", .admin, 4), ("delete viewer", .admin, 5),
            ]
            for (line, role, status) in refused {
                let ended = try await ctl("\(line) --dry-run", as: role)
                #expect(ended.status == status, "\(line): \(ended.status) \(ended.errors)")
            }
            for line in ["update clerk --remove item.delete --yes --reason less", "delete clerk --reason closed"] {
                #expect(try await ctl(line).status == 0)
            }
            let audited = try await server.casarectl("audit list --action role.* -o json", as: .admin)
            let entries = try Value(parsingJSON: audited.output).list ?? []
            #expect(entries.map { $0["reason"] } == ["closed", "less", "shop"], "\(audited.errors)")
        }
    }

    @Test func `people are told who they are and what they may do`() async throws {
        try await TestSystem.with { system in
            func casarectl(_ words: String...) async throws -> TestProgram.Ended { try await system.casarectl(words) }
            let me = try await casarectl("whoami", "-o", "json")
            let json = try Value(parsingJSON: me.output)
            #expect(json["role"] == "admin" && json["kind"] == "token", "\(me.output) \(me.errors)")
            let shown = try await casarectl("whoami")
            #expect(shown.output.contains("workflow: create, read"), "\(shown.output)")
            let yes = try await casarectl("token", "can-i", "cancel", "jobs")
            #expect(yes.status == 0 && yes.output.contains("yes, execution.cancel: the role admin"), "\(yes.output)")
            let all = try await casarectl("token", "can-i", "--list", "-o", "csv")
            #expect(all.output.contains("vault.rekey,true"), "\(all.output)")
            let odd = try await casarectl("token", "can-i", "execution.cancle")
            #expect(odd.status == 1 && odd.errors.contains("did you mean execution.cancel?"), "\(odd.errors)")
            #expect(try await casarectl("token", "can-i", "sing", "songs").status == 64)

            let viewer = try await system.json("token", "create", "looker", "--role", "viewer")
            let token = try #require(viewer["token"]?.string)
            let no = try await system.casarectl(
                ["token", "can-i", "cancel", "jobs"], variables: ["CASARE_TOKEN": token])
            #expect(no.status == 6 && no.output.contains("no, execution.cancel: the role viewer"), "\(no.output)")
            let refused = try await system.casarectl(["submit", "x"], variables: ["CASARE_TOKEN": token])
            #expect(refused.status == 6 && refused.errors.contains("workflow.execute"), "\(refused.errors)")
        }
    }
}

/// Without a server.
struct RoleViewTests {
    @Test func `permissions are a line for each noun`() {
        #expect(
            PermissionLines.text(of: ["item.read", "role.read", "item.create", "odd"])
                == ["item: read, create", "role: read"])
        #expect(PermissionLines.text(of: []).isEmpty)
    }

    @Test func `all permissions are listed, those of a newer server too`() {
        let identity = IdentityResponse(
            name: "ann", role: .viewer, robot: nil, permissions: ["item.read", "moon.land"], tenant: 1)
        let held = HeldPermission.all(of: identity)
        #expect(held.count == Permission.allCases.count + 1)
        #expect(held.filter(\.allowed).map(\.permission) == ["item.read", "moon.land"])
    }

    @Test func `an answer is a word and its reason`() throws {
        let answer = CanIResponse(permission: "item.read", allowed: false, why: "the role x does not include it")
        let presentation = try answer.presentation()
        #expect(presentation.rows[0].cells.map(\.plain) == ["item.read", "false", "the role x does not include it"])
        #expect(presentation.rows[0].json["allowed"] == false)
        guard case .single(let sheet) = presentation.shape else {
            Issue.record("it is one answer")
            return
        }
        #expect(sheet.summary == "no, item.read: the role x does not include it")
    }

    @Test(arguments: [
        "role create x", "role update x", "role update x --permission item.read --add item.create",
        "role update x --description a --no-description", "role get", "role create 1st --permission item.read",
        "token can-i", "token can-i a b c", "token can-i --list item.read", "token can-i sing songs",
    ])
    func `what says nothing, or two things, is refused`(line: String) {
        #expect(throws: (any Error).self) { _ = try Casarectl.parseAsRoot(line.split(separator: " ").map(String.init)) }
    }

    @Test(arguments: [
        "role create x --permission item.read", "role update x --no-description", "role update x --add a --remove b",
        "role ls", "role show x", "role rm x --yes", "token can-i cancel jobs", "token can-i item.read",
        "token can-i --list", "whoami", "token create x --role Clerk",
    ])
    func `what says one thing is taken`(line: String) throws {
        _ = try Casarectl.parseAsRoot(line.split(separator: " ").map(String.init))
    }
}
