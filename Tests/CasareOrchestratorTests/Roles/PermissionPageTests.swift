import CasareDomain
@testable import CasareOrchestrator
import FoundationEssentials
import HTTPTypes
import Testing

/// The page that says who may do what is the table that routes and roles are held to.
struct PermissionPageTests {
    private static func lines() throws -> [String] {
        let root = #filePath.split(separator: "/").prefix { $0 != "Tests" }.joined(separator: "/")
        return try String(contentsOfFile: "/\(root)/docs/permissions.md", encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    /// As the page has it.
    private static func row(_ route: Route) -> String {
        let permissions =
            switch route.access {
            case .everyone: "–"
            case _ where route.access == .anyCaller: "any"
            case .anyOf(let permissions): permissions.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            }
        return "| \(route.method.rawValue) | `\(route.path)` | \(permissions) |"
    }

    private static func row(_ permission: Permission) -> String {
        let other = Tenant.ID(rawValue: 2)
        let cells = Role.allCases.map { role in
            if role.permissions(in: other).contains(permission) { return "yes" }
            return role.permissions(in: .default).contains(permission) ? "default" : "–"
        }
        return "| `\(permission.rawValue)` | \(cells.joined(separator: " | ")) |"
    }

    @Test func `the page has a row for each route, with its permission`() throws {
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"].map { "| \($0) | " }
        let rows = try Self.lines().filter { line in methods.contains { line.hasPrefix($0) } }
        let expected = Orchestrator.routes.map(Self.row)
        let missing = expected.filter { !rows.contains($0) }
        let extra = rows.filter { !expected.contains($0) }
        #expect(missing.isEmpty, "the page lacks\n\(missing.joined(separator: "\n"))")
        #expect(extra.isEmpty, "there are no such routes as\n\(extra.joined(separator: "\n"))")
        #expect(Set(rows).count == rows.count)
    }

    @Test func `the page has a row for each permission, and says which roles include it`() throws {
        let rows = try Self.lines().filter { line in
            line.hasPrefix("| `") && line.split(separator: "|").count == Role.allCases.count + 1
        }
        #expect(rows == Permission.allCases.map(Self.row))
        let heading = "| permission | \(Role.allCases.map(\.rawValue).joined(separator: " | ")) |"
        #expect(try Self.lines().contains(heading))
    }
}
