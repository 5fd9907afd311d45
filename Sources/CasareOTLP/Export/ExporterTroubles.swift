import CasareTelemetry
import Logging
import Synchronization

/// What may go wrong with sending telemetry, as far as it is told of apart.
enum ExporterTrouble: Hashable, Sendable, CaseIterable {
    /// It was not taken, and is lost.
    case unsent
    /// The collector took the request and did not want all that was in it.
    case rejected
    /// The collector took everything and says something all the same.
    case warning
    case tooLarge
}

/// Decides which troubles are told of: each kind once a minute at the most, however often it comes, and their end once.
struct TroubleTally: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Action: Hashable, Sendable {
        case stayQuiet
        /// - Parameter lost: pieces that were lost since this kind was last told of, this time included.
        case tell(lost: Int)
    }

    static let interval = Duration.seconds(60)

    private var toldAt: [ExporterTrouble: Instant] = [:]
    private var lost: [ExporterTrouble: Int] = [:]
    /// Something lost was told of, and its end not yet.
    private var hasEndToTell = false

    mutating func happened(_ trouble: ExporterTrouble, lost count: Int, at now: Instant) -> Action {
        let total = self.lost[trouble, default: 0] + count
        if let last = self.toldAt[trouble], now - last < Self.interval {
            self.lost[trouble] = total
            return .stayQuiet
        }
        self.toldAt[trouble] = now
        self.lost[trouble] = 0
        switch trouble {
        case .unsent, .rejected, .tooLarge: self.hasEndToTell = true
        case .warning: break
        }
        return .tell(lost: total)
    }

    /// - Returns: whether that is to be told.
    mutating func wentWell() -> Bool {
        defer { self.hasEndToTell = false }
        return self.hasEndToTell
    }
}

/// Tells of the troubles of one exporter.
///
/// It must be given a logger whose lines are not exported: what is said of lines that cannot be sent would else be among
/// the next ones that cannot be.
final class ExporterTroubles: Sendable {
    private let tally = Mutex(TroubleTally())
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - logger: one whose lines are not exported.
    ///   - place: where it is sent to, for people.
    init(
        _ signal: Signal, to place: String, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        var logger = logger
        logger[metadataKey: "telemetry.signal"] = .string(signal.rawValue)
        logger[metadataKey: "telemetry.collector"] = .string(place)
        self.logger = logger
        self.now = now
    }

    /// - Parameters:
    ///   - lost: how many pieces are gone.
    ///   - message: for people.
    func happened(_ trouble: ExporterTrouble, lost: Int, _ message: String) {
        let now = self.now()
        switch self.tally.withLock({ $0.happened(trouble, lost: lost, at: now) }) {
        case .stayQuiet: break
        case .tell(let lost):
            let cut = String(message.prefix(OTLPFailure.charactersMax))
            self.logger.warning(
                Self.sentence(trouble), metadata: ["telemetry.lost": .stringConvertible(lost), "error": .string(cut)])
        }
    }

    /// Everything was taken.
    func wentWell() {
        if self.tally.withLock({ $0.wentWell() }) { self.logger.notice("The collector takes all telemetry again") }
    }

    private static func sentence(_ trouble: ExporterTrouble) -> Logger.Message {
        switch trouble {
        case .unsent: "Telemetry could not be sent and is lost"
        case .rejected: "The collector did not want all telemetry"
        case .warning: "The collector took the telemetry with a warning"
        case .tooLarge: "Telemetry is too large to be sent and is lost"
        }
    }
}
