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
    ///
    /// A word that is no ID is let through: it may be the value of an option that the command does not have, which is
    /// said only after this; else `init` refuses it.
    /// - Throws: `ValidationError`, which ends with 64: nothing is selected, or in several ways at once.
    static func check(
        words: [String], hasFilter: Bool, name: String?, noun: String, filters: String
    ) throws {
        let ways = [!words.isEmpty, hasFilter, name != nil].count(where: { $0 })
        guard ways > 0 else {
            throw ValidationError(
                "Say which \(noun)s: IDs, - for IDs on stdin, --selection NAME, or a filter: \(filters).")
        }
        guard ways == 1 || words.contains(where: { $0 != "-" && Job.ID($0) == nil }) else {
            throw ValidationError(
                "Give one of IDs, a filter and --selection: together they do not say which \(noun)s.")
        }
    }

    /// The same for things that have names, and of which no selections are saved.
    static func checkNamed(words: [String], hasFilter: Bool, noun: String, filters: String) throws {
        guard !words.isEmpty || hasFilter else {
            throw ValidationError("Say which \(noun)s: names, - for names on stdin, or a filter: \(filters).")
        }
        guard words.isEmpty || !hasFilter else {
            throw ValidationError("Give names or a filter: together they do not say which \(noun)s.")
        }
    }

    /// What `check` has let through.
    ///
    /// - Parameter filter: asked for where neither IDs nor a name were given.
    /// - Throws: `.usage` for what is no ID; what reading stdin throws.
    init(words: [String], name: String?, filter: () -> Operation.Selection) throws {
        if !words.isEmpty {
            self = .ids(try JobIDs(words).all)
        } else if let name {
            self = .saved(name)
        } else {
            self = .filter(filter())
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
