/// One kind of thing that a request does. Every route names the one that it needs.
///
/// The raw values are what people and programs write: the noun, a full stop, and what is done to it.
public enum Permission: String, Hashable, Sendable, CaseIterable {
    /// Push a workflow of a new name.
    case workflowCreate = "workflow.create"
    case workflowRead = "workflow.read"
    /// Push a new version of a workflow that is there; say which robots run it.
    case workflowUpdate = "workflow.update"
    /// No route asks for it so far: workflows are not deleted.
    case workflowDelete = "workflow.delete"
    /// Submit jobs of it, also by firing a schedule; beside its own permission, make what starts it by itself.
    case workflowExecute = "workflow.execute"
    /// Push at all: what is pushed is the newest version from then on, which is what runs.
    case workflowPublish = "workflow.publish"

    /// Look at jobs, what they wrote and did, dead letters, events, and what people did to them.
    case executionRead = "execution.read"
    case executionCancel = "execution.cancel"
    /// Submit a job that has ended anew, dead letters included.
    case executionRetry = "execution.retry"
    /// Change, pause, resume and fork jobs, answer their questions, acknowledge dead letters.
    case executionUpdate = "execution.update"

    case queueRead = "queue.read"
    /// Pause and resume queues, set their limits.
    case queueUpdate = "queue.update"

    case robotCreate = "robot.create"
    case robotRead = "robot.read"
    /// Cordon, drain and stop robots.
    case robotUpdate = "robot.update"
    case robotDelete = "robot.delete"
    /// Lease jobs and report on them: what a robot itself does.
    case robotProtocol = "robot.protocol"

    /// The same of schedules, their calendars, backfills and windows of maintenance.
    case scheduleCreate = "schedule.create"
    case scheduleRead = "schedule.read"
    case scheduleUpdate = "schedule.update"
    case scheduleDelete = "schedule.delete"

    case triggerCreate = "trigger.create"
    case triggerRead = "trigger.read"
    case triggerUpdate = "trigger.update"
    case triggerDelete = "trigger.delete"

    /// Of work items and their queues.
    case itemCreate = "item.create"
    case itemRead = "item.read"
    case itemUpdate = "item.update"
    case itemDelete = "item.delete"

    case operationRead = "operation.read"
    /// Do something to many jobs at once: it takes the permission for each of them, too.
    case operationCreate = "operation.create"
    /// Pause, resume, cancel and undo operations; save selections.
    case operationUpdate = "operation.update"
    /// Let an operation of somebody else go on that waits for a second person.
    case operationApprove = "operation.approve"

    case credentialCreate = "credential.create"
    /// What is known of a secret, without its value.
    case credentialRead = "credential.read"
    case credentialUpdate = "credential.update"
    case credentialDelete = "credential.delete"
    /// Have a workflow run that names it.
    case credentialUse = "credential.use"
    /// The value itself.
    case credentialReveal = "credential.reveal"
    case credentialRotate = "credential.rotate"
    /// Take the value away for good.
    case credentialDestroy = "credential.destroy"

    case tokenCreate = "token.create"
    case tokenRead = "token.read"
    case tokenRevoke = "token.revoke"

    case roleRead = "role.read"
    case roleManage = "role.manage"

    case auditRead = "audit.read"
    case auditExport = "audit.export"

    /// What the caller's tenant says, such as its safety rules.
    case tenantRead = "tenant.read"
    case tenantSettings = "tenant.settings"
    case metricsRead = "metrics.read"

    // Of the installation.
    case tenantCreate = "tenant.create"
    case tenantSuspend = "tenant.suspend"
    case tenantDelete = "tenant.delete"
    case tenantQuota = "tenant.quota"
    case vaultRekey = "vault.rekey"
    /// Put another certificate authority in the place of the one that signs the certificates of robots.
    case authorityRotate = "ca.rotate"

    /// Whether it concerns more than one tenant: only callers of the tenant `default` can have it, and no role that
    /// people make.
    public var isOfInstallation: Bool {
        switch self {
        case .tenantCreate, .tenantSuspend, .tenantDelete, .tenantQuota, .vaultRekey, .authorityRotate: true
        case .workflowCreate, .workflowRead, .workflowUpdate, .workflowDelete, .workflowExecute, .workflowPublish,
            .executionRead, .executionCancel, .executionRetry, .executionUpdate,
            .queueRead, .queueUpdate,
            .robotCreate, .robotRead, .robotUpdate, .robotDelete, .robotProtocol,
            .scheduleCreate, .scheduleRead, .scheduleUpdate, .scheduleDelete,
            .triggerCreate, .triggerRead, .triggerUpdate, .triggerDelete,
            .itemCreate, .itemRead, .itemUpdate, .itemDelete,
            .operationRead, .operationCreate, .operationUpdate, .operationApprove,
            .credentialCreate, .credentialRead, .credentialUpdate, .credentialDelete, .credentialUse,
            .credentialReveal, .credentialRotate, .credentialDestroy,
            .tokenCreate, .tokenRead, .tokenRevoke, .roleRead, .roleManage, .auditRead, .auditExport,
            .tenantRead, .tenantSettings, .metricsRead:
            false
        }
    }

    /// What it is done to: the part before the full stop.
    public var noun: Substring { self.rawValue.prefix { $0 != "." } }

    /// What is done: the part after the full stop.
    public var verb: Substring { self.rawValue.drop { $0 != "." }.dropFirst() }
}

extension Sequence<Permission> {
    /// In the order in which the cases stand, which is how people are shown them.
    public var inOrder: [Permission] {
        let members = Set(self)
        return Permission.allCases.filter(members.contains)
    }
}

extension Set<Permission> {
    /// What these are the names of. A name that this version of the program does not know grants nothing.
    public init(permissionNames names: some Sequence<String>) {
        self.init(names.compactMap(Permission.init(rawValue:)))
    }
}
