/// What is read from the database, of all tenants together. All of it is looked at when somebody collects.
extension Instrument {
    package static let queueDepth = Instrument(
        "casare.queue.depth", .upDownCounter, unit: "{job}", "Jobs that have not ended, by how they stand",
        attributes: [.queue, .jobState], by: .database, isObserved: true)
    package static let queueOldestJobAge = Instrument(
        "casare.queue.oldest_job.age", .gauge, number: .double, unit: "s",
        "How long the oldest job that is ready has waited, by the database's clock; 0 where none waits",
        attributes: [.queue], by: .database, isObserved: true)
    package static let queuePaused = Instrument(
        "casare.queue.paused", .upDownCounter, unit: "{queue}",
        "Whether the queue is paused, 1 or 0; of queues of that name of several tenants how many are",
        attributes: [.queue], by: .database, isObserved: true)
    package static let queueEligibleRobot = Instrument(
        "casare.queue.eligible_robot", .upDownCounter, unit: "{robot}",
        "Robots that are there, not cordoned and not ending, and lease from the queue",
        attributes: [.queue], by: .database, isObserved: true)

    package static let deadLetterDepth = Instrument(
        "casare.dlq.depth", .upDownCounter, unit: "{dead_letter}", "Dead letters that nobody has dealt with, by state",
        attributes: [.queue, .deadLetterState], by: .database, isObserved: true)
    package static let deadLetterOldestOpenAge = Instrument(
        "casare.dlq.oldest_open.age", .gauge, number: .double, unit: "s",
        "How long the oldest open dead letter has been there; 0 where none is open",
        attributes: [.queue], by: .database, isObserved: true)

    package static let robotRegistered = Instrument(
        "casare.robot.registered", .upDownCounter, unit: "{robot}", "Robots that are registered, by state",
        attributes: [.robotState], by: .database, isObserved: true)
    package static let robotLastHeartbeat = Instrument(
        "casare.robot.last_heartbeat.timestamp", .gauge, number: .double, unit: "s",
        "When the robot was last heard of, as Unix time by the database's clock",
        attributes: [.robot], by: .database, isObserved: true)
    package static let robotStopped = Instrument(
        "casare.robot.stopped", .upDownCounter, unit: "{robot}",
        "Whether the robot has ended its last session itself and begun no other, 1 or 0; one that vanished has not",
        attributes: [.robot], by: .database, isObserved: true)

    package static let scheduleRegistered = Instrument(
        "casare.schedule.registered", .upDownCounter, unit: "{schedule}", "Schedules, by state",
        attributes: [.scheduleState], by: .database, isObserved: true)

    package static let secretLastRotation = Instrument(
        "casare.secret.last_rotation.timestamp", .gauge, number: .double, unit: "s",
        "When the secret's value took its place, as Unix time; of secrets with a policy of rotation",
        attributes: [.secret, .secretProvider], by: .database, isObserved: true)
    package static let secretRotationLimit = Instrument(
        "casare.secret.rotation.limit", .gauge, number: .double, unit: "s",
        "How old the secret's value may become; of several tenants' secrets of one name the least",
        attributes: [.secret], by: .database, isObserved: true)

    package static let auditLastVerification = Instrument(
        "casare.audit.last_verification.timestamp", .gauge, number: .double, unit: "s",
        "When the servers last checked a whole chain, as Unix time; of the tenant for which that is longest ago",
        by: .database, isObserved: true)
    package static let auditChainBroken = Instrument(
        "casare.audit.chain.broken", .upDownCounter, unit: "{tenant}",
        "Tenants in whose chain the last check found something wrong", by: .database, isObserved: true)
    package static let auditLastAnchor = Instrument(
        "casare.audit.last_anchor.timestamp", .gauge, number: .double, unit: "s",
        "When the last anchor was put on record, of any tenant, as Unix time", by: .database, isObserved: true)
    package static let auditUnlinkedAge = Instrument(
        "casare.audit.unlinked.age", .gauge, number: .double, unit: "s",
        "How long the oldest entry has waited that is in no chain yet; 0 where none waits",
        by: .database, isObserved: true)
    package static let auditUnanchoredAge = Instrument(
        "casare.audit.unanchored.age", .gauge, number: .double, unit: "s",
        "How old the oldest entry in a chain is that no anchor covers yet; 0 where all are covered",
        by: .database, isObserved: true)
}
