@testable import CasareOrchestrator
import HTTPTypes
import Testing

/// The table of routes and actions.
struct AuditActionTests {
    private static func name(_ route: Route) -> String { "\(route.method.rawValue) \(route.path)" }

    @Test func `every route that is no GET stands in the table`() {
        let missing = Orchestrator.routes.filter { $0.method != .get && AuditActions.table[Self.name($0)] == nil }
        #expect(missing.isEmpty, "add to AuditActions: \(missing.map(Self.name).joined(separator: ", "))")
    }

    @Test func `the table has no route that there is not`() {
        let routes = Set(Orchestrator.routes.map(Self.name))
        let extra = AuditActions.table.keys.filter { !routes.contains($0) }.sorted()
        #expect(extra.isEmpty, "no such routes: \(extra.joined(separator: ", "))")
    }

    @Test func `a route says what its row says, and one without a row is audited rather than not`() {
        for route in Orchestrator.routes {
            let rule = AuditActions.table[Self.name(route)]
            #expect(route.audit == rule ?? .unaudited, "\(Self.name(route))")
        }
        #expect(AuditActions.rule(of: .post, "/api/v1/nowhere") == .audited(AuditActions.otherRequest))
        #expect(AuditActions.rule(of: .get, "/api/v1/nowhere") == .unaudited)
    }

    @Test func `an action is a noun and a verb`() {
        for (route, rule) in AuditActions.table {
            switch rule {
            case .unaudited: continue
            case .audited(let action), .accessed(let action), .auditedOfPeople(let action),
                .auditedByStore(let action):
                let parts = action.split(separator: ".", omittingEmptySubsequences: false)
                let words = parts.filter { part in
                    !part.isEmpty && part.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F }
                }
                #expect(parts.count == 2 && words.count == 2, "\(route): \(action)")
            }
        }
    }

    /// Whoever adds a route here says that nobody need know who sent it.
    private static let withoutEntry: Set<String> = [
        "POST /api/v1/robots/{id}/heartbeat", "POST /api/v1/robots/{id}/sessions", "POST /api/v1/robots/{id}/logs",
        "DELETE /api/v1/sessions/{session}", "POST /api/v1/sessions/{session}/lease",
        "POST /api/v1/sessions/{session}/renew", "POST /api/v1/sessions/{session}/news",
        "POST /api/v1/sessions/{session}/watches", "POST /api/v1/sessions/{session}/watches/{id}",
        "POST /api/v1/jobs/{id}/children", "POST /api/v1/jobs/{id}/checkpoint", "POST /api/v1/jobs/{id}/complete",
        "POST /api/v1/jobs/{id}/fail", "POST /api/v1/jobs/{id}/block", "POST /api/v1/jobs/{id}/release",
        "POST /api/v1/jobs/{id}/logs",
        "POST /api/v1/auth/can-i", "POST /api/v1/workflows/validate", "POST /api/v1/schedules/simulate",
        "POST /api/v1/operations/preview", "POST /api/v1/triggers/{name}/test",
        "POST /hooks/{id}", "PUT /hooks/{id}", "PATCH /hooks/{id}", "DELETE /hooks/{id}",
    ]

    @Test func `what leaves no entry is the robots' protocol, what changes nothing, and deliveries`() {
        let unaudited = Set(AuditActions.table.filter { $0.value == .unaudited }.keys)
        let difference = unaudited.symmetricDifference(Self.withoutEntry).sorted()
        #expect(difference.isEmpty, "\(difference.joined(separator: ", "))")
    }
}

struct RefusalBudgetTests {
    private let start = ContinuousClock.now

    private static func key(_ who: String) -> RefusalBudget.Key {
        RefusalBudget.Key(who: who, action: "job.cancel", code: "AUTH_INSUFFICIENT_PERMISSIONS")
    }

    @Test func `so many of one caller are written in a window, and the next one says how many were left out`() {
        var budget = RefusalBudget()
        for _ in 0..<RefusalBudget.entriesMax {
            #expect(budget.spend(Self.key("ann"), at: self.start) == .write(leftOut: 0))
        }
        let end = self.start + RefusalBudget.window
        #expect(budget.spend(Self.key("ann"), at: self.start) == .leaveOut)
        #expect(budget.spend(Self.key("ann"), at: end - .nanoseconds(1)) == .leaveOut)
        #expect(budget.spend(Self.key("bob"), at: self.start) == .write(leftOut: 0))
        #expect(budget.spend(Self.key("ann"), at: end) == .write(leftOut: 2))
        #expect(budget.spend(Self.key("ann"), at: end) == .write(leftOut: 0))
    }

    @Test func `whoever comes from many places and stays away keeps no place, and what was left out is said`() {
        var budget = RefusalBudget()
        for number in 0..<RefusalBudget.keysMax {
            for _ in 0...RefusalBudget.entriesMax { _ = budget.spend(Self.key("place \(number)"), at: self.start) }
        }
        let end = self.start + RefusalBudget.window
        for number in 0..<RefusalBudget.keysMax - 1 {
            #expect(budget.spend(Self.key("caller \(number)"), at: end) == .write(leftOut: 0))
        }
        #expect(budget.spend(Self.key("late"), at: end) == .write(leftOut: RefusalBudget.keysMax))
    }

    @Test func `callers beyond the most that are counted share one budget`() {
        var budget = RefusalBudget()
        for number in 0..<RefusalBudget.keysMax {
            #expect(budget.spend(Self.key("caller \(number)"), at: self.start) == .write(leftOut: 0))
        }
        for _ in 0..<RefusalBudget.entriesMax {
            #expect(budget.spend(Self.key("late"), at: self.start) == .write(leftOut: 0))
        }
        #expect(budget.spend(Self.key("later"), at: self.start) == .leaveOut)
        #expect(budget.spend(Self.key("caller 1"), at: self.start) == .write(leftOut: 0))
        // Those whose window is over make room.
        #expect(budget.spend(Self.key("last"), at: self.start + RefusalBudget.window) == .write(leftOut: 0))
    }
}
