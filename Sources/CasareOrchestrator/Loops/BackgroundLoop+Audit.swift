import CasareDomain
import CasareStore
import Logging

extension BackgroundLoop {
    /// When it is looked again whether those have ended who were writing entries.
    private static let auditLookAgain = Duration.milliseconds(100)
    /// Between two parts of a chain that is checked: it is long, and there is time.
    private static let chainCheckPause = Duration.milliseconds(250)

    /// Puts entries of the audit log into their tenants' chains, and anchors on record.
    static func auditChain(_ services: Services, _ keeping: AuditKeeping, logger: Logger) -> BackgroundLoop {
        let horizon = LoopMemory(EventHorizon())
        let alarm = services.auditAlarm
        return BackgroundLoop(
            name: "audit_chain", interval: .milliseconds(600), board: services.loops, logger: logger, alarm: alarm
        ) {
            var current = horizon.value
            // A round that fails begins anew: the database may have been started anew.
            horizon.value = EventHorizon()
            let look = try await services.database.asSystem { connection in try AuditChainer.look(on: connection) }
            current.looked(look)
            horizon.value = current
            // Others are still writing: what they write is linked when they are done.
            if current.isBehind { alarm.ring(in: Self.auditLookAgain) }
            let reached = current.final
            let due = try await services.database.asSystem { connection in
                try AuditChainer.due(through: reached, keeping.anchoring, on: connection)
            }
            var hasMore = due.count >= AuditChainer.tenantsAtOnceMax
            var failures: [any Error] = []
            for tenant in due {
                do {
                    let extended = try await services.database.asSystem { connection in
                        try AuditChainer.extend(tenant, through: reached, keeping.anchoring, on: connection)
                    }
                    services.metrics.audit.linked(extended)
                    if let anchor = extended.anchor { anchor.log(of: tenant, logger) }
                    if extended.isPartial { hasMore = true }
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                }
            }
            try PartialFailure.check(failures)
            return hasMore
        }
    }

    /// Checks chains of the audit log, a part of each that is due, and tells of what is wrong.
    static func auditVerification(_ services: Services, logger: Logger) -> BackgroundLoop {
        let check = ChainCheck(services.database)
        let alarm = Alarm()
        return BackgroundLoop(
            name: "audit_verification", interval: .seconds(10), board: services.loops, logger: logger, alarm: alarm
        ) {
            var failures: [any Error] = []
            for tenant in try await check.due() {
                do {
                    switch try await check.step(of: tenant) {
                    case .nothing, .whole: break
                    case .goesOn: alarm.ring(in: Self.chainCheckPause)
                    case .broken(let fault):
                        services.metrics.audit.foundBreak()
                        logger.error(
                            "The chain of an audit log is broken",
                            metadata: [
                                "tenant.id": "\(tenant)", "audit.number": "\(fault.number)",
                                "audit.fault": .string(fault.kind.rawValue), "reason": .string(fault.message),
                            ])
                    }
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                }
            }
            try PartialFailure.check(failures)
            return false
        }
    }

    /// Removes entries of the audit log whose time is over.
    static func auditKeeping(_ services: Services, _ keeping: AuditKeeping, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "audit_keeping", interval: .seconds(600), board: services.loops, logger: logger) {
            let outlived = try await services.database.asSystem { connection in
                try AuditChainer.outlived(days: keeping.days ?? 0, on: connection)
            }
            var hasMore = false
            var failures: [any Error] = []
            for one in outlived {
                do {
                    let done = try await services.database.asSystem { connection in
                        try AuditChainer.removeOutlived(
                            days: one.days, of: one.tenant, key: keeping.anchoring.key, on: connection)
                    }
                    guard let done else { continue }
                    done.anchor.log(of: one.tenant, logger)
                    if done.removed >= AuditChainer.removedAtOnceMax { hasMore = true }
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                }
            }
            try PartialFailure.check(failures)
            return hasMore
        }
    }
}

extension AuditAnchor {
    /// On record outside of the database: who changes that cannot change this.
    fileprivate func log(of tenant: Tenant.ID, _ logger: Logger) {
        logger.notice(
            "Put an anchor of the audit log on record",
            metadata: [
                "tenant.id": "\(tenant)", "audit.number": "\(self.number)", "audit.hash": "\(self.hash)",
                "audit.anchor.at": .string(self.at), "audit.anchor.reason": .string(self.reason.rawValue),
            ])
    }
}
