import CasareDomain
import CasareEngine

/// Mail, chat and feeds.
extension TriggerNodes {
    static let messageTypes: [NodeType] = [
        Self.trigger(
            "EmailTriggerNode", "Starts a run for a new mail.",
            [
                .init(
                    "provider", .string, default: "imap", choices: ["imap", "gmail", "outlook"], "The mailbox."),
                .init("server", .string, default: "", "The server's name."),
                .init("port", .integer, default: 993, range: 1...65_535, "The server's port."),
                .init("username", .string, default: "", aliases: ["email"], "The account."),
                .init("password", .string, default: "", "Its password."),
                .init("use_ssl", .boolean, default: true, "Connect with TLS."),
                .init("folder", .string, default: "INBOX", "The folder to watch."),
                .init("filter_subject", .string, default: "", aliases: ["subject_filter"], "Part of the subject."),
                .init("filter_from", .string, default: "", "Part of the sender's address."),
                .init("unread_only", .boolean, default: true, "Only unread mail."),
                .init("mark_as_read", .boolean, default: true, "Mark mail that was seen as read."),
                .init("poll_interval_seconds", .integer, default: 60, range: 1 ... .infinity, "How often to look."),
                .init("download_attachments", .boolean, default: false, "Save attachments."),
                .init("attachment_dir", .string, default: "", "Where attachments are saved."),
            ],
            outputs: [
                .init("email", .object), .init("subject", .string), .init("sender", .string), .init("body", .string),
                .init("html_body", .string), .init("attachments", .list), .init("received_at", .string),
            ]),
        Self.trigger(
            "ChatTriggerNode", "Starts a run for a chat message.",
            [
                .init("welcome_message", .string, default: "Hello! How can I help you?", "The first message."),
                .init("input_placeholder", .string, default: "Type your message...", "Shown in the empty input."),
                .init(
                    "platform", .string, default: "web", choices: ["web", "slack", "teams", "discord", "telegram"],
                    "Where the chat is."),
                .init("channel_id", .string, default: "", aliases: ["channel"], "The channel to listen to."),
                .init("bot_token", .string, default: "", "The bot's token."),
                .init("message_pattern", .string, default: "", "A regular expression for messages; empty: all."),
                .init("allow_dm", .boolean, default: true, "Listen to direct messages."),
                .init("allow_mentions", .boolean, default: true, "Listen to mentions."),
            ],
            outputs: [
                .init("message", .string), .init("user_id", .string), .init("user_name", .string),
                .init("channel_id", .string), .init("platform", .string), .init("timestamp", .string),
                .init("reply_to", .string),
            ]),
        Self.trigger(
            "RSSFeedTriggerNode", "Starts a run for a new item of a feed.",
            [
                .init("feed_url", .string, required: true, "The feed's address."),
                .init("poll_interval_minutes", .integer, default: 15, range: 1 ... .infinity, "How often to look."),
                .init("filter_keywords", .string, default: "", "Words to look for, comma-separated."),
                .init(
                    "filter_mode", .string, default: "any", choices: ["any", "all", "none"],
                    "How many of the words an item must have."),
                .init("max_items_per_check", .integer, default: 10, range: 1 ... .infinity, "Items per look at most."),
                .init("include_description", .boolean, default: true, "Pass the item's description on."),
            ],
            outputs: [
                .init("item", .object), .init("title", .string), .init("link", .string), .init("description", .string),
                .init("published", .string), .init("author", .string), .init("categories", .list),
            ]),
        Self.trigger(
            "SSETriggerNode", "Starts a run for a server-sent event.",
            [
                .init("sse_url", .string, required: true, aliases: ["url"], "The stream's address."),
                .init("event_types", .string, default: "", "Types of events, comma-separated; empty: all."),
                .init("headers", .json, default: [:], "Headers of the request."),
                .init(
                    "reconnect_delay_seconds", .integer, default: 5, range: 0 ... .infinity,
                    "How long to wait before connecting again."),
                .init(
                    "max_reconnect_attempts", .integer, default: 10, range: 0 ... .infinity,
                    "How often to connect again."),
                .init(
                    "timeout_seconds", .integer, default: 0, range: 0 ... .infinity, "Stop listening then; 0: never."),
            ],
            outputs: [
                .init("event_type", .string), .init("data", .any), .init("raw_data", .string),
                .init("event_id", .string), .init("retry", .integer), .init("timestamp", .string),
            ]),
    ]
}
