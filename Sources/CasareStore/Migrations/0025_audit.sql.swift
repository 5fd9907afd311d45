extension Migration {
    /// Who did what, in a chain of hashes.
    static let audit = Migration(
        version: 25, name: "audit",
        sql: """
            -- By the column's default and nowhere else, one at a time: the chainer finds out by it what is yet to
            -- appear.
            CREATE SEQUENCE audit_entry_ids CACHE 1;

            -- Written in the transactions of what they tell of, and never changed. One index and no references: hot
            -- changes write one, too.
            CREATE TABLE audit_entries (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                entry_id bigint NOT NULL DEFAULT nextval('audit_entry_ids'),
                at timestamptz NOT NULL,
                actor text NOT NULL,
                actor_kind text NOT NULL CHECK (actor_kind <> ''),
                -- The noun and the verb: schedule.pause.
                action text NOT NULL CHECK (action <> ''),
                subject text,
                outcome text NOT NULL CHECK (outcome IN ('granted', 'denied', 'failed')),
                reason text,
                source text,
                request_id text,
                trace_id uuid,
                detail json,
                content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
                PRIMARY KEY (tenant_id, entry_id)
            );
            -- What was done to one secret is asked for by its name.
            CREATE INDEX audit_entries_of_secrets ON audit_entries (tenant_id, subject, entry_id)
                WHERE starts_with(action, 'secret.');

            -- A field of what is hashed: the number of its bytes, a colon, itself, a line feed.
            CREATE FUNCTION casare_audit_field(field text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
            RETURN coalesce(octet_length(field)::text || ':' || field || chr(10), '-' || chr(10));

            -- Times as they are hashed and shown: UTC with microseconds.
            CREATE FUNCTION casare_audit_time(at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
            RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

            -- The order of the fields is the order of the columns.
            CREATE FUNCTION casare_audit_hash(
                tenant integer, entry bigint, at timestamptz, actor text, actor_kind text, action text, subject text,
                outcome text, reason text, source text, request text, trace uuid, detail text
            ) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
            RETURN sha256(convert_to(
                'casare-audit-entry 1' || chr(10) || casare_audit_field(tenant::text) || casare_audit_field(entry::text)
                || casare_audit_field(casare_audit_time(at)) || casare_audit_field(actor)
                || casare_audit_field(actor_kind) || casare_audit_field(action) || casare_audit_field(subject)
                || casare_audit_field(outcome) || casare_audit_field(reason) || casare_audit_field(source)
                || casare_audit_field(request) || casare_audit_field(replace(trace::text, '-', ''))
                || casare_audit_field(detail), 'UTF8'));

            -- The entries' order, put down shortly after their commits by one at a time.
            CREATE TABLE audit_chain (
                tenant_id integer NOT NULL,
                number bigint NOT NULL CHECK (number > 0),
                entry_id bigint NOT NULL,
                hash bytea NOT NULL CHECK (octet_length(hash) = 32),
                previous_hash bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
                PRIMARY KEY (tenant_id, number)
            );

            -- Where each tenant's chain ends, and where what is kept of it begins. Whoever makes it longer locks the
            -- row.
            CREATE TABLE audit_heads (
                tenant_id integer PRIMARY KEY,
                number bigint NOT NULL DEFAULT 0,
                entry_id bigint NOT NULL DEFAULT 0,
                hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
                -- The last link that is not kept any more.
                base_number bigint NOT NULL DEFAULT 0,
                base_entry_id bigint NOT NULL DEFAULT 0,
                base_hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
                anchored_number bigint NOT NULL DEFAULT 0,
                anchored_at timestamptz NOT NULL DEFAULT now(),
                CHECK (base_number <= number)
            ) WITH (fillfactor = 50);

            CREATE TABLE audit_anchors (
                tenant_id integer NOT NULL,
                number bigint NOT NULL CHECK (number > 0),
                hash bytea NOT NULL CHECK (octet_length(hash) = 32),
                at timestamptz NOT NULL,
                reason text NOT NULL CHECK (reason IN ('regular', 'retention')),
                -- Of Ed25519, in hex.
                public_key text,
                signature bytea,
                PRIMARY KEY (tenant_id, number),
                CHECK ((public_key IS NULL) = (signature IS NULL))
            );

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY['audit_entries', 'audit_chain', 'audit_heads', 'audit_anchors'] LOOP
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON %I TO casare_app
                         USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant())', name);
                    EXECUTE format('CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)', name);
                    EXECUTE format('GRANT SELECT ON %I TO casare_app, casare_system', name);
                END LOOP;
            END $$;
            -- Who writes entries can neither change nor remove one; only the chainer links them.
            GRANT INSERT ON audit_entries TO casare_app, casare_system;
            GRANT INSERT ON audit_chain, audit_heads, audit_anchors TO casare_system;
            GRANT UPDATE ON audit_heads TO casare_system;
            GRANT DELETE ON audit_entries, audit_chain TO casare_system;
            GRANT USAGE, SELECT ON SEQUENCE audit_entry_ids TO casare_app, casare_system;
            """)
}
