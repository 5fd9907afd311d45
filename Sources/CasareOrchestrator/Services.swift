import CasareEngine
import CasareProviders
import CasareSettings
import CasareStore
import Tracing

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
    /// Makes the spans of what no request asks for.
    let tracer: any Tracer
    /// Woken when something becomes due earlier than the promotion loop would look.
    let promotionAlarm: Alarm
    /// Woken when somebody asks something of an operation.
    let operationAlarm = Alarm()
    /// Whose callers are turned away.
    let tenantGate = TenantGate()
    let tenantNames = TenantNames()
    /// Woken when there may be a tenant to take away.
    let tenantAlarm = Alarm()
    /// Woken when an entry of the audit log is to be linked.
    let auditAlarm = Alarm()
    /// Which refused requests are written into the audit log.
    let refusals = Refusals()
    let examinations: ExaminationTurn
    let openAPI: OpenAPIDocument
    let sensitiveVariables = SensitiveVariables()
    /// Of documents and variables in one answer to a robot, if there is more than one job in it.
    let leaseBytesMax: Int
    /// How long a robot's session is trusted without a renewal.
    let leaseDuration: Duration
    /// How many dead letters are kept of a tenant.
    let lettersMax: Int
    /// How callers are known and counted.
    var authentication = AuthenticationSettings()
    /// What secrets are encrypted under in the database; `nil`: no secret can be kept.
    var keys: KeyRing?
    /// Woken when somebody begins a change of keys.
    let rekeyAlarm = Alarm()
    /// What keeps secrets elsewhere.
    var providers: SecretProviders = .none
    let providerBoard = ProviderBoard()
    /// Woken when authorities of client certificates have changed.
    let certificateAlarm = Alarm()
    /// In PEM form what the server shows of its certificate now, its own first; empty where it speaks plain HTTP.
    var servedChain: @Sendable () -> [String] = { [] }
    /// Who has shown too many wrong tokens; `nil`: nobody is locked out.
    var lockouts: Lockouts?
    /// Of certificates that are signed for robots.
    var certificateLife = OrchestratorConfiguration.Settings.certificateLife.standard
    /// Asks the database anew who callers are: somebody's certificate was revoked.
    var forgetCallers: @Sendable () -> Void = {}

    /// The values of secrets that providers keep.
    var externalSecrets: ExternalSecrets { ExternalSecrets(self.providers, database: self.database) }
}
