import CasareDomain
import FoundationEssentials

/// A schedule's spec as it is stored: the variables by themselves, to the digit as they were written, and the rest with
/// the names that its types have.
struct StoredSpec {
    let spec: String
    let variables: String

    init(_ spec: ScheduleSpec) throws(StoreError) {
        self.variables = StoredJSON.text(of: spec.variables)
        var rest = spec
        rest.variables = [:]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            self.spec = String(decoding: try encoder.encode(rest), as: UTF8.self)
        } catch {
            throw .unreadable("the schedule's spec cannot be stored: \(error)")
        }
    }

    static func read(_ spec: String, variables: String, of what: String) throws(StoreError) -> ScheduleSpec {
        var read: ScheduleSpec
        do {
            read = try JSONDecoder().decode(ScheduleSpec.self, from: Data(spec.utf8))
        } catch {
            throw .unreadable("the spec of \(what) cannot be read: \(error)")
        }
        read.variables = try StoredJSON.object(variables, in: "the variables of \(what)")
        return read
    }
}
