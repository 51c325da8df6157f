"""Ask one real engine every vector. Runs inside a test host, where it needs Python and nothing else.

stdin: JSON {"program": the daemon, "arguments": its own arguments, "root": a folder of ours, "starts": whether each
vector is asked of a starting daemon and of the validator too, or only where a reload is no answer, "vectors": [...]}.
stdout: JSON {"version": ..., "answers": {id: answer}}; stderr: a line of progress now and then.

Each vector gets a daemon of its own, started with the vector's file and flags, beside the host's real one and on its
containerd; then a running daemon is told to reload the same file. An answer has, each where it was asked:

    argv: the daemon's command line
    validate, start, reload: "" where the engine accepts, else its own words
    started, reloaded: {"runtimes": [names], "default": name}, what /info says after an acceptance
    run: "" where the container starts, else the engine's own words
"""

import base64
import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time

PATIENCE = 120.0  # seconds for whatever a daemon is asked to do: beside other gates a disk may stand still for many
ENDED = "the daemon ended"
NEUTRAL = b'{"runtimes": {}, "default-runtime": "runc"}'
IMAGE = "vector"


class Daemon:
    """A daemon of ours, on a file of ours."""

    def __init__(self, setting, flags):
        root = setting["root"]
        self.file = os.path.join(root, "daemon.json")
        self._log = os.path.join(root, "log")
        self._socket = os.path.join(root, "docker.sock")
        self.command = [
            setting["program"], "--config-file", self.file, "--data-root", os.path.join(root, "data"),
            "--exec-root", os.path.join(root, "exec"), "--pidfile", os.path.join(root, "pid"),
            "-H", "unix://" + self._socket, "--storage-driver", "vfs", "--bridge=none", "--iptables=false",
            "--ip6tables=false", "--containerd-namespace", os.path.basename(root),
            "--containerd-plugins-namespace", os.path.basename(root) + ".plugins",
        ] + setting["arguments"] + flags
        self._process = None

    def write(self, content):
        with open(self.file, "wb") as stream:
            stream.write(content)

    def validate(self):
        status, text = output(self.command + ["--validate"])
        return "" if status == 0 else last_words(text)

    def start(self):
        """Start with the file as it is; the engine's words where it does not start."""
        if os.path.exists(self._socket):
            os.unlink(self._socket)
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if self._wait(lambda: "API listen on" in self.log()):
            return ""
        self.stop()
        return last_words(self.log())

    def reload(self):
        """Reload the file as it is; the engine's words where it refuses. A refused reload may end the daemon."""
        before = os.path.getsize(self._log)
        self._process.send_signal(signal.SIGHUP)

        def over():
            lines = self.log(before)
            return "Reloaded configuration" in lines or errors_in(lines)

        if not self._wait(over):
            return self.last_words()
        return errors_in(self.log(before))

    def info(self):
        answer = self.ask("GET", "/info")[1]
        return {"runtimes": sorted(answer["Runtimes"]), "default": answer["DefaultRuntime"]}

    def try_container(self, runtime):
        """Start a container under a runtime by name; the engine's words where it does not start."""
        self.ask("POST", "/images/create?fromSrc=-&repo=" + IMAGE, archive(), "application/x-tar")
        options = {"Runtime": runtime, "NetworkMode": "none"}
        wanted = {"Image": IMAGE, "Cmd": ["/program"], "NetworkDisabled": True, "HostConfig": options}
        status, answer = self.ask("POST", "/containers/create", json.dumps(wanted).encode())
        if status != 201:
            return answer["message"]
        path = "/containers/" + answer["Id"]
        status, answer = self.ask("POST", path + "/start")
        self.ask("DELETE", path + "?force=1")
        return "" if status == 204 else answer["message"]

    def ask(self, method, path, body=None, kind="application/json"):
        connection = http.client.HTTPConnection("localhost", timeout=PATIENCE)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(PATIENCE)
        connection.sock.connect(self._socket)
        connection.request(method, path, body=body, headers={"Content-Type": kind})
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        connection.close()
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, {"message": text}

    def last_words(self):
        return ENDED + ": " + last_words(self.log())

    def running(self):
        return self._process is not None and self._process.poll() is None

    def stop(self):
        if self.running():
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def log(self, since=0):
        """What it has logged, from that byte on."""
        with open(self._log, "rb") as stream:
            stream.seek(since)
            return stream.read().decode("utf-8", "replace")

    def _wait(self, happened):
        """Whether the log says that it happened; False where the daemon ended first."""
        end = time.monotonic() + PATIENCE
        size = -1
        while True:
            ended = not self.running()
            # The log is read only where there is more of it: a look costs little.
            if os.path.getsize(self._log) != size:
                size = os.path.getsize(self._log)
                if happened():
                    return True
            if ended:
                return False
            if time.monotonic() > end:
                raise TimeoutError("the daemon does not answer:\n" + self.log())
            time.sleep(0.01)


