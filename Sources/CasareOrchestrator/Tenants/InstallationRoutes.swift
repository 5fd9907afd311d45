import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import Logging

/// All tenants, for those who run the installation: callers of the tenant `default` alone have such permissions.
enum InstallationRoutes {
    private static let adminDefault = "admin"

    static let all: [Route] = [
        .post(
            "/api/v1/tenants", .needs(.tenantCreate),
            "Create a tenant, with the token of its first administrator, which is shown this once.", statuses: [201],
            Self.create),
        .get(
            "/api/v1/tenants", .needs(.tenantCreate), "List tenants by name.",
            query: [.choice("status", Tenant.Status.self, "Only tenants that stand so."), .limit, .cursor], Self.list),
        .get("/api/v1/tenants/{name}", .needs(.tenantCreate), "One tenant, and its quotas.", Self.get),
        .patch(
            "/api/v1/tenants/{name}", .needs(.tenantCreate),
            "Change what is said of a tenant. That two persons decide in it is taken back by two persons only.",
            Self.change),
        .put(
            "/api/v1/tenants/{name}/quotas", .needs(.tenantQuota),
            "Set all quotas of a tenant. Who has more than that already keeps it, and gets no more.", Self.setQuotas),
        .get(
            "/api/v1/tenants/{name}/usage", .needs(.tenantQuota), "What a tenant has, beside what it may have.",
            query: [.measure], Self.usage),
        .post(
            "/api/v1/tenants/{name}/suspend", .needs(.tenantSuspend),
            "Turn a tenant's callers away and let nothing begin. What its robots run they finish.",
            Self.steering { try TenantStore.suspend($0, by: $1, reason: $2, on: $3) }),
        .post(
            "/api/v1/tenants/{name}/resume", .needs(.tenantSuspend),
            "Let a tenant go on that was suspended, or is to be deleted and still has its data.",
            Self.steering { try TenantStore.resume($0, by: $1, reason: $2, on: $3) }),
        .delete(
            "/api/v1/tenants/{name}", .needs(.tenantDelete),
            "Suspend a tenant, and take its data away when the time to undo that is over.",
            query: [
                .text("reason", "Kept with what was done."), .undoSeconds,
                .init(
                    name: "break_glass", schema: ["type": "boolean", "default": false],
                    summary: "Do not wait for a second person; needs a reason."),
            ], Self.delete),
    ]

    // MARK: - Making and looking

    private static func create(
        _ request: APIRequest, _ body: CreateTenantRequest
    ) async throws -> Answer<CreateTenantResponse> {
        try self.check(body.displayName)
        if let reason = body.reason { try ControlReason.check(reason, "reason") }
        let admin = body.admin ?? self.adminDefault
        try TokenRoutes.checkName(admin, "admin")
        let own = request.principal.tenant
        let (tenant, quotas, text) = try await request.inInstallation { connection in
            try request.requireLife(
                until: nil, toGive: "the token of the tenant's first administrator", field: nil,
                advice: "sign in at an identity provider", on: connection)
            var tenant = try TenantStore.create(name: body.name, displayName: body.displayName, on: connection)
            let quotas = body.tier?.quotas ?? Quotas()
            if let tier = body.tier {
                tenant = try TenantStore.setQuotas(quotas, tier: tier, of: body.name, on: connection)
            }
            let text = try TenantStore.createToken(
                NewToken(name: admin, role: .admin), of: tenant.id, by: request.actor, goingOnFor: own, on: connection)
            return (tenant, quotas, text)
        }
        request.logger.notice(
            "Created a tenant", metadata: ["tenant.id": "\(tenant.id)", "actor": "\(request.actor)"])
        return Answer(
            status: 201,
            CreateTenantResponse(
                tenant: TenantInfo(tenant, quotas: quotas), token: text.reveal(), tokenName: admin))
    }

    private static func list(_ request: APIRequest) async throws -> TenantPage {
        let limit = try request.limit()
        let status: Tenant.Status? = try request.choice("status")
        let after = try request.cursor { $0 } ?? ""
        return try await request.inInstallation { connection in
            let page = try TenantStore.list(status, after: after, limit: limit + 1, on: connection)
                .page(of: limit, cursor: \.name)
            return TenantPage(
                tenants: try page.items.map { tenant in
                    TenantInfo(tenant, quotas: try TenantStore.quotas(of: tenant.id, on: connection))
                }, nextCursor: page.nextCursor)
        }
    }

    private static func get(_ request: APIRequest) async throws -> TenantInfo {
        let name = request.parameter("name")
        return try await request.inInstallation { connection in
            let tenant = try TenantStore.get(named: name, on: connection)
            return TenantInfo(tenant, quotas: try TenantStore.quotas(of: tenant.id, on: connection))
        }
    }

    // MARK: - Changing

    private static func change(_ request: APIRequest, _ body: ChangeTenantRequest) async throws -> TenantInfo {
        try await self.change(request.parameter("name"), request, body)
    }

    /// Of any tenant, for who may.
    static func change(
        _ name: String, _ request: APIRequest, _ body: ChangeTenantRequest
    ) async throws -> TenantInfo {
        try self.check(body.displayName)
        if let reason = body.reason { try ControlReason.check(reason, "reason") }
        var change = TenantStore.Change(displayName: body.displayName, requiresApproval: body.requiresApproval)
        switch body.auditDays {
        case .keep: break
        case .remove: change.auditDays = .some(nil)
        case .set(let days): change.auditDays = days
        }
        // Whoever is in the log does not shorten it.
        if change.auditDays != nil { try request.require(.tenantCreate) }
        let info: @Sendable (isolated PostgresConnection) throws -> TenantInfo = { [change] connection in
            let tenant = try TenantStore.update(name, change, on: connection)
            return TenantInfo(tenant, quotas: try TenantStore.quotas(of: tenant.id, on: connection))
        }
        let before = try await request.inInstallationUnaudited { try TenantStore.get(named: name, on: $0) }
        guard before.requiresApproval, body.requiresApproval == false else {
            return try await request.inInstallation(info)
        }
        return try await request.approved(
            request.wants(
                .approvalsOff, of: name, detail: body.alongside, reason: body.reason,
                breaksGlass: body.breakGlass ?? false), always: true, isOfInstallation: true, info)
    }

