import CasareDomain
import Testing

struct PermissionTests {
    @Test func `every permission is a noun, a full stop and a verb`() {
        for permission in Permission.allCases {
            let parts = permission.rawValue.split(separator: ".", omittingEmptySubsequences: false)
            #expect(parts.count == 2 && parts.allSatisfy { !$0.isEmpty }, "\(permission)")
            #expect([permission.noun, permission.verb] == parts)
        }
    }

    @Test(arguments: [
        ("cancel", "jobs", Permission.executionCancel), ("retry", "job", .executionRetry),
        ("submit", "jobs", .workflowExecute), ("run", "workflow", .workflowExecute),
        ("create", "job", .workflowExecute),
        ("push", "workflows", .workflowPublish), ("get", "workflow", .workflowRead), ("list", "jobs", .executionRead),
        ("ack", "dlq", .executionUpdate), ("pause", "queue", .queueUpdate), ("drain", "robots", .robotUpdate),
        ("register", "robot", .robotCreate), ("fire", "schedule", .workflowExecute),
        ("set", "calendar", .scheduleUpdate),
        ("delete", "token", .tokenRevoke), ("rotate", "tokens", .tokenCreate), ("create", "role", .roleManage),
        ("reveal", "secret", .credentialReveal), ("rotate", "secret", .credentialRotate),
        ("verify", "audit", .auditRead),
        ("set", "policy", .tenantSettings), ("update", "tenant", .tenantSettings),
        ("suspend", "tenant", .tenantSuspend),
        ("resume", "tenant", .tenantSuspend), ("scrape", "metrics", .metricsRead), ("cancel", "op", .operationUpdate),
        ("approve", "operation", .operationApprove), ("CANCEL", "Jobs", .executionCancel),
        ("rekey", "vault", .vaultRekey), ("rotate", "ca", .authorityRotate), ("enroll", "robot", .robotCreate),
    ])
    func `people ask with a verb and a noun`(verb: String, noun: String, expected: Permission) {
        #expect(Permission.toDo(verb, to: noun) == expected)
    }

    @Test(arguments: [("sing", "job"), ("cancel", "song"), ("cancel", "workflow"), ("", ""), ("read", "s")])
    func `what there is not is no permission`(verb: String, noun: String) {
        #expect(Permission.toDo(verb, to: noun) == nil)
    }

    @Test func `every permission is found by its own words`() {
        for permission in Permission.allCases {
            #expect(Permission.toDo(String(permission.verb), to: String(permission.noun)) == permission)
        }
    }

    @Test func `a name stands for one, and with an asterisk for all of a noun`() throws {
        #expect(try Permission.named("item.read") == [.itemRead])
        #expect(try Permission.named("item.*") == [.itemCreate, .itemRead, .itemUpdate, .itemDelete])
        // Those of the installation are never meant.
        #expect(try Permission.named("tenant.*") == [.tenantRead, .tenantSettings])
    }

    @Test(arguments: ["", "*", "item", "item.", ".*", "vault.*", "read", "item.reed"])
    func `other names are refused`(name: String) {
        #expect(throws: Permission.Unknown(name: name)) { try Permission.named(name) }
    }

    @Test func `a name that is nearly one is told`() {
        #expect(Permission.Unknown(name: "item.reed").description.hasSuffix("did you mean item.read?"))
        #expect(Permission.Unknown(name: "everything").description.contains("--list"))
    }

    @Test func `names that this version does not know grant nothing`() {
        #expect(Set(permissionNames: ["item.read", "moon.land"]) == [.itemRead])
    }

    @Test func `permissions are shown in one order`() {
        #expect(Set(Permission.allCases).inOrder == Permission.allCases)
        #expect(([.auditRead, .workflowRead, .auditRead] as [Permission]).inOrder == [.workflowRead, .auditRead])
    }

    @Test func `what is done to many takes what it takes for one`() {
        #expect(
            Operation.Verb.allCases.map(\.permission) == [
                .executionRetry, .executionRetry, .executionUpdate, .executionUpdate, .executionCancel,
                .executionUpdate,
                .executionUpdate, .executionUpdate,
            ])
    }
}
