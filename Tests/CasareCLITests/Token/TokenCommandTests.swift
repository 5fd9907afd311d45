import CasareDomain
import CasareTestSupport
import Testing

/// Tokens as an administrator makes them from a shell.
struct TokenCommandTests {
    @Test func `a token is printed alone, and can be looked at without its secret`() async throws {
        try await BulkFixture.with { server in
            let created = try await server.casarectl(
                "token create ci --role operator --scope workflow.* --scope execution.read --network 10.0.0.0/8 "
                    + "--description pipeline --expires-in 90d", as: .admin)
            #expect(created.status == 0, "\(created.errors)")
            #expect(created.output.hasPrefix("crpa_") && created.output.split(separator: "\n").count == 1)
            let token = created.output.split(separator: "\n").joined()
            let got = try await server.casarectl("token get ci", as: .admin)
            #expect(got.status == 0 && got.output.contains("10.0.0.0/8") && got.output.contains("pipeline"))
            #expect(got.output.contains(token.prefix(9)) && !got.output.contains(token))
            let json = try await server.casarectl("token get ci -o json", as: .admin)
            let info = try Value(parsingJSON: json.output)
            #expect(info["networks"] == ["10.0.0.0/8"] && info["created_by"] == "the admin")
            let list = try await server.casarectl("token list -o wide", as: .admin)
            #expect(list.output.contains(token.prefix(9)) && !list.output.contains(token))
            #expect(try await server.casarectl("token get nobody", as: .admin).status == 4)
            #expect(try await server.casarectl("token get ci", as: .operator).status == 6)
        }
    }

    @Test func `a rotation without an overlap is asked about, and prints the new token`() async throws {
        try await BulkFixture.with { server in
            let old = try await server.casarectl("token create ci --role viewer", as: .admin)
            #expect(old.status == 0)
            let unasked = try await server.casarectl("token rotate ci", as: .admin)
            #expect(unasked.status == 12, "\(unasked.errors)")
            let overlapping = try await server.casarectl("token rotate ci --overlap 1h", as: .admin)
            #expect(overlapping.status == 0 && overlapping.output.hasPrefix("crpa_"))
            #expect(overlapping.output != old.output)
            let sudden = try await server.casarectl("token rotate ci --yes", as: .admin)
            #expect(sudden.status == 0 && sudden.output != overlapping.output)
            let tooLong = try await server.casarectl("token rotate ci --overlap 31d", as: .admin)
            #expect(tooLong.status == 1 && tooLong.errors.contains("overlap_seconds"), "\(tooLong.errors)")
            #expect(try await server.casarectl("token rotate nobody --yes", as: .admin).status == 4)
        }
    }

    @Test func `a dry run says what would become of tokens, and changes nothing`() async throws {
        try await BulkFixture.with { server in
            func ctl(_ line: String, as role: Role = .admin) async throws -> TestProgram.Ended {
                try await server.casarectl("token \(line)", as: role)
            }
            let create = "create ci --role operator --scope workflow.* --network 10.0.0.0/8 --expires-in 90d"
            let planned = try await ctl("\(create) --dry-run")
            #expect(planned.status == 0 && planned.output.contains("would create the token ci"), "\(planned.errors)")
            #expect(planned.output.contains("workflow: ") && !planned.output.contains("execution: "))
            #expect(!planned.output.contains("crpa_"))
            let json = try await ctl("\(create) --dry-run -o json")
            let request = try Value(parsingJSON: json.output)
            #expect(request["name"] == "ci" && request["scopes"] == ["workflow.*"] && request["token"] == nil)
            #expect(try await ctl("get ci").status == 4)

            #expect(try await ctl(create).status == 0)
            let before = try await ctl("get ci -o json").output
            let rotate = try await ctl("rotate ci --overlap 1h --dry-run")
            #expect(rotate.status == 0 && rotate.output.contains("works on for 1 h at most"), "\(rotate.errors)")
            let sudden = try await ctl("rotate ci --dry-run")
            #expect(sudden.status == 0 && sudden.output.contains("is worthless at once"), "\(sudden.errors)")
            let revoke = try await ctl("revoke ci --dry-run")
            #expect(revoke.status == 0 && revoke.output.contains("would revoke ci"), "\(revoke.errors)")
            for line in ["rotate ci --dry-run -o json", "revoke ci --dry-run -o json"] {
                let shown = try await ctl(line)
                #expect(shown.status == 0 && shown.output == before, "\(line): \(shown.errors)")
            }
            #expect(try await ctl("get ci -o json").output == before)
            let audited = try await server.casarectl("audit list --action token.* -o json", as: .admin)
            #expect(try Value(parsingJSON: audited.output).list?.count == 1, "\(audited.errors)")
        }
    }

