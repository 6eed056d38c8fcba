"""
A peer as the original BitTrickle has it, for the end-to-end tests.

The promise is that original programs work with ours unchanged. Those are not part of this repository, so this
stand-in was written from what they put on the wire: the same datagrams at the same moments, and the same behaviour on
TCP, peculiarities included. It shares no code with them, nor with ours: a mistake of ours must not cancel itself out.

Usage: python3 client.py INDEX_PORT, in the folder to share. Lines on stdin: a user name and a password, again until
the index takes them, then commands: get, lap, lpf, pub, sch, unp, xit. What the index answers is printed as it comes.
"""

import os
import socket
import sys
import threading

READ_SIZE = 1024
HEARTBEAT_SECONDS = 2


class Client:
    def __init__(self, index_port):
        self.index = ("127.0.0.1", index_port)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.user = ""

    def say(self, *words):
        self.udp.sendto(" ".join(words).encode(), self.index)

    def ask(self, *words):
        # One datagram, never sent again; and whatever comes next is taken for its answer.
        self.say(*words)
        return self.udp.recv(READ_SIZE).decode()

    def log_in(self, user, password):
        answer = self.ask("login", user, password, str(self.listener.getsockname()[1]))
        print(answer)
        if answer != "Welcome to BitTrickle!":
            return False
        self.user = user
        in_background(self.beat)
        return True

    def beat(self):
        # The first one follows the welcome at once.
        pause = threading.Event()
        while True:
            self.say("heartbeat", self.user)
            pause.wait(HEARTBEAT_SECONDS)

    def run(self, command, rest):
        if command in ("lap", "lpf") and not rest:
            print(self.ask(command, self.user))
        elif command == "pub" and len(rest) == 1 and not os.path.isfile(rest[0]):
            print(f"no file {rest[0]} here")
        elif command in ("pub", "unp", "sch") and len(rest) == 1:
            print(self.ask(command, self.user, rest[0]))
        elif command == "get" and len(rest) == 1:
            self.get(rest[0])
        else:
            print("what?")

    def get(self, name):
        answer = self.ask("get", self.user, name)
        status, *source = answer.split()
        if status != "200":
            print(answer)
            return
        try:
            self.fetch(name, source[0], int(source[1]))
            print(f"downloaded {name}")
        except OSError as error:
            print(f"lost {name}: {error}")

    @staticmethod
    def fetch(name, host, port):
        # The bare name in one write; our side of the connection stays open until theirs ends.
        with socket.create_connection((host, port)) as source, open(name, "wb") as target:
            source.sendall(name.encode())
            while part := source.recv(READ_SIZE):
                target.write(part)

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            in_background(self.upload, connection)

    @staticmethod
    def upload(connection):
        # One read is taken for the whole name. The original means to answer that a file is missing, but has closed the
        # connection by then: what arrives is an empty file.
        with connection:
            name = connection.recv(READ_SIZE).decode()
            if not os.path.isfile(name):
                return
            with open(name, "rb") as file:
                while part := file.read(READ_SIZE):
                    connection.sendall(part)


def in_background(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()


def main():
    client = Client(int(sys.argv[1]))
    in_background(client.serve)
    lines = (line.rstrip("\n") for line in sys.stdin)
    while not client.log_in(next(lines), next(lines)):
        pass
    for line in lines:
        command, *rest = line.split()
        if command == "xit":
            # Nobody is told: the index notices the silence.
            break
        client.run(command, rest)
    print("goodbye")


if __name__ == "__main__":
    main()
