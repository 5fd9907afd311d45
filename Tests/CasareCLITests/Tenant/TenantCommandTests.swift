import CasareDomain
import CasareTestSupport
import Testing

/// Tenants as those who run the installation keep them from a shell.
struct TenantCommandTests {
    private static func entries(_ server: BulkFixture, _ action: String) async throws -> [Value] {
        let listed = try await server.casarectl("audit list --action \(action) -o json", as: .admin)
        #expect(listed.status == 0, "\(listed.errors)")
        return try Value(parsingJSON: listed.output).list ?? []
    }

    @Test func `a dry run says what a tenant would be, and makes none`() async throws {
        try await BulkFixture.with { server in
            func ctl(_ line: String) async throws -> TestProgram.Ended {
                try await server.casarectl("tenant \(line)", as: .admin)
            }
            let planned = try await ctl("create acme --tier trial --admin boss --dry-run")
            #expect(planned.status == 0 && planned.output.contains("would create tenant acme"), "\(planned.errors)")
            #expect(planned.output.contains("boss") && !planned.output.contains("crpa_"))
            let json = try await ctl("create acme --tier trial --dry-run -o json")
            let request = try Value(parsingJSON: json.output)
            #expect(request["name"] == "acme" && request["tier"] == "trial" && request["token"] == nil)
            #expect(try await ctl("get acme").status == 4)
            let taken = try await ctl("create other --dry-run")
            #expect(taken.status == 5 && taken.errors.contains("already"), "\(taken.errors)")
            let made = try await ctl("create acme --reason contract")
            #expect(made.status == 0 && made.output.hasPrefix("crpa_"), "\(made.errors)")
            #expect(try await Self.entries(server, "tenant.create").map { $0["reason"] } == ["contract"])
        }
    }

    @Test func `a dry run of a change has the tenant as it would be, and what is new`() async throws {
        try await BulkFixture.with { server in
            func ctl(_ line: String) async throws -> TestProgram.Ended {
                try await server.casarectl("tenant \(line)", as: .admin)
            }
            #expect(try await ctl("quota other robots=2 --reason small").status == 0)
            let before = try await ctl("get other -o json").output
            let quota = try await ctl("quota other robots=5 workflows=7 --dry-run")
            #expect(quota.status == 0 && quota.output.contains("quotas.robots: 2 → 5"), "\(quota.errors)")
            #expect(quota.output.contains("quotas.workflows: (nothing) → 7"), "\(quota.output)")
            let json = try await ctl("quota other robots=none --dry-run -o json")
            #expect(try Value(parsingJSON: json.output)["quotas"]?["robots"]?.int == nil, "\(json.errors)")
            let tier = try await ctl("quota other --tier trial --dry-run -o json")
            #expect(try Value(parsingJSON: tier.output)["tier"] == "trial", "\(tier.errors)")
            let update = try await ctl("update other --display-name Others --audit-days 30 --dry-run")
            #expect(update.status == 0 && update.output.contains("audit_days: (nothing) → 30"), "\(update.errors)")
            #expect(update.output.contains("display_name: (nothing) → Others"), "\(update.output)")
            let own = try await ctl("update --require-approval on --dry-run -o json")
            let planned = try Value(parsingJSON: own.output)
            #expect(planned["name"] == "default" && planned["requires_approval"] == true, "\(own.errors)")
            let same = try await ctl("quota other robots=2 --dry-run")
            #expect(same.status == 0 && same.output.contains("nothing to change"), "\(same.errors)")
            for line in ["suspend other --dry-run -o json", "resume other --dry-run -o json"] {
                let shown = try await ctl(line)
                #expect(try Value(parsingJSON: shown.output).list?.first?["id"] == "other", "\(line): \(shown.errors)")
            }
            let delete = try await ctl("delete other --undo-within 1h --dry-run")
            #expect(delete.status == 0 && delete.output.contains("after 1 h to undo it"), "\(delete.errors)")
            #expect(try await ctl("get other -o json").output == before)
            #expect(try await Self.entries(server, "tenant.*").map { $0["reason"] } == ["small"])
        }
    }

    @Test func `why a policy is changed is in the audit log`() async throws {
        try await BulkFixture.with { server in
            for line in ["set scripts=off --reason rules", "reset scripts --reason enough"] {
                let changed = try await server.casarectl("tenant policy \(line)", as: .admin)
                #expect(changed.status == 0, "\(changed.errors)")
            }
            #expect(try await Self.entries(server, "tenant.policy").map { $0["reason"] } == ["enough", "rules"])
        }
    }
}
