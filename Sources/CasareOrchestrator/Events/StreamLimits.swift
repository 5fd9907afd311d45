/// How much, how long and how often, for the streams of events. Tests have others.
package struct StreamLimits: Sendable {
    /// Streams that are open at once in this process.
    package var streamsMax = 1000
    /// Events that a tenant's reader keeps for its streams; a stream that is further behind reads them itself.
    package var recentMax = 4096
    /// Their size, about.
    package var recentBytesMax = 8 * 1024 * 1024
    /// Events that are read in one statement.
    package var spanMax = 500
    /// Without a word from anybody it is looked again after this time, more or less: words can be lost.
    package var lookInterval = Duration.seconds(1)
    /// The same while numbers have been given out whose events are not there yet.
    package var heldInterval = Duration.milliseconds(20)
    /// Between two looks, however many words come.
    package var lookPause = Duration.milliseconds(10)
    /// A tenant's reader goes on for this time without anybody who waits: those who poll come back.
    package var lingerMax = Duration.seconds(30)
    /// A stream says this often how far it has got, also when its filter leaves everything out. It then also looks
    /// whether its token still holds.
    package var tellInterval = Duration.seconds(15)
    package var pingInterval = Duration.seconds(15)
    /// A client that says nothing for this time, not even an answer to a ping, is gone.
    package var silenceMax = Duration.seconds(45)
    /// How long what was sent may wait for a client to take it.
    package var writeMax = Duration.seconds(10)
    /// What waits for a client to take it, in bytes, before no more is read for it.
    package var unsentBytesMax = 256 * 1024
    /// How long a closed connection waits for the client to close it too.
    package var closeMax = Duration.seconds(5)
    /// What a client may send in one message. Nothing that it sends is used.
    package var messageBytesMax = 4096

    package static let standard = StreamLimits()

    package init() {}
}
