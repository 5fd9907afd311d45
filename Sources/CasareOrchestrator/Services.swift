import CasareEngine
import CasareStore

/// What routes work with.
struct Services: Sendable {
    let database: Database
    let catalogue: NodeCatalogue
    let bell: ReadyBell
    /// Robots' reports, committed together.
    let reports: ReportGroups
    let waitingRoom: WaitingRoom
    /// What is happening, for those who follow it.
    let events: EventHub
    let cursors: SessionCursors
    let loops: LoopBoard
    let metrics: OrchestratorMetrics
    /// Woken when something becomes due earlier than the promotion loop would look.
    let promotionAlarm: Alarm
    /// Woken when somebody asks something of an operation.
    let operationAlarm = Alarm()
    let examinations: ExaminationTurn
    let openAPI: OpenAPIDocument
    let sensitiveVariables = SensitiveVariables()
    /// Of documents and variables in one answer to a robot, if there is more than one job in it.
    let leaseBytesMax: Int
    /// How long a robot's session is trusted without a renewal.
    let leaseDuration: Duration
    /// How many dead letters are kept of a tenant.
    let lettersMax: Int
    /// What secrets are sealed with in the database; `nil`: no secret can be kept.
    var sealingKey: SealingKey?
}
