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

    @Test func `a network with bits behind its prefix is refused before anything is asked`() async throws {
        try await BulkFixture.with { server in
            let refused = try await server.casarectl(
                "token create ci --role viewer --network 10.0.0.1/8", as: .admin)
            #expect(refused.status == 64 && refused.errors.contains("192.0.2.0/24"), "\(refused.errors)")
        }
    }
}
