import CasareDomain
package import CasareEngine
import CasarePostgres
import CasareStore
package import Logging

extension RobotAgent {
    /// Connections of a SQL robot beside the one of its session: reports wait for each other beyond that.
    private static let connectionsMax = 4

    /// A robot as its environment describes it.
    ///
    /// - Throws: For a URL that is none.
    package init(_ settings: RobotSettings, catalogue: NodeCatalogue, logger: Logger) throws {
        let broker: any Broker
        switch settings.connection {
        case .database(let url):
            var configuration = try PostgresConfiguration(url: url)
            configuration.applicationName = "casare-robot \(settings.robot.description.id)"
            broker = SQLBroker(
                database: Database(configuration, connectionsMax: Self.connectionsMax),
                leaseDuration: settings.leaseDuration, logger: logger)
        case .api(let url, let token):
            broker = try APIBroker(url: url, token: token)
        }
        self.init(broker: broker, catalogue: catalogue, configuration: settings.robot, logger: logger)
    }
}
