import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire

/// What depends on more than the route: it names the one permission that is needed in any case.
extension APIRequest {
    /// - Throws: 403 where the caller lacks a permission.
    func require(_ permission: Permission) throws(APIProblem) {
        guard self.principal.may(permission) else { throw APIProblem(lacking: [permission], self.principal) }
    }

    /// To push is one thing, and a new name or another version of what is there another one. A document that is there
    /// already changes nothing.
    ///
    /// - Parameter document: what was pushed.
    /// - Throws: 403 where the caller lacks a permission; within the transaction, which then stores nothing.
    func requirePush(of pushed: WorkflowStore.Pushed, _ document: Value) throws(APIProblem) {
        guard pushed.isNew else { return }
        try self.require(.workflowPublish)
        try self.require(pushed.version.number == 1 ? .workflowCreate : .workflowUpdate)
        try self.requireUse(ofSecretsIn: document)
    }

    /// Whoever writes a workflow that names secrets, or has one run, has those used.
    ///
    /// - Throws: 403 where the caller may not, and the document names one.
    func requireUse(ofSecretsIn document: Value) throws(APIProblem) {
        guard !self.principal.may(.credentialUse), let secret = SecretReference.named(in: document).min() else {
            return
        }
        throw APIProblem(
            .insufficientPermissions,
            "the workflow names secrets, such as \(secret), so this needs the permission "
                + "\(Permission.credentialUse.rawValue), too; \(self.actor) has the role \(self.principal.role)",
            details: ["permissions": .list([.string(Permission.credentialUse.rawValue)])])
    }

    /// The same of a version that is stored. It is read for those alone who may not.
    ///
    /// - Parameter number: `nil`: the newest.
    /// - Throws: beside 403, `StoreError.notFound` where there is no such version.
    func requireUse(
        ofSecretsIn workflow: Workflow.ID, version number: Int? = nil, on connection: isolated PostgresConnection
    ) throws {
        guard !self.principal.may(.credentialUse) else { return }
        let version = try WorkflowStore.version(number, of: workflow, on: connection)
        guard let document = try? Value(parsingJSON: version.document) else {  // It was checked when it was pushed.
            throw StoreError.unreadable(
                "version \(version.number) of workflow \(version.name) is not JSON; push it again")
        }
        try self.requireUse(ofSecretsIn: document)
    }

    /// The same of what a schedule or a trigger is to run. A workflow that is not there yet names none.
    ///
    /// - Parameter number: `nil`: the newest.
    func requireUse(
        ofSecretsInNamed idOrName: String, version number: Int? = nil, on connection: isolated PostgresConnection
    ) throws {
        guard !self.principal.may(.credentialUse),
            let workflow = try WorkflowStore.get(idOrName: idOrName, on: connection),
            number.map({ (1...workflow.latestVersion).contains($0) }) ?? true
        else { return }
        try self.requireUse(ofSecretsIn: workflow.id, version: number, on: connection)
    }

    /// The same of what a schedule starts.
    func requireUse(ofSecretsIn spec: ScheduleSpec, on connection: isolated PostgresConnection) throws {
        try self.requireUse(ofSecretsInNamed: spec.workflow, version: spec.workflowVersion, on: connection)
    }

    /// Whoever makes what starts a workflow by itself, now and then, has it run: they must be allowed to run it
    /// themselves, with the secrets that it names.
    ///
    /// - Parameters:
    ///   - starter: for people, such as `a trigger`.
    ///   - idOrName: the workflow. One that is not there yet names no secrets.
    ///   - number: `nil`: the newest version.
    /// - Throws: 403 where the caller lacks a permission; within the transaction, which then stores nothing.
    func requireStarting(
        by starter: String, of idOrName: String, version number: Int? = nil, on connection: isolated PostgresConnection
    ) throws {
        guard self.principal.may(.workflowExecute) else {
            let permission = Permission.workflowExecute.rawValue
            let role = self.principal.role + self.principal.cutShort([.workflowExecute])
            throw APIProblem(
                .insufficientPermissions,
                "\(starter) starts a workflow on behalf of whoever makes or changes it, so this needs the permission "
                    + "\(permission), too; \(self.actor) has the role \(role); ask for a role that has it, or have "
                    + "somebody do this who does",
                details: ["permissions": .list([.string(permission)])])
        }
        try self.requireUse(ofSecretsInNamed: idOrName, version: number, on: connection)
    }

    func requireStarting(by spec: ScheduleSpec, on connection: isolated PostgresConnection) throws {
        try self.requireStarting(by: "a schedule", of: spec.workflow, version: spec.workflowVersion, on: connection)
    }

    func requireStarting(by spec: TriggerSpec, on connection: isolated PostgresConnection) throws {
        try self.requireStarting(by: "a trigger", of: spec.workflow, version: spec.workflowVersion, on: connection)
    }

    /// - Parameter policy: one without a hook starts nothing.
    func requireStarting(by policy: RotationPolicy?, on connection: isolated PostgresConnection) throws {
        guard let hook = policy?.hook else { return }
        try self.requireStarting(by: "a rotation policy with a hook", of: hook, on: connection)
    }

    /// Nobody hands on what they do not have: with a role or a token that can do more, they could do it themselves.
    ///
    /// - Parameters:
    ///   - permissions: what somebody else is to have.
    ///   - what: for people, such as `the role clerk`.
    /// - Throws: 403 that names what the caller lacks.
    func requireAll(_ permissions: Set<Permission>, toGive what: String) throws(APIProblem) {
        let missing = permissions.subtracting(self.principal.permissions).inOrder.map(\.rawValue)
        guard !missing.isEmpty else { return }
        throw APIProblem(
            .insufficientPermissions,
            "\(what) would have permissions that \(self.actor) does not have: \(missing.joined(separator: ", ")); ask "
                + "somebody who has them",
            details: ["permissions": .list(missing.map(Value.string))])
    }
}

extension APIProblem {
    /// That one of these is needed.
    init(lacking permissions: [Permission], _ principal: Principal) {
        let names = permissions.map(\.rawValue)
        // A route for whoever may do anything at all refuses those who may do nothing.
        let needed =
            permissions.count == Permission.allCases.count
            ? "any permission at all" : "the permission " + names.joined(separator: " or ")
        self.init(
            .insufficientPermissions,
            "this needs \(needed); \(principal.name) has the role \(principal.role)\(principal.cutShort(permissions))",
            details: ["permissions": .list(names.map(Value.string))])
    }
}

extension Principal {
    /// Said behind the role where it is the scopes that keep somebody from one of these.
    fileprivate func cutShort(_ permissions: [Permission]) -> String {
        guard let scopes, scopes.isDisjoint(with: permissions) else { return "" }
        return ", cut down to other scopes"
    }
}
