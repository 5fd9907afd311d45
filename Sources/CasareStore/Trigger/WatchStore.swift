package import CasareDomain
package import CasarePostgres
import Crypto
package import FoundationEssentials

/// What robots watch for triggers: who watches, what was seen, and the jobs that come of it. Call within
/// `Database.asTenant`.
///
/// One session at a time holds a watch, for as long as it is open and names it. What a robot reports counts only while
/// its session holds the watch, and only on top of the report before, in one transaction with the jobs that come of
/// it: whatever becomes of the robot and its requests, each finding is delivered once.
package enum WatchStore {
    /// Who watches for a trigger, and how that gets on.
    package struct Status: Hashable, Sendable {
        /// `nil`: nobody just now.
        package let robot: Robot.ID?
        package let since: Date?
        /// When something was last reported: nothing is while nothing happens.
        package let reportedAt: Date?
        /// Why nothing can be watched, and since when.
        package let error: String?
        package let errorSince: Date?
    }

    /// Lets go of what the session holds and the robot does not name, and hands it what is free.
    ///
    /// - Parameters:
    ///   - holding: what the robot watches already.
    ///   - limit: of new ones; none to a robot that is cordoned. All of a session's are `Watch.countMax` at the most.
    ///   - keys: open the secrets of feeds; without any such watches are left to others.
    /// - Throws: `StoreError.sessionEnded`.
    package static func watches(
        of session: Robot.SessionID, holding: [Watch.Mark], limit: Int, keys: KeyRing?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> WatchOffer {
        let asked = try connection.execute(WatchQueries.asker, ["session": .int8(session.rawValue)])
        guard let asker = asked.first else { throw StoreError.sessionEnded(session) }
        try connection.execute(
            WatchQueries.release,
            [
                "session": .int8(session.rawValue), "triggers": .uuidArray(holding.map(\.trigger.rawValue)),
                "revisions": .int8Array(holding.map { Int64($0.revision) }),
            ])
        let held = try connection.execute(WatchQueries.held, ["session": .int8(session.rawValue)])
        let kept = Set(try held.map { Trigger.ID(rawValue: try $0.uuid("trigger_id")) })
        let room = min(limit, Watch.countMax - kept.count)
        guard room > 0, try !asker.bool("is_cordoned") else { return WatchOffer(kept: kept) }
        var new: [Watch] = []
        var refused: [(trigger: Trigger.ID, why: String)] = []
        // What cannot be handed out is held until the others are: it must not keep them from their turn.
        while new.count < room {
            let taken = try connection.execute(
                WatchQueries.take,
                [
                    "session": .int8(session.rawValue), "robot": .text(try asker.string("robot_id")),
                    "environment": .text(try asker.string("environment")),
                    "environment_default": .text(TriggerSpec.environmentDefault), "opens_secrets": .bool(keys != nil),
                    "limit": .int(room - new.count), "now": .timestamp(now),
                ])
            guard !taken.isEmpty else { break }
            let isLast = taken.count < room - new.count
            let policy = try PolicyStore.get(on: connection).policy
            for row in taken {
                do {
                    new.append(try self.watch(row, policy, keys: keys, now: now, on: connection))
                } catch let refusal as Refusal {
                    refused.append((Trigger.ID(rawValue: try row.uuid("trigger_id")), refusal.why))
                }
            }
            if isLast { break }
        }
        for (trigger, why) in refused {
            try self.refuse(trigger, of: session, why: why, now: now, on: connection)
        }
        return WatchOffer(kept: kept, new: new)
    }

    /// Why a watch cannot be handed out: that is noted, and another robot may take it.
    private struct Refusal: Error {
        let why: String
    }

    /// - Throws: `Refusal` for one that cannot be read, nor what was seen, or whose secret does not open.
    private static func watch(
        _ row: Row, _ policy: SafetyPolicy, keys: KeyRing?, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Watch {
        let trigger: Trigger
        do {
            trigger = try TriggerStore.get(
                Trigger.ID(rawValue: try row.uuid("trigger_id")), now: now, on: connection)
        } catch StoreError.unreadable(let why) {
            throw Refusal(why: why)
        }
        guard let source = Watch.Source(trigger.spec.source) else {
            throw Refusal(why: "trigger \(trigger.name) is of a kind that nobody watches")
        }
        var secret: WatchSecret?
        if trigger.spec.needsSecret {
            let sealed = try TriggerStore.secrets(of: trigger.id, now: now, on: connection)
            let tenant = Tenant.ID(rawValue: try row.decode("tenant_id"))
            guard let keys, let newest = sealed.first else { throw Refusal(why: "it has no secret; rotate it") }
            do throws(SealingKey.OpeningError) {
                let bytes = try keys.open(newest, of: TriggerStore.place(of: trigger.id, in: tenant))
                secret = WatchSecret(String(decoding: bytes, as: UTF8.self))
            } catch {
                throw Refusal(why: "its secret cannot be opened: \(error)")
            }
        }
        var state: Value?
        if try row.optionalString("state_of") == self.mark(of: source), let text = try row.optionalString("state") {
            do throws(StoreError) {
                state = .object(try StoredJSON.object(text, in: "what is known of trigger \(trigger.name)"))
            } catch {
                throw Refusal(why: error.description)
            }
        }
        return Watch(
            trigger: trigger.id, name: trigger.name, revision: trigger.revision, version: try row.int("version"),
            source: source, state: state, secret: secret, policy: policy)
    }

    private static func refuse(
        _ id: Trigger.ID, of session: Robot.SessionID, why: String, now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            WatchQueries.refuse,
            [
                "trigger": .uuid(id.rawValue), "session": .int8(session.rawValue),
                "error": .text(String(why.prefix(WatchReport.errorCharactersMax)).storable), "now": .timestamp(now),
            ])
    }

    /// What was seen counts for what it was seen of.
    private static func mark(of source: Watch.Source) -> String {
        SHA256.hash(data: Array(source.identity.joined(separator: "\u{1F}").utf8)).hex
    }

    /// Makes the jobs of what was found, or notes why not, and keeps what was seen. Ring the ready bell after the
    /// commit where jobs were made.
    ///
    /// - Parameters:
    ///   - revision: of the trigger's spec that the robot watches by.
    ///   - version: of the report before.
    /// - Returns: the new version, how many jobs were made, and what became of each finding; `nil` when the session holds
    ///   the watch no longer, or this was reported before: nothing was changed then.
    package static func report(
        _ report: WatchReport, of id: Trigger.ID, revision: Int, version: Int, session: Robot.SessionID,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> (version: Int, jobs: Int, receipts: [TriggerReceipt])? {
        let found = try connection.execute(WatchQueries.trigger, ["trigger": .uuid(id.rawValue)])
        guard let row = found.first, try row.int("revision") == revision else { return nil }
        let trigger = try TriggerStore.get(id, now: now, on: connection)
        guard let source = Watch.Source(trigger.spec.source) else { return nil }
        let state = try report.state.map { value throws(StoreError) -> String in
            guard let object = value.object else { throw .unreadable("what was seen is no object") }
            return StoredJSON.text(of: object).storable
        }
        let kept = try connection.execute(
            WatchQueries.report,
            [
                "trigger": .uuid(id.rawValue), "session": .int8(session.rawValue), "version": .int(version),
                "state": .text(state), "state_of": .text(self.mark(of: source)),
                "error": .text(report.error.map { String($0.prefix(WatchReport.errorCharactersMax)).storable }),
                "now": .timestamp(now),
            ])
        guard let next = try kept.first?.int("version") else { return nil }
        let robot = try LeaseStore.robot(of: session, on: connection)
        var receipts: [TriggerReceipt] = []
        for finding in report.findings {
            let arrival = self.arrival(finding, of: trigger, from: robot, at: now ?? Date())
            let delivery = try TriggerDeliveries.fire(arrival, now: now, on: connection).delivery
            receipts.append(TriggerReceipt(of: trigger, delivery.result, job: delivery.job))
        }
        return (next, receipts.count { $0.result == .accepted }, receipts)
    }

    private static func arrival(
        _ finding: WatchFinding, of trigger: Trigger, from robot: Robot.ID?, at now: Date
    ) -> TriggerDeliveries.Arrival {
        let spec = trigger.spec
        let content = DeliveryContent(
            payload: finding.payload, delivery: finding.key, trigger: trigger.name,
            receivedAt: now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        var keys = [TriggerDeliveries.Key("found", finding.key, remembered: spec.dedupSeconds)]
        var shown = finding.key
        if let dedup = spec.dedup, let value = content.value(at: dedup) {
            keys.append(
                TriggerDeliveries.Key(
                    "value", value.jsonText(.compact, sortKeys: true), remembered: spec.dedupSeconds))
            shown = value.displayText
        }
        return TriggerDeliveries.Arrival(
            id: .new(at: now), trigger: trigger.id, keys: keys, shownKey: shown,
            variables: spec.mapping.variables(of: content), source: robot?.rawValue,
            bytes: finding.payload.jsonText(.compact).utf8.count)
    }

    /// `nil`: nobody has watched for it since it was made, or was last paused.
    package static func status(
        of trigger: Trigger.ID, on connection: isolated PostgresConnection
    ) throws -> Status? {
        let rows = try connection.execute(WatchQueries.status, ["trigger": .uuid(trigger.rawValue)])
        return try rows.first.map { row in
            Status(
                robot: try row.optionalString("robot_id").flatMap(Robot.ID.init(rawValue:)),
                since: try row.optionalDate("since"), reportedAt: try row.optionalDate("reported_at"),
                error: try row.optionalString("error"), errorSince: try row.optionalDate("error_since"))
        }
    }
}
