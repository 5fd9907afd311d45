import ArgumentParser
import CasareDomain

/// What a bulk command is to work on: the one place that refuses a command line that does not say it, or says it twice.
enum BulkSelection: Hashable, Sendable {
    case ids([Job.ID])
    case filter(Operation.Selection)
    /// What was saved under a name.
    case saved(String)

    /// For the `validate()` of a command, before anything is read or asked.
    ///
    /// - Parameters:
    ///   - words: IDs, or `-`.
    ///   - hasFilter: an option of the filter was given.
    ///   - name: of a saved selection.
    ///   - noun: what is selected: `job`.
    ///   - filters: the options that select, for the message: `--workflow, --status`.
    /// - Throws: `ValidationError`, which ends with 64: nothing is selected, or in several ways at once.
    static func check(
        words: [String], hasFilter: Bool, name: String?, noun: String, filters: String
    ) throws {
        let ways = [!words.isEmpty, hasFilter, name != nil].count(where: { $0 })
        guard ways > 0 else {
            throw ValidationError(
                "Say which \(noun)s: IDs, - for IDs on stdin, --selection NAME, or a filter: \(filters).")
        }
        guard ways == 1 else {
            throw ValidationError(
                "Give one of IDs, a filter and --selection: together they do not say which \(noun)s.")
        }
    }

    /// What `check` has let through.
    ///
    /// - Parameter filter: asked for where neither IDs nor a name were given.
    /// - Throws: `.usage` for what is no ID; what reading stdin throws.
    init(words: [String], name: String?, filter: () -> Operation.Selection) throws {
        if let name {
            self = .saved(name)
        } else if words.isEmpty {
            self = .filter(filter())
        } else {
            self = .ids(try JobIDs(words).all)
        }
    }

    /// The person has not named one single thing.
    var isSelection: Bool {
        switch self {
        case .ids(let ids): ids.count > 1
        case .filter, .saved: true
        }
    }

    /// The person named each thing: of those, one that is left as it is did not turn out as it was asked for.
    var namesEach: Bool {
        switch self {
        case .ids: true
        case .filter, .saved: false
        }
    }

    /// For a request to the server; `nil` for a saved one.
    var selection: Operation.Selection? {
        switch self {
        case .ids(let ids): .ids(ids)
        case .filter(let selection): selection
        case .saved: nil
        }
    }

    var savedName: String? {
        switch self {
        case .ids, .filter: nil
        case .saved(let name): name
        }
    }
}
