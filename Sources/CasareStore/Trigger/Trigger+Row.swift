import CasareDomain
import CasarePostgres
import FoundationEssentials

extension Trigger {
    /// Reads a row of `TriggerQueries`.
    init(row: Row) throws {
        let name = try row.string("name")
        var pause: Pause?
        if let at = try row.optionalDate("paused_at") {
            pause = Pause(at: at, by: try row.string("paused_by"), reason: try row.optionalString("pause_reason"))
        }
        self.init(
            id: ID(rawValue: try row.uuid("trigger_id")), name: name,
            spec: try TriggerSpec(
                stored: try row.string("spec"), variables: try row.string("variables"), of: "trigger \(name)"),
            revision: try row.int("revision"), pause: pause, managedBy: try row.optionalString("managed_by"),
            lastFiredAt: try row.optionalDate("last_fired_at"),
            lastJob: try row.optionalUUID("last_job").map(Job.ID.init(rawValue:)),
            secrets: try TriggerSecret.list(row: row), createdAt: try row.date("created_at"),
            createdBy: try row.string("created_by"), updatedAt: try row.date("updated_at"),
            updatedBy: try row.string("updated_by"))
    }
}

extension TriggerStore.Listed {
    init(row: Row) throws {
        var trigger: Trigger?
        var problem: String?
        do {
            trigger = try Trigger(row: row)
        } catch StoreError.unreadable(let why) {
            problem = why
        }
        self.init(
            id: Trigger.ID(rawValue: try row.uuid("trigger_id")), name: try row.string("name"), trigger: trigger,
            problem: problem)
    }
}

extension TriggerSecret {
    /// The newest first.
    fileprivate static func list(row: Row) throws -> [TriggerSecret] {
        let numbers = try row.decode("secret_numbers", as: [Int32].self)
        let times = try row.decode("secret_times", as: [Date].self)
        let ends = try row.decode("secret_ends", as: [Date?].self)
        return numbers.indices.map { position in
            TriggerSecret(number: Int(numbers[position]), createdAt: times[position], until: ends[position])
        }
    }
}

extension TriggerSpec {
    /// - Throws: `StoreError.unreadable` for what a newer version has stored and this one cannot read.
    init(stored text: String, variables: String, of what: String) throws(StoreError) {
        do {
            self = try JSONDecoder().decode(TriggerSpec.self, from: Data(text.utf8))
        } catch {
            throw .unreadable("\(what) cannot be read: \(error)")
        }
        self.variables = try StoredJSON.object(variables, in: what)
    }

    /// Without the variables: these are kept as they were written.
    func stored() throws(StoreError) -> String {
        var spec = self
        spec.variables = [:]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return String(decoding: try encoder.encode(spec), as: UTF8.self).storable
        } catch {
            throw .unreadable("the trigger cannot be stored: \(error)")
        }
    }
}

extension TriggerDelivery {
    init(row: Row) throws {
        let result = try row.string("result")
        guard let result = Result(rawValue: result) else {
            throw StoreError.unreadable("a delivery has the unknown result \"\(result)\"")
        }
        self.init(
            id: ID(rawValue: try row.uuid("delivery_id")), trigger: Trigger.ID(rawValue: try row.uuid("trigger_id")),
            at: try row.date("at"), result: result, reason: try row.optionalString("reason"),
            job: try row.optionalUUID("job_id").map(Job.ID.init(rawValue:)),
            key: try row.optionalString("delivery_key"), source: try row.optionalString("source"),
            bytes: try row.int("bytes"))
    }
}
