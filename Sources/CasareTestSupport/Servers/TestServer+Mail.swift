import CasareDomain

extension TestServer {
    /// Runs a mail server that takes mail in (aiosmtpd) from `ann`, whose password is `secret word`: on `port`, with
    /// STARTTLS unless told otherwise, and on `tls_port`, with TLS from the start.
    ///
    /// Mail is kept as `mail-1.json` (sender, recipients) and `mail-1.eml`. It treats some recipients in its own way:
    /// `refused@…` is refused, `later@…` put off the first time, and after a mail to `lost@…` is taken the connection
    /// is cut without a word.
    package static func withSMTP<Result: Sendable>(
        startTLS: Bool = true, authentication: Bool = true,
        _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await Self.with(
            program: Self.smtpProgram,
            options: ["starttls": .bool(startTLS), "authentication": .bool(authentication)], body)
    }

    private static let smtpProgram = """
        import asyncio, warnings
        warnings.simplefilter("ignore")
        from aiosmtpd.smtp import SMTP, AuthResult

        later = set()
        count = 0

        class Mail:
            async def handle_EHLO(self, server, session, envelope, hostname, responses):
                session.host_name = hostname
                return [line for line in responses if options["authentication"] or "AUTH" not in line]

            async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
                if address.startswith("refused@"):
                    return "550 5.1.1 no such mailbox"
                if address.startswith("later@") and address not in later:
                    later.add(address)
                    return "451 4.7.1 try again later"
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, server, session, envelope):
                global count
                count += 1
                with open("%s/mail-%d.json" % (folder, count), "w") as file:
                    json.dump({"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": server.transport.get_extra_info("ssl_object") is not None,
                        "user": session.auth_data.login.decode() if session.auth_data else None}, file)
                with open("%s/mail-%d.eml" % (folder, count), "wb") as file:
                    file.write(envelope.original_content)
                if any(address.startswith("lost@") for address in envelope.rcpt_tos):
                    server.transport.abort()
                return "250 queued"

        def authenticate(server, session, envelope, mechanism, data):
            good = data.login == b"ann" and data.password == b"secret word"
            return AuthResult(success=good, handled=good, auth_data=data)

        async def main():
            context, loop = tls(), asyncio.get_running_loop()
            common = dict(authenticator=authenticate, auth_require_tls=False)
            starttls = dict(tls_context=context) if options["starttls"] else {}
            plain = await loop.create_server(lambda: SMTP(Mail(), **common, **starttls), "127.0.0.1", 0)
            secure = await loop.create_server(lambda: SMTP(Mail(), **common), "127.0.0.1", 0, ssl=context)
            ready(port=plain.sockets[0].getsockname()[1], tls_port=secure.sockets[0].getsockname()[1])
            await plain.serve_forever()

        asyncio.run(main())
        """

    /// Runs a mailbox server (Dovecot) for `ann`, whose password is `secret word`: on `port`, with STARTTLS, and on
    /// `tls_port`, with TLS from the start.
    ///
    /// - Parameter hiding: Capabilities that it does not have then, such as `MOVE`.
    package static func withIMAP<Result: Sendable>(
        hiding: [String] = [], _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await Self.with(
            program: Self.imapProgram, options: ["hiding": .list(hiding.map(Value.string))], body)
    }

    /// Runs something that begins like a mailbox server without TLS and then does what no good one does.
    ///
    /// - Parameters:
    ///   - capabilities: What it says it can.
    ///   - answers: By the beginnings of commands, what it answers; `{tag}` is the command's tag. Nothing: it hangs up.
    ///     Other commands are answered with OK.
    package static func withBrokenIMAP<Result: Sendable>(
        capabilities: String = "", answers: [String: String],
        _ body: @escaping @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await Self.with(
            program: Self.brokenProgram,
            options: [
                "capabilities": .string(capabilities), "answers": .object(Object(answers.map { ($0, .string($1)) })),
            ], body)
    }

