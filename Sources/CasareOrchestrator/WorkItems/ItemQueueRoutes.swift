import CasareDomain
import CasareStore
import CasareWire

/// Queues of business transactions. What is done with the items stands in `WorkItemRoutes`.
enum ItemQueueRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/item-queues", .needs(.itemCreate), "Create a queue of work items.", statuses: [201], Self.create),
        .get(
            "/api/v1/item-queues", .needsOrRobot(.itemRead), "List queues of work items by name.",
            query: [.limit, .cursor], Self.list),
        .get(
            "/api/v1/item-queues/{name}", .needsOrRobot(.itemRead),
            "One queue of work items, with how many stand how.", Self.stats),
        .patch(
            "/api/v1/item-queues/{name}", .needs(.itemUpdate),
            "Change the rules of a queue of work items: what is named changes, and null takes the performer or the "
                + "description away.",
            Self.update),
        .delete(
            "/api/v1/item-queues/{name}", .needs(.itemDelete),
            "Delete a queue of work items with its items; with items that wait or are worked on only by force.",
            query: [
                Self.force, .text("reason", "Kept with what was done."),
            ], Self.delete),
    ]

    private static let force = Route.QueryParameter(
        name: "force", schema: ["type": "boolean"], summary: "Also with items that wait or are worked on.")

    private static func create(
        _ request: APIRequest, _ body: CreateItemQueueRequest
    ) async throws -> Answer<ItemQueueInfo> {
        let rules = body.rules
        let queue = try await request.inTenant { connection in
            try request.shown(
                try ItemQueueStore.create(body.name, rules, by: request.actor, on: connection), on: connection)
        }
        return Answer(status: 201, queue)
    }

    private static func list(_ request: APIRequest) async throws -> ItemQueuePage {
        let limit = try request.limit()
        let after = request.query["cursor"] ?? ""
        return try await request.inTenant { connection in
            let page = try ItemQueueStore.list(after: after, limit: limit + 1, on: connection)
                .page(of: limit, cursor: \.name)
            return ItemQueuePage(
                queues: try request.shown(page.items, on: connection), nextCursor: page.nextCursor)
        }
    }

    private static func stats(_ request: APIRequest) async throws -> ItemQueueStatsInfo {
        let name = request.parameter("name")
        return try await request.inTenant { connection in
            let stats = try ItemQueueStore.stats(name, on: connection)
            var info = ItemQueueStatsInfo(stats)
            info.queue = try request.shown(stats.queue, on: connection)
            return info
        }
    }

    private static func update(
        _ request: APIRequest, _ body: UpdateItemQueueRequest
    ) async throws -> ItemQueueInfo {
        let name = request.parameter("name")
        return try await request.inTenant { connection in
            let queue = try ItemQueueStore.update(name, by: request.actor, on: connection) { rules in
                try request.meant(body, instead: rules, on: connection).apply(to: &rules)
            }
            return try request.shown(queue, on: connection)
        }
    }

    private static func delete(_ request: APIRequest) async throws -> ItemQueueInfo {
        let name = request.parameter("name")
        let isForced = try request.flag("force") ?? false
        let reason = try request.reason()
        return try await request.inTenant { connection in
            try request.shown(
                try ItemQueueStore.delete(
                    name, evenIfUsed: isForced, by: request.actor, reason: reason, on: connection), on: connection)
        }
    }
}
