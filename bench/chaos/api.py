"""The API over several orchestrators, of which any may be gone."""

import http.client
import json


class Unavailable(Exception):
    """Nobody answered: it may have been done or not."""


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status}: {text[:500]}")
        self.status = status


class Api:
    def __init__(self, host, ports, token):
        self.host, self.ports, self.token = host, ports, token

    def call(self, method, path, body=None, first=0, timeout=5):
        """Asks one orchestrator, once: whoever calls decides whether it may be asked again."""
        port = self.ports[first % len(self.ports)]
        connection = http.client.HTTPConnection(self.host, port, timeout=timeout)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {
                "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(str(error)) from error
        finally:
            connection.close()
        if answer.status >= 500:
            raise Unavailable(f"{answer.status}: {text[:300]}")
        if answer.status >= 400:
            raise Refused(answer.status, text)
        return json.loads(text) if text else None

    def is_ready(self, number):
        try:
            return self.call("GET", "/health/ready", first=number, timeout=3)["ready"]
        except (Unavailable, Refused):
            return False