def output(command):
    """The exit status of a program, and what it printed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def archive():
    """An image with one file in it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        entry = tarfile.TarInfo("program")
        entry.mode = 0o755
        tar.addfile(entry)
    return stream.getvalue()


def errors_in(log):
    """What the daemon logged as errors, in its own words."""
    found = []
    for line in log.splitlines():
        if "level=error" in line or "level=fatal" in line:
            words = re.findall(r'(?:msg|error)=("(?:[^"\\]|\\.)*")', line)
            found += [json.loads(text) for text in words] or [line]
    return "; ".join(found)


def last_words(log):
    """What a daemon said last that is no ordinary log line."""
    ordinary = re.compile(r"\s*$|time=\S+ level=(info|warning|debug)")
    lines = [line for line in log.splitlines() if not ordinary.match(line)]
    panics = [line for line in lines if line.startswith("panic:")]
    if panics:
        return panics[0]
    wanted = [line for line in lines if not line.startswith("See '")]
    return errors_in(wanted[-1]) or wanted[-1] if wanted else "nothing was said"


def ask_vector(vector, setting, base):
    """The answer of the engine to one vector, and the running daemon without flags for the next one's reload."""
    answer = {"argv": Daemon(setting, vector["flags"]).command}
    content = base64.b64decode(vector["file"])
    daemon = Daemon(setting, vector["flags"])
    if setting["validates"] and setting["starts"] and vector["before"] is None:
        daemon.write(content)
        answer["validate"] = daemon.validate()
    if vector["before"] is None and (setting["starts"] or vector["run"]):
        base.stop()
        daemon.write(content)
        answer["start"] = daemon.start()
        if not answer["start"]:
            answer["started"] = daemon.info()
            if vector["run"]:
                answer["run"] = daemon.try_container(vector["run"])
        daemon.stop()
    if vector["flags"] or vector["before"] is not None:
        base.stop()
        running = daemon
        running.write(base64.b64decode(vector["before"]) if vector["before"] is not None else b"{}")
        complaint = running.start()
        if complaint:
            answer["reload"] = "there is nothing to reload: " + complaint
            return answer
    else:
        running = base
        running.write(NEUTRAL)
        if not running.running() or running.reload():
            running.stop()
            complaint = running.start()
            if complaint:
                raise RuntimeError("an engine that is asked for nothing does not start: " + complaint)
    running.write(content)
    answer["reload"] = running.reload()
    if not answer["reload"]:
        # A success is logged before it is one: old engines end over the reload after that, and newer ones may have it in place only
        # then. A second reload waits for the first.
        answer["reload"] = running.reload()
    if running.running():
        answer["reloaded"] = running.info()
    if running is not base:
        running.stop()
    return answer


def main():
    setting = json.load(sys.stdin)
    setting["root"] = os.path.expandvars(setting["root"])
    setting["arguments"] = [os.path.expandvars(argument) for argument in setting["arguments"]]
    version = re.search(r"version (\S+?),", output([setting["program"], "--version"])[1]).group(1)
    setting["validates"] = "--validate" in output([setting["program"], "--help"])[1]
    os.makedirs(setting["root"], exist_ok=True)
    base = Daemon(setting, [])
    answers = {}
    try:
        for count, vector in enumerate(setting["vectors"], 1):
            try:
                answers[vector["id"]] = ask_vector(vector, setting, base)
            except (OSError, RuntimeError, subprocess.SubprocessError, KeyError) as error:
                answers[vector["id"]] = {"trouble": "{}: {}".format(type(error).__name__, error)}
                base.stop()
            if count % 20 == 0:
                print("{} of {}".format(count, len(setting["vectors"])), file=sys.stderr, flush=True)
    finally:
        base.stop()
        shutil.rmtree(setting["root"], ignore_errors=True)
    json.dump({"version": version, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