    @Test func `a dry run ends as the command would where that is refused`() async throws {
        try await BulkFixture.with { server in
            #expect(try await server.casarectl("token create ci --role viewer", as: .admin).status == 0)
            let refused: [(String, Role, Int, String)] = [
                ("create ci --role viewer", .admin, 5, "already"), ("create x --role nobody", .admin, 4, "nobody"),
                ("create x --role viewer --scope token.create", .admin, 1, "does not include token.create"),
                ("create x --role viewer --scope execution.reed", .admin, 1, "execution.read"),
                ("create x --role viewer", .operator, 6, "token.read"), ("rotate nobody", .admin, 4, "nobody"),
                ("revoke nobody", .admin, 4, "nobody"),
            ]
            for (line, role, status, words) in refused {
                let ended = try await server.casarectl("token \(line) --dry-run", as: role)
                #expect(ended.status == status && ended.errors.contains(words), "\(line): \(ended.errors)")
            }
            #expect(try await server.casarectl("token revoke ci --yes", as: .admin).status == 0)
            let gone = try await server.casarectl("token revoke ci --dry-run", as: .admin)
            #expect(gone.status == 4 && gone.errors.contains("was revoked"), "\(gone.errors)")
            #expect(try await server.casarectl("token create ci --role viewer --dry-run", as: .admin).status == 0)
        }
    }

    @Test func `nobody is told that a token would be made that may do more than they do`() async throws {
        try await BulkFixture.with { server in
            let role = try await server.casarectl(
                "role create clerk --permission token.* --permission role.read --permission item.read", as: .admin)
            #expect(role.status == 0, "\(role.errors)")
            let made = try await server.casarectl("token create clerk --role clerk", as: .admin)
            let token = made.output.split(separator: "\n").joined()
            let clerk = try TestProgram(
                .casarectl, variables: ["HOME": server.folder, "CASARE_URL": server.url, "CASARE_TOKEN": token])
            let more = try await clerk.run(
                ["token", "create", "x", "--role", "viewer", "--dry-run"], in: server.folder)
            #expect(more.status == 6 && more.errors.contains("execution.read"), "\(more.errors)")
            let within = try await clerk.run(
                ["token", "create", "x", "--role", "viewer", "--scope", "item.read", "--dry-run"], in: server.folder)
            #expect(within.status == 0, "\(within.errors)")
        }
    }

    @Test func `why tokens are made, rotated and revoked is in the audit log`() async throws {
        try await BulkFixture.with { server in
            for line in [
                "create ci --role viewer --reason pipeline", "rotate ci --overlap 1h --reason yearly",
                "revoke ci --yes --reason leaked",
            ] {
                let ended = try await server.casarectl("token \(line)", as: .admin)
                #expect(ended.status == 0, "\(line): \(ended.errors)")
            }
            let audited = try await server.casarectl("audit list --action token.* -o json", as: .admin)
            let entries = try Value(parsingJSON: audited.output).list ?? []
            #expect(entries.map { $0["reason"] } == ["leaked", "yearly", "pipeline"], "\(audited.errors)")
        }
    }

    @Test func `a network with bits behind its prefix is refused before anything is asked`() async throws {
        try await BulkFixture.with { server in
            let refused = try await server.casarectl(
                "token create ci --role viewer --network 10.0.0.1/8", as: .admin)
            #expect(refused.status == 64 && refused.errors.contains("192.0.2.0/24"), "\(refused.errors)")
        }
    }
}
