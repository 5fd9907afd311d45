import CasareDomain
import CasarePostgres

extension JobStore {
    private struct Asked: Hashable {
        let environment: String
        let workflow: Workflow.ID
        let requirements: Job.Requirements
    }

    /// The numbers of what jobs require, in their order; `nil` for nothing. Which robots a workflow is assigned to is
    /// part of it.
    ///
    /// - Throws: for a robot that there is not, or not in the job's environment: the job would wait for ever.
    static func requirementNumbers(
        of jobs: [NewJob], on connection: isolated PostgresConnection
    ) throws -> [Int32?] {
        var numbers: [Asked: Int32?] = [:]
        return try jobs.map { job in
            let asked = Asked(environment: job.environment, workflow: job.workflow, requirements: job.requirements)
            if let known = numbers[asked] { return known }
            let number = try self.number(of: asked, on: connection)
            numbers[asked] = number
            return number
        }
    }

    private static func number(of asked: Asked, on connection: isolated PostgresConnection) throws -> Int32? {
        if let robot = asked.requirements.robot {
            let rows = try connection.execute(SubmitQueries.robotEnvironment, ["robot": .text(robot.rawValue)])
            guard let environment = try rows.first?.string("environment") else {
                throw StoreError.notFound(.robot, robot.rawValue)
            }
            guard environment == asked.environment else {
                throw StoreError.robotElsewhere(robot, environment: environment, asked: asked.environment)
            }
        }
        return try QueueStore.requirement(
            asked.requirements, workflow: asked.workflow, queue: asked.environment, on: connection)
    }
}
