import CasareDomain
import CasareStore
import CasareWire

/// Selections that are saved under a name, to be used again and again.
enum SelectionRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/selections", .needs(.operationRead), "List saved selections by name.", query: [.limit, .cursor],
            Self.list),
        .get("/api/v1/selections/{name}", .needs(.operationRead), "One saved selection.", Self.get),
        .put(
            "/api/v1/selections/{name}", .needs(.operationUpdate),
            "Save a selection under a name, instead of what was saved under it: what is to be true of the jobs, and not "
                + "which ones that are now.",
            Self.save),
        .delete("/api/v1/selections/{name}", .needs(.operationUpdate), "Delete a saved selection.", Self.delete),
    ]

    private static func list(_ request: APIRequest) async throws -> SelectionPage {
        let limit = try request.limit()
        let after = request.query["cursor"] ?? ""
        let selections = try await request.inTenant { connection in
            try SelectionStore.list(after: after, limit: limit + 1, on: connection)
        }
        let page = selections.page(of: limit, cursor: \.name)
        return SelectionPage(selections: try page.items.map(SelectionInfo.init), nextCursor: page.nextCursor)
    }

    private static func get(_ request: APIRequest) async throws -> SelectionInfo {
        let name = request.parameter("name")
        return try SelectionInfo(
            try await request.inTenant { connection in try SelectionStore.get(name, on: connection) })
    }

    private static func save(_ request: APIRequest, _ body: SaveSelectionRequest) async throws -> SelectionInfo {
        let name = request.parameter("name")
        try SelectionInfo.check(name, "name")
        guard body.selection.isFilter, !body.selection.isEmpty else {
            throw WireDecodingError(
                path: "selection",
                message: "say what is true of the jobs or dead letters, such as their workflow or status: a saved "
                    + "selection is what matches whenever it is used")
        }
        let stored = try body.selection.stored
        return try SelectionInfo(
            try await request.inTenant { connection in
                try SelectionStore.save(stored, as: name, by: request.actor, on: connection)
            })
    }

    private static func delete(_ request: APIRequest) async throws -> SelectionInfo {
        let name = request.parameter("name")
        return try SelectionInfo(
            try await request.inTenant { connection in
                try SelectionStore.delete(name, by: request.actor, on: connection)
            })
    }
}

extension SelectionInfo {
    /// - Throws: for what a newer version has saved and this one cannot read.
    init(_ saved: SavedSelection) throws {
        self.init(
            name: saved.name,
            selection: try Operation.Selection(stored: saved.selection, of: "the saved selection \(saved.name)"),
            createdAt: saved.createdAt, createdBy: saved.createdBy, updatedAt: saved.updatedAt,
            updatedBy: saved.updatedBy)
    }
}
