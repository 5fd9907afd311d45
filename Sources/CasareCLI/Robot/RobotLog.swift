import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

/// What a robot itself has logged, from its server.
struct RobotLog: Sendable {
    /// One request asks the server to wait this long; it allows 30 s.
    private static let waitMax = Duration.seconds(25)
    private static let pageMax = PageLimit.range.upperBound

    let client: CasareClient
    let robot: Robot.ID
    let level: Robot.LogLine.Level?

    /// Hands over the lines that there are.
    ///
    /// - Parameters:
    ///   - since: only lines that were kept then or later.
    ///   - tail: so many of the last of them; `nil`: all.
    /// - Returns: where to go on.
    func read(since: Date?, tail: Int?, _ show: ([RobotLogLineInfo]) throws -> Void) async throws -> Int {
        var page = try await self.client.log(
            of: self.robot, since: since, level: self.level, tail: tail, limit: Self.pageMax)
        if !page.lines.isEmpty { try show(page.lines) }
        // The last lines come at once.
        while tail == nil, !page.lines.isEmpty {
            page = try await self.client.log(
                of: self.robot, after: page.next, since: since, level: self.level, limit: Self.pageMax)
            if !page.lines.isEmpty { try show(page.lines) }
        }
        return page.next
    }

    /// Hands over lines behind a place as they come, until the task is cancelled.
    func follow(from place: Int, _ show: ([RobotLogLineInfo]) throws -> Void) async throws {
        var place = place
        while true {
            let after = place
            let page = try await Outage.withstanding {
                try await self.client.log(
                    of: self.robot, after: after, level: self.level, limit: Self.pageMax, waiting: Self.waitMax)
            }
            if !page.lines.isEmpty { try show(page.lines) }
            place = page.next
        }
    }
}
