import CasareDomain
import CasareEngine

extension DatabaseNodes {
    private static let actions: [SuperAction] = [
        Self.action("Query (SELECT)", "Query", "Select", effectFor: SQLStatement.effectFor, DatabaseActions.query),
        Self.action(
            "Execute (INSERT/UPDATE/DELETE)", "Execute", "Insert", "Update", "Delete", effectFor: { _ in .effect }
        ) { inputs, environment in
            var result = try await DatabaseActions.nonQuery(inputs, environment)
            if result.outputs["last_insert_id"]?.isNull ?? true { result.outputs["last_insert_id"] = 0 }
            return result
        },
        Self.sessionAction("Connect", effectFor: { _ in .captured }) {
            try await DatabaseConnectActions.connect($0, $1, sslName: "use_ssl")
        },
        Self.sessionAction(
            "Begin Transaction", "Begin", effectFor: { _ in .captured }, DatabaseActions.begin),
        Self.sessionAction("Commit", "Commit Transaction", effectFor: { _ in .effect }, DatabaseActions.commit),
        Self.sessionAction(
            "Rollback", "Rollback Transaction", effectFor: { _ in .idempotent }, DatabaseActions.rollBack),
        Self.sessionAction(
            "Close Connection", "Close", "Disconnect", effectFor: { _ in .idempotent }, DatabaseActions.close),
        Self.action("Execute Batch", "Batch", effectFor: { _ in .effect }, Self.batch),
    ]

    /// An action that has nothing in the run's session, so that it is not done again when that is opened again.
    private static func action(
        _ name: String, _ short: String..., effectFor: @escaping @Sendable (Object) -> NodeType.Effect,
        _ perform: @escaping @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult
    ) -> SuperAction {
        SuperAction(name, short: short, effectFor: effectFor) { inputs, environment in
            if environment.isReopening { return NodeResult() }
            var result = try await perform(inputs, environment)
            result.outputs["connection"] = inputs["connection"]
            return result
        }
    }

    private static func sessionAction(
        _ name: String, _ short: String..., effectFor: @escaping @Sendable (Object) -> NodeType.Effect,
        _ perform: @escaping @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult
    ) -> SuperAction {
        SuperAction(name, short: short, effectFor: effectFor, awaiting: perform)
    }

    /// The super node has one output for the rows that statements changed, whether one or a batch.
    private static func batch(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        func renamed(_ outputs: Object) -> Object {
            var outputs = outputs
            outputs["rows_affected"] = outputs["total_rows_affected"]
            outputs["total_rows_affected"] = nil
            return outputs
        }
        do {
            return NodeResult(renamed(try await DatabaseBatch.execute(inputs, environment).outputs))
        } catch var failure as NodeFailure {
            failure.outputs = renamed(failure.outputs)
            throw failure
        }
    }

    static let superType = NodeType(
        "DatabaseSuperNode", family: Self.family, "Does one of the database operations.",
        parameters: [SuperAction.parameter(Self.actions)] + Self.server + [
            .init("use_ssl", .boolean, default: false, "Refuse a PostgreSQL server without TLS."),
            Self.connection, Self.query,
            .init("parameters", .json, default: [], "The values of the placeholders, in order."),
            .init("statements", .json, default: [], "A batch: texts, or objects with `query` and `parameters`."),
            Self.stopOnError,
        ] + Self.retry(interval: 1000),
        outputs: [
            .init("connection", .any), .init("results", .list), .init("row_count", .integer), .init("columns", .list),
            .init("rows_affected", .integer), .init("last_insert_id", .integer), .init("success", .boolean),
            .init("error", .string),
        ],
        execOutputs: ["exec_out", "exec_error"],
        effect: .effect, effectFor: SuperAction.effectFor(Self.actions), opensSession: true,
        .database(SuperAction.work(Self.actions))
    ).taking(Credentials.database)
}
