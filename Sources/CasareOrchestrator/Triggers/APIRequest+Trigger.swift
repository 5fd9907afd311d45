import CasareDomain
import CasareEngine
import CasarePostgres
import CasareStore
import CasareWire

extension APIRequest {
    // MARK: - As anybody may see them; call within `inTenant`

    /// - Parameter watch: of a file or a feed, who watches for it.
    func shown(
        _ trigger: Trigger, _ watch: WatchStore.Status? = nil, on connection: isolated PostgresConnection
    ) throws -> TriggerInfo {
        try self.shown(StartVariables(trigger.spec), on: connection).hidden(in: TriggerInfo(trigger, watch))
    }

    func shown(
        _ steered: TriggerStore.Listed, on connection: isolated PostgresConnection
    ) throws -> SteerTriggerResponse {
        var info: TriggerInfo?
        if let trigger = steered.trigger { info = try self.shown(trigger, on: connection) }
        return SteerTriggerResponse(id: steered.id, name: steered.name, trigger: info)
    }

    /// Values of variables that the workflows declare sensitive are hidden.
    func shown(_ triggers: [Trigger], on connection: isolated PostgresConnection) throws -> [TriggerInfo] {
        let shown = try self.shown(triggers.map { StartVariables($0.spec) }, on: connection)
        return zip(triggers, shown).map { trigger, shown in shown.hidden(in: TriggerInfo(trigger)) }
    }

    /// The job that a sample would make.
    func shown(
        _ plan: TestTriggerResponse.Plan, on connection: isolated PostgresConnection
    ) throws -> TestTriggerResponse.Plan {
        let kept = StartVariables(plan.variables, of: plan.workflow, version: plan.version)
        let shown = try self.shown(kept, on: connection)
        return TestTriggerResponse.Plan(
            workflow: plan.workflow, version: plan.version, priority: plan.priority, environment: plan.environment,
            queueKey: plan.queueKey.map { shown.masked($0) }, variables: shown.variables)
    }
}

extension StartVariables {
    init(_ spec: TriggerSpec) { self.init(spec.variables, of: spec.workflow, version: spec.workflowVersion) }
}

extension ShownVariables {
    fileprivate func hidden(in trigger: TriggerInfo) -> TriggerInfo {
        var info = trigger
        info.spec.variables = self.variables
        info.spec.queueKey = trigger.spec.queueKey.map { self.masked($0) }
        return info
    }
}
