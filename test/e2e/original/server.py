"""
An index as the original BitTrickle has it, for the end-to-end tests.

The promise is that original programs work with ours unchanged. Those are not part of this repository, so this
stand-in was written from what they put on the wire: the same answers, word for word, to the same datagrams, and no
answer where there is none. It shares no code with them, nor with ours: a mistake of ours must not cancel itself out.

Usage: python3 server.py PORT, in the folder of credentials.txt; port 0 takes a free one, and the first line tells it.
Each request is printed as it comes.
"""

import socket
import sys
import time
from dataclasses import dataclass

READ_SIZE = 1024
SILENCE_SECONDS = 3
NO = "❌."


@dataclass
class Session:
    host: str
    tcp_port: str
    heard_at: float


class Index:
    def __init__(self, passwords):
        self.passwords = passwords
        self.sessions = {}
        # Names in the order of their publication, each with its publishers.
        self.publishers = {}

    def answer(self, text, host):
        """The answer to a datagram; None where the original has none."""
        now = time.monotonic()
        self.sessions = {
            user: session
            for user, session in self.sessions.items()
            if now - session.heard_at <= SILENCE_SECONDS
        }
        command, *words = text.split()
        if (command, len(words)) == ("login", 3):
            return self.log_in(host, *words)
        # Nobody is asked to be logged in, nor where a request comes from.
        if (command, len(words)) in (("heartbeat", 1), ("lap", 1), ("lpf", 1)):
            return getattr(self, command)(words[0])
        if (command, len(words)) in (("pub", 2), ("unp", 2), ("sch", 2), ("get", 2)):
            return getattr(self, command)(*words)
        return None

    def log_in(self, host, user, password, tcp_port):
        refusal = "Authentication failed: "
        if user not in self.passwords:
            return f"{refusal}Unknown username {NO}"
        if self.passwords[user] != password:
            return f"{refusal}Incorrect password. Please try again {NO}"
        if user in self.sessions:
            return f"{refusal}User is already active {NO}"
        self.sessions[user] = Session(host, tcp_port, time.monotonic())
        return "Welcome to BitTrickle!"

    def heartbeat(self, user):
        if user in self.sessions:
            self.sessions[user].heard_at = time.monotonic()

    def lap(self, user):
        others = [other for other in self.sessions if other != user]
        return listing(others, "active peer(s)", "No active peers available")

    def lpf(self, user):
        own = [name for name, users in self.publishers.items() if user in users]
        return listing(own, "file(s) published", "No files published")

    def sch(self, user, part):
        found = [
            name
            for name, users in self.publishers.items()
            if part in name and user not in users and self.active(users)
        ]
        return listing(found, "file(s) found", "No files found")

    def pub(self, user, name):
        users = self.publishers.setdefault(name, [])
        if user in users:
            return f"File '{name}' is already published by you."
        users.append(user)
        return f"File '{name}' published successfully."

    def unp(self, user, name):
        users = self.publishers.get(name, [])
        if user not in users:
            return f"File '{name}' unpublication failed. File doesn't exist or is already unpublished {NO}"
        users.remove(user)
        if not users:
            del self.publishers[name]
        return f"File '{name}' unpublished successfully."

    def get(self, user, name):
        users = self.publishers.get(name)
        if users is None:
            return f"File '{name}' not found in published files {NO}"
        if user in users:
            return f"Error you already published this file '{name}' {NO}"
        active = self.active(users)
        if not active:
            return f"No active peers found with file '{name}' or you already have the file published {NO}"
        source = self.sessions[active[0]]
        return f"200 {source.host} {source.tcp_port}"

    def active(self, users):
        return [user for user in users if user in self.sessions]


def listing(items, noun, none):
    # It may be longer than what an original client reads.
    return "\n".join([f"{len(items)} {noun}:", *items]) if items else f"{none} {NO}"


def read_passwords():
    with open("credentials.txt", encoding="utf-8") as lines:
        return dict(line.split() for line in lines if line.strip())


def main():
    index = Index(read_passwords())
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", int(sys.argv[1])))
    print(f"listening on 127.0.0.1:{udp.getsockname()[1]}")
    while True:
        datagram, sender = udp.recvfrom(READ_SIZE)
        text = datagram.decode()
        print(f"from port {sender[1]}: {text}")
        answer = index.answer(text, sender[0])
        if answer is not None:
            udp.sendto(answer.encode(), sender)


if __name__ == "__main__":
    main()