    private static func setQuotas(_ request: APIRequest, _ body: SetQuotasRequest) async throws -> TenantInfo {
        let name = request.parameter("name")
        if let reason = body.reason { try ControlReason.check(reason, "reason") }
        let quotas = body.all
        for quota in Quota.allCases {
            guard let limit = quotas[quota], !(0...Quota.limitMax).contains(limit) else { continue }
            throw WireDecodingError(
                path: "quotas.\(quota.rawValue)", message: "expected a number from 0 to \(Quota.limitMax)")
        }
        let tenant = try await request.inInstallationUnaudited { try TenantStore.get(named: name, on: $0) }
        let made = try await request.services.database.asTenant(tenant.id) { connection in
            try QuotaStore.jobsThisHour(on: connection)
        }
        let changed = try await request.inInstallation { connection in
            try TenantStore.setQuotas(quotas, tier: body.tier, jobsThisHour: made, of: name, on: connection)
        }
        // Robots that found no room look again.
        request.services.bell.ring(tenant.id)
        return TenantInfo(changed, quotas: quotas)
    }

    private static func usage(_ request: APIRequest) async throws -> UsageInfo {
        let name = request.parameter("name")
        let measures = try request.flag("measure") ?? false
        let tenant = try await request.inInstallation { try TenantStore.get(named: name, on: $0) }
        return try await request.services.database.asTenant(tenant.id) { connection in
            UsageInfo(try QuotaStore.usage(measuresStorage: measures, on: connection))
        }
    }

    private static func steering(
        _ steer:
            @escaping @Sendable (
                _ name: String, _ person: String, _ reason: String?, isolated PostgresConnection
            ) throws -> Tenant.Detail
    ) -> @Sendable (APIRequest, SteerTenantRequest) async throws -> Answer<TenantInfo> {
        { request, body in
            if let reason = body.reason { try ControlReason.check(reason, "reason") }
            let name = request.parameter("name")
            let info = try await request.inInstallation { connection in
                let tenant = try steer(name, request.actor, body.reason, connection)
                return TenantInfo(tenant, quotas: try TenantStore.quotas(of: tenant.id, on: connection))
            }
            self.changed(info, request)
            return Answer(info)
        }
    }

    private static func delete(_ request: APIRequest) async throws -> TenantInfo {
        let name = request.parameter("name")
        let reason = try request.reason()
        var undoSeconds = Tenant.undoSecondsDefault
        if let text = request.query["undo_seconds"], !text.isEmpty {
            guard let seconds = Int(text), Tenant.undoSecondsRange.contains(seconds) else {
                throw APIProblem.invalidInput(
                    "undo_seconds", "expected a number from 0 to \(Tenant.undoSecondsRange.upperBound)")
            }
            undoSeconds = seconds
        }
        let undo = undoSeconds
        let before = try await request.inInstallationUnaudited { try TenantStore.get(named: name, on: $0) }
        let info = try await request.approved(
            request.wants(
                .tenantDelete, of: name, detail: "undo_seconds=\(undo)", reason: reason,
                breaksGlass: try request.flag("break_glass") ?? false),
            always: before.requiresApproval, isOfInstallation: true
        ) { connection in
            let tenant = try TenantStore.delete(
                name, undoSeconds: undo, by: request.actor, reason: reason, on: connection)
            return TenantInfo(tenant, quotas: try TenantStore.quotas(of: tenant.id, on: connection))
        }
        self.changed(info, request)
        request.services.tenantAlarm.ring(in: .seconds(undo))
        return info
    }

    /// A tenant's life took a turn.
    private static func changed(_ tenant: TenantInfo, _ request: APIRequest) {
        request.services.tenantGate.forget()
        request.services.bell.ring(Tenant.ID(rawValue: Int32(clamping: tenant.id)))
        request.logger.notice(
            "A tenant's status was asked for",
            metadata: [
                "tenant.id": "\(tenant.id)", "tenant.status": "\(tenant.status.rawValue)",
                "actor": "\(request.actor)",
            ])
    }

    private static func check(_ displayName: String?) throws {
        guard let displayName, !displayName.isEmpty else { return }
        try ShortText.check(displayName, "display_name", charactersMax: Tenant.displayNameCharactersMax)
    }
}

extension ChangeTenantRequest {
    /// What else changes with the approvals: who agrees, agrees to that, too.
    fileprivate var alongside: String {
        var parts: [String] = []
        if let displayName { parts.append("display_name=\(displayName)") }
        switch self.auditDays {
        case .keep: break
        case .remove: parts.append("audit_days=null")
        case .set(let days): parts.append("audit_days=\(days)")
        }
        return parts.joined(separator: " ")
    }
}

extension Route.QueryParameter {
    fileprivate static let undoSeconds = Self(
        name: "undo_seconds",
        schema: [
            "type": "integer", "minimum": .int(Tenant.undoSecondsRange.lowerBound),
            "maximum": .int(Tenant.undoSecondsRange.upperBound), "default": .int(Tenant.undoSecondsDefault),
        ], summary: "For how long it can be undone.")
}
