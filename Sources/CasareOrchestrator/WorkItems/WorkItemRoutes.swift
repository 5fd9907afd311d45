import CasareDomain
import CasareStore
import CasareWire

/// The items of queues: dispatchers add them, performers take and end them, people look at them and mend them.
enum WorkItemRoutes {
    /// Robots' workflows are dispatchers and performers, with the robot's token or with one of their own.
    private static let working = Route.Access.needsOrRobot(.itemUpdate)
    private static let looking = Route.Access.needsOrRobot(.itemRead)

    static let all: [Route] = [
        .post(
            "/api/v1/item-queues/{name}/items", .needsOrRobot(.itemCreate),
            "Add work items, all of them or none. One whose reference is there already adds nothing, where the queue's "
                + "references are unique.",
            statuses: [201], Self.add),
        .get(
            "/api/v1/item-queues/{name}/items", Self.looking, "List the items of a queue, newest first.",
            query: [
                .choice("status", WorkItem.Status.self, "Only items that stand so."),
                .text("reference", "Only items of this reference."),
                .choice("error_type", WorkItem.ErrorType.self, "Only items whose last failure is of this type."),
                .limit, .cursor,
            ], Self.list),
        .post(
            "/api/v1/item-queues/{name}/next", Self.working,
            "Take the first item that is ready: of the highest priority the oldest. It is the taker's until the lease "
                + "ends; null when none is ready.",
            Self.take),
        .get(
            "/api/v1/item-queues/{name}/items/{id}", Self.looking, "One item, by its ID or its reference.", Self.get),
        .post(
            "/api/v1/item-queues/{name}/items/{id}/renew", Self.working,
            "Keep an item for longer.", Self.renew),
        .post(
            "/api/v1/item-queues/{name}/items/{id}/complete", Self.working,
            "Say that an item is done. With the token of its lease it is refused where the item has passed on.",
            Self.complete),
        .post(
            "/api/v1/item-queues/{name}/items/{id}/fail", Self.working,
            "Say that an item failed: for a reason of the business for good, else it is tried again.", Self.fail),
        .post(
            "/api/v1/item-queues/{name}/items/{id}/postpone", Self.working,
            "Give an item back, to be taken later.", Self.postpone),
        .post(
            "/api/v1/item-queues/{name}/items/{id}/retry", .needs(.itemUpdate),
            "Try an item again that has failed or was abandoned, with its retries counted anew.", Self.change(.retry)),
        .post(
            "/api/v1/item-queues/{name}/items/{id}/delete", .needs(.itemDelete),
            "Delete an item that nobody works on; its reference is free again.", Self.change(.delete)),
    ]

    // MARK: - Adding and looking

    private static func add(
        _ request: APIRequest, _ body: AddWorkItemsRequest
    ) async throws -> Answer<AddWorkItemsResponse> {
        let name = request.parameter("name")
        for (position, item) in body.items.enumerated() {
            try self.checkSize(of: item.data, "items[\(position)].data")
        }
        let items = body.items.map { item in
            WorkItemStore.New(
                reference: item.reference, data: item.data, priority: item.priority, deadline: item.deadline,
                postponeUntil: item.postponeUntil)
        }
        let added = try await request.inTenant { connection in
            try WorkItemStore.add(items, to: name, by: request.actor, on: connection)
        }
        return Answer(
            status: 201,
            AddWorkItemsResponse(
                items: zip(body.items, added).map { item, added in
                    AddedWorkItem(id: added.id, reference: item.reference, isDuplicate: added.isDuplicate)
                }))
    }

    private static func checkSize(of object: Object, _ place: String) throws(WireDecodingError) {
        let bytes = Value.object(object).jsonText(.compact).utf8.count
        guard bytes > WorkItem.bytesMax else { return }
        throw WireDecodingError(
            path: place,
            message: "takes \(bytes) bytes as JSON, and \(WorkItem.bytesMax) are the most; keep what is large "
                + "elsewhere, and here where it is")
    }

    private static func list(_ request: APIRequest) async throws -> WorkItemPage {
        let name = request.parameter("name")
        let limit = try request.limit()
        var reference = request.query["reference"]
        if reference == "" { reference = nil }
        let filter = WorkItemStore.Filter(
            status: try request.choice("status"), reference: reference, errorType: try request.choice("error_type"))
        let before = try request.cursor { WorkItem.ID($0) }
        let items = try await request.inTenant { connection in
            try WorkItemStore.list(of: name, filter, before: before, limit: limit + 1, on: connection)
        }
        let page = items.page(of: limit, cursor: \.id.description)
        return WorkItemPage(items: page.items.map(WorkItemInfo.init), nextCursor: page.nextCursor)
    }

    private static func get(_ request: APIRequest) async throws -> WorkItemInfo {
        let (name, id) = (request.parameter("name"), request.parameter("id"))
        return WorkItemInfo(
            try await request.inTenant { connection in try WorkItemStore.get(id, in: name, on: connection) })
    }

    // MARK: - Performing

    private static func take(
        _ request: APIRequest, _ body: TakeWorkItemRequest
    ) async throws -> Answer<TakeWorkItemResponse> {
        let name = request.parameter("name")
        let performer = WorkItemStore.Performer(name: request.actor, job: body.job, robot: body.robot)
        let item = try await request.inTenant { connection in
            try WorkItemStore.take(from: name, for: performer, seconds: body.leaseSeconds, on: connection)
        }
        return Answer(TakeWorkItemResponse(item: item.map(WorkItemInfo.init)))
    }

    private static func renew(
        _ request: APIRequest, _ body: RenewWorkItemRequest
    ) async throws -> Answer<WorkItemInfo> {
        try await self.say(.renew(token: body.token, seconds: body.leaseSeconds), reason: nil, request)
    }

    private static func complete(
        _ request: APIRequest, _ body: CompleteWorkItemRequest
    ) async throws -> Answer<WorkItemInfo> {
        if let output = body.output { try self.checkSize(of: output, "output") }
        return try await self.say(.complete(token: body.token, output: body.output), reason: body.reason, request)
    }

    private static func fail(
        _ request: APIRequest, _ body: FailWorkItemRequest
    ) async throws -> Answer<WorkItemInfo> {
        try await self.say(.fail(token: body.token, body.failure), reason: body.reason, request)
    }

    private static func postpone(
        _ request: APIRequest, _ body: PostponeWorkItemRequest
    ) async throws -> Answer<WorkItemInfo> {
        let delay: WorkItemStore.Delay
        if let until = body.until {
            delay = .until(until)
        } else {
            // Its decoding has seen to it that there is one of the two.
            delay = .seconds(body.forSeconds ?? 0)
        }
        return try await self.say(.postpone(token: body.token, delay), reason: body.reason, request)
    }

    private static func change(
        _ saying: WorkItemStore.Saying
    ) -> @Sendable (APIRequest, ChangeWorkItemRequest) async throws -> Answer<WorkItemInfo> {
        { request, body in try await Self.say(saying, reason: body.reason, request) }
    }

    private static func say(
        _ saying: WorkItemStore.Saying, reason: String?, _ request: APIRequest
    ) async throws -> Answer<WorkItemInfo> {
        let (name, id) = (request.parameter("name"), request.parameter("id"))
        let item = try await request.inTenant { connection in
            try WorkItemStore.say(saying, of: id, in: name, by: request.actor, reason: reason, on: connection)
        }
        return Answer(WorkItemInfo(item))
    }
}