    private static let brokenProgram = """
        import socketserver

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b"* OK hello\\r\\n")
                while line := self.rfile.readline():
                    tag, _, command = line.decode().strip().partition(" ")
                    note("commands", command)
                    answer = "{tag} OK done\\r\\n"
                    if command == "CAPABILITY":
                        answer = "* CAPABILITY IMAP4rev1 " + options["capabilities"] + "\\r\\n" + answer
                    for start, given in options["answers"].items():
                        if command.startswith(start):
                            answer = given
                    if not answer:
                        return
                    self.wfile.write(answer.replace("{tag}", tag).encode())

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        with Server(("127.0.0.1", 0), Handler) as server:
            ready(port=server.server_address[1])
            server.serve_forever()
        """

    /// Puts a mail into ann's inbox. Mails get their UIDs in the order of their numbers.
    package func deliver(_ number: Int, _ text: String) throws {
        let name = "mail/ann/new/\(1_700_000_000 + number).M\(number)P1.test"
        try self.write(text.replacing("\r\n", with: "\n"), name)
    }

    private static let imapProgram = """
        import pwd, shutil, socket, subprocess

        certificate()
        nobody = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        import grp
        group = grp.getgrgid(nobody.pw_gid).gr_name
        for name in ("mail", "mail/ann", "mail/ann/new", "mail/ann/cur", "mail/ann/tmp", "home", "run"):
            os.mkdir(folder + "/" + name)
        with open(folder + "/users", "w") as file:
            file.write("ann:{PLAIN}secret word\\n")

        capabilities = '''IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ UNSELECT UIDPLUS MOVE
            CHILDREN NAMESPACE SPECIAL-USE'''.split()
        shown = [name for name in capabilities if name not in options["hiding"]]
        override = "imap_capability = " + " ".join(shown) if options["hiding"] else ""

        def free_port():
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                return probe.getsockname()[1]

        def start():
            port, tls_port = free_port(), free_port()
            with open(folder + "/dovecot.conf", "w") as file:
                file.write(f'''
        base_dir = {folder}/run
        instance_name = {os.path.basename(folder)}
        state_dir = {folder}/run
        log_path = {folder}/dovecot.log
        protocols = imap
        listen = 127.0.0.1
        default_internal_user = {nobody.pw_name}
        default_internal_group = {group}
        default_login_user = {nobody.pw_name}
        first_valid_uid = 1
        first_valid_gid = 1
        ssl = yes
        ssl_cert = <{folder}/cert.pem
        ssl_key = <{folder}/key.pem
        disable_plaintext_auth = no
        auth_failure_delay = 0
        auth_mechanisms = plain login
        mail_location = maildir:{folder}/mail/%u
        {override}
        passdb {{
          driver = passwd-file
          args = scheme=PLAIN username_format=%u {folder}/users
        }}
        userdb {{
          driver = static
          args = uid={nobody.pw_name} gid={group} home={folder}/home/%u
        }}
        service imap-login {{
          chroot =
          inet_listener imap {{
            port = {port}
          }}
          inet_listener imaps {{
            port = {tls_port}
            ssl = yes
          }}
        }}
        service anvil {{
          chroot =
        }}
        service stats {{
          chroot =
        }}
        ''')
            if os.getuid() == 0:
                for root, _, names in os.walk(folder):
                    for name in [root] + [root + "/" + each for each in names]:
                        shutil.chown(name, nobody.pw_uid, nobody.pw_gid)
            user = dict(user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[]) if os.getuid() == 0 else {}
            server = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", folder + "/dovecot.conf"], **user)
            while server.poll() is None:
                try:
                    # Said once it has its ports: what answers there before is somebody else.
                    if "starting up" not in open(folder + "/dovecot.log").read():
                        raise OSError
                    socket.create_connection(("127.0.0.1", port)).close()
                    socket.create_connection(("127.0.0.1", tls_port)).close()
                    return server, port, tls_port
                except OSError:
                    time.sleep(0.02)
            return None, port, tls_port

        # Between looking for free ports and opening them somebody else may take one.
        for attempt in range(5):
            server, port, tls_port = start()
            if server:
                break
        else:
            print(open(folder + "/dovecot.log").read(), flush=True)
            sys.exit(1)

        try:
            ready(port=port, tls_port=tls_port)
            server.wait()
        finally:
            server.terminate()
            server.wait()
        """
}
