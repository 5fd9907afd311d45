/// What one look at the database says about who may still write events.
package struct EventLook: Hashable, Sendable {
    /// The last number that was given out, read before all else.
    package let last: EventCursor
    /// The transactions that may have been given numbers and have not ended.
    package let writers: Set<String>
    /// Up to here somebody found all events to be there, a while ago.
    package let mark: EventCursor

    package init(last: EventCursor, writers: Set<String>, mark: EventCursor) {
        self.last = last
        self.writers = writers
        self.mark = mark
    }
}

/// Up to which number all events are there to be read, as one reader finds out by looking again and again.
///
/// Events are numbered when they are written and appear when their transaction commits, so a lower number may appear
/// after a higher one. Whoever reads beyond a number that is yet to appear skips it for ever. The horizon is how far
/// one may read; what is beyond it waits.
///
/// **The rule.** A look first reads the last number that was given out, *n*, and then which transactions hold the lock
/// that writing events takes. If there is none, the horizon is *n*. Otherwise the look is kept, and once none of its
/// transactions is among those of a later look, the horizon is its *n*.
///
/// **Why nothing is skipped.** A statement that writes events locks the table before it begins, its numbers are given
/// out while it runs, and its transaction keeps the lock to its end. So whoever was given a number up to *n* either
/// holds the lock when the look asks who does, or has ended by then. PostgreSQL makes what a transaction wrote visible
/// before it lets go of its locks; so when the lock is gone, a statement that begins afterwards sees the events, or
/// the transaction has failed and there are none. Which transactions run is not asked: that would miss one that has
/// its number and has written nothing yet, and would wait for all that run on the server and write no events.
///
/// **A reader that begins** knows no earlier look, while a transaction with a low number may be about to commit: the
/// event would come after the reader began, and would lie behind it. So somebody looks all the time and leaves the
/// horizon in the database as a mark (`EventFeed.advanceMark`). Who begins while nobody writes begins with *n*; else
/// with the mark, which the numbers of all who write now lie behind: it was a horizon, so they were given out later.
/// Such a reader may be told of what happened before it began, as far back as the oldest of those transactions, and
/// never misses what is yet to come.
///
/// **A server that crashes**, or gives way to its standby, gives out numbers again that it had given out within the last
/// moments: those that no transaction had used that was committed. So a place that lasts, such as a cursor that a client
/// keeps, is always that of an event that was read, and never a mere horizon (`EventFeed.news`, `EventFeed.reached`);
/// and a look that finds fewer numbers than the one before begins anew. A standby that had not got what was committed
/// has lost events, and gives their numbers to others: no reader can help that.
///
/// **What it relies on**: numbers are given out by the column's default and nowhere else; the sequence keeps none in
/// store for sessions (`CACHE 1`); events are written to the table and not to a partition of it; and nobody prepares a
/// transaction (`PREPARE TRANSACTION`), which hands its locks over to another name.
package struct EventHorizon: Hashable, Sendable {
    /// All events up to it are there, or never will be.
    package private(set) var final: EventCursor = .start
    /// The look that waits for its writers to end.
    private var held: EventLook?

    package init() {}

    /// Numbers have been given out beyond the horizon: another look soon finds out about them.
    package var isBehind: Bool { self.held != nil }

    package mutating func looked(_ look: EventLook) {
        // The server has crashed since: what was found out is not so any more.
        if look.last < max(self.final, self.held?.last ?? .start) { self = EventHorizon() }
        self.final = max(self.final, look.mark)
        guard !look.writers.isEmpty else {
            self.final = max(self.final, look.last)
            self.held = nil
            return
        }
        if let held, held.writers.isDisjoint(with: look.writers) {
            self.final = max(self.final, held.last)
            self.held = nil
        }
        if self.held == nil, look.last > self.final { self.held = look }
    }
}
