/// The statements that a connection has prepared on the server, at most `countMax` of them.
struct PreparedStatements {
    struct Statement {
        /// Kept alive: its identity is the key.
        let plan: Query.Plan
        let name: String
        let parameterTypes: [PostgresType]
        let columns: Rows.Columns
        fileprivate(set) var lastUse: UInt64
    }

    private let countMax: Int
    private var statements: [ObjectIdentifier: Statement] = [:]
    private var uses: UInt64 = 0
    private var namesGiven: UInt64 = 0

    init(countMax: Int) {
        self.countMax = max(1, countMax)
    }

    mutating func statement(for plan: Query.Plan) -> Statement? {
        self.uses += 1
        guard let index = self.statements.index(forKey: ObjectIdentifier(plan)) else { return nil }
        self.statements.values[index].lastUse = self.uses
        return self.statements.values[index]
    }

    /// A name that this connection has not used before.
    mutating func nextName() -> String {
        self.namesGiven += 1
        return "casare_\(self.namesGiven)"
    }

    mutating func insert(
        _ plan: Query.Plan, name: String, parameterTypes: [PostgresType], columns: Rows.Columns
    ) -> Statement {
        self.uses += 1
        let statement = Statement(
            plan: plan, name: name, parameterTypes: parameterTypes, columns: columns, lastUse: self.uses)
        self.statements[ObjectIdentifier(plan)] = statement
        return statement
    }

    mutating func remove(_ plan: Query.Plan) {
        self.statements[ObjectIdentifier(plan)] = nil
    }

    /// Takes out the least recently used statement when there is one too many; its name is for `DEALLOCATE`.
    mutating func removeExcess() -> String? {
        // A search through a few hundred entries costs little next to preparing the statement that is one too many.
        guard self.statements.count > self.countMax,
            let oldest = self.statements.min(by: { $0.value.lastUse < $1.value.lastUse })
        else { return nil }
        self.statements[oldest.key] = nil
        return oldest.value.name
    }
}
