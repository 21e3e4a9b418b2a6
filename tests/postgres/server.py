"""A real PostgreSQL server for the tests: Debian's, as an ordinary user, in a temporary folder, for one run of ctest.

    server.py start FILE [PROCESS]   starts it, and writes where it is into FILE; writes nothing where there is no server
    server.py stop FILE              stops it, and removes its folder

The server is watched over by a process that stops it, and removes its folder, when it is told to, and also when PROCESS
(by default the process that called, which is ctest) is gone without a word.

FILE has a line each: the folder of its socket, where everybody is let in as the superuser "obsmon"; its port on
127.0.0.1, where a password is asked for; and the process to tell to stop.
"""
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

# The tests' own: no disk need ever have it, and no one from outside can reach it.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "log_min_messages": "fatal",
    "jit": "off",
}
HBA = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


def newest_server():
    folders = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
    found = [folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]
    return max(found, key=lambda folder: float(folder.parent.name), default=None)


def ordinary_user():
    """Whom to become, for the server refuses to run as root; None where we are ordinary ourselves."""
    if os.geteuid() != 0:
        return None
    for name in "postgres", "nobody":
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SystemExit("neither a user postgres nor nobody to run the server as")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run(program, *arguments, folder):
    result = subprocess.run([program, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{program.name} failed:\n{result.stdout}{result.stderr}")


def serve(programs, folder, watched, told):
    """Makes a database cluster, runs the server, and stays until it is to end."""
    data = folder / "data"
    run(programs / "initdb", "--no-sync", "--username=obsmon", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
        "--pgdata", data, folder=folder)
    (data / "pg_hba.conf").write_text(HBA)
    port = free_port()
    settings = SETTINGS | {"port": str(port), "unix_socket_directories": str(folder)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = subprocess.Popen([programs / "postgres", "-D", data, *options], cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=open(folder / "log", "wb"))
    try:
        while not (folder / f".s.PGSQL.{port}").exists() or not is_ready(programs, folder, port):
            if server.poll() is not None:
                raise SystemExit(f"the server ended:\n{(folder / 'log').read_text()}")
            time.sleep(0.02)
        os.write(told, f"{folder}\n{port}\n{os.getpid()}\n".encode())
        os.close(told)
        while os.path.exists(f"/proc/{watched}") and server.poll() is None:
            time.sleep(0.5)
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing is to be kept
        server.wait()


def is_ready(programs, folder, port):
    return subprocess.run([programs / "pg_isready", "-q", "-h", folder, "-p", str(port)], cwd=folder).returncode == 0


def supervise(programs, folder, user, watched, told):
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in 0, 1, 2:  # ctest waits until nobody holds its pipe
        os.dup2(null, descriptor)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if user is not None:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        os.environ["HOME"] = str(folder)
        serve(programs, folder, watched, told)
    except (OSError, SystemExit) as error:
        with contextlib.suppress(OSError):  # it was told already that the server runs
            os.write(told, f"failed: {error}".encode())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(address_file, watched):
    address_file.unlink(missing_ok=True)
    programs = newest_server()
    if programs is None:
        print("no PostgreSQL server in /usr/lib/postgresql: the tests that need one will skip")
        return
    user = ordinary_user()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="obsmon-postgres-"))
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    os.chmod(folder, 0o755)  # the socket is for whatever user the tests run as
    answer, told = os.pipe()
    if os.fork() == 0:
        os.close(answer)
        try:
            supervise(programs, folder, user, watched, told)
        finally:
            os._exit(0)
    os.close(told)
    with os.fdopen(answer) as lines:
        address = lines.read()
    if not address or address.startswith("failed: "):
        raise SystemExit(f"the PostgreSQL server did not start; {address}")
    address_file.parent.mkdir(parents=True, exist_ok=True)
    address_file.write_text(address)


def stop(address_file):
    if not address_file.exists():
        return
    folder, _, supervisor = address_file.read_text().split("\n")[:3]
    address_file.unlink()
    os.kill(int(supervisor), signal.SIGTERM)
    while os.path.exists(folder):
        time.sleep(0.02)


if __name__ == "__main__":
    what, file, *process = sys.argv[1:]
    if what == "start":
        start(pathlib.Path(file), int(process[0]) if process else os.getppid())
    else:
        stop(pathlib.Path(file))
