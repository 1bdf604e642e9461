"""What the author of a Python module imports. One file, Python 3.9 or newer, no packages.

    import superbot_module

    def positions(params):
        return {"positions": []}

    with superbot_module.connect(methods={"bot.positions": positions}) as module:
        module.ready()
        while not module.wait(1.0):      # True as soon as the module is to end
            trade(module.params)

A background thread keeps the link to the daemon: it says hello, answers the claimed methods, and
connects again with backoff when the daemon went away, reading the home's endpoint file anew; the
module works on meanwhile. Without a daemon (somebody runs the program by hand) everything but
`call`, `publish`, `emit` and what sets in `cache` works the same.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import select
import signal
import socket
import sys
import threading
import time
import uuid
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Deque, Dict, List, Mapping, Optional, Sequence, Tuple, Union

HALT_EXIT_STATUS = 79
_CONNECT_TIMEOUT_S = 5.0
_LINE_BYTES_MAX = 64 * 1024 * 1024
_HANDLER_THREADS = 4
# The daemon keeps no more of what a module says of itself.
_HEALTH_REASON_MAX = 1000
_HEALTH_DETAILS_MAX = 8192
_LAST_ANSWERS_S = 1.0
_LAST_EVENTS_S = 0.4
# After a signal; the daemon's own deadline comes with link.shutdown.
_SIGNAL_DEADLINE_S = 10.0
# In order; the share of the deadline until which each may take.
_PHASES = {"pre": 0.5, "cleanup": 0.9, "post": 1.0}
_REFUSED = -32001
# Events of one subscription that wait; beyond it the oldest are dropped.
_EVENTS_MAX = 10_000
# Nothing in a cache is worth waiting for longer; nor is it asked again sooner when it did not answer.
_CACHE_TIMEOUT_S = 1.0
_CACHED_BYTES_MAX = 512 * 1024
# Errors that are not about the request: not running, timed out, no such method, internal.
_CACHE_TROUBLE = (-32004, -32006, -32601, -32603)

Method = Callable[[Any], Any]
ShutdownCallback = Callable[["ShutdownInfo"], Any]
EventHandler = Callable[[Dict[str, Any]], Any]


class RpcError(Exception):
    """An error with a code. Raised by a claimed method it reaches the caller as it is."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


class ShutdownInfo:
    """What a shutdown callback is told."""

    def __init__(self, phase: str, end: float) -> None:
        self.phase = phase
        self._end = end

    @property
    def left_s(self) -> float:
        """Seconds that the phase still has; what takes longer takes them from the next one."""
        return max(0.0, self._end - time.monotonic())


def log(message: str, level: str = "info", **fields: Any) -> None:
    """One line of the module's log, with its level and fields kept apart from the text."""
    numbers = {"trace": 10, "debug": 20, "info": 30, "warn": 40, "error": 50, "fatal": 60}
    own = {"level": numbers[level], "time": int(time.time() * 1000), "msg": message}
    try:
        text = json.dumps({**fields, **own}, default=str)
    except (TypeError, ValueError) as error:
        # A log line must not end the program: circular fields cost only themselves.
        text = json.dumps({**own, "unprintable": str(error)})
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def connect(
    methods: Optional[Mapping[str, Method]] = None,
    health: Optional[Callable[[], Dict[str, Any]]] = None,
) -> Module:
    """Joins the daemon that started this process. Returns at once; the link comes up beside it.

    `methods` are answers to calls by full name (`bot.positions`), each in the namespace of the
    module's own name or of its `provides`. They run in threads of their own. `health` answers the
    daemon's checks: {"healthy": bool, "reason": str, "restart_helps": bool, "queue_depth": int, ...}.
    Call it from the main thread, which gets SIGTERM.
    """
    module = Module(dict(methods or {}), health)
    module._start()
    return module


class Module:
    """A module under supervision; made by `connect`."""

    def __init__(self, methods: Dict[str, Method], health: Optional[Callable[[], Dict[str, Any]]]):
        env = os.environ
        #: The module's name; None when no daemon started this program.
        self.name: Optional[str] = env.get("SUPERBOT_MODULE") or None
        #: The effective parameters.
        self.params: Dict[str, Any] = json.loads(env.get("SUPERBOT_PARAMS") or "{}")
        #: What all modules share.
        self.cache = Cache(self)
        self._methods = methods
        self._health = health or (lambda: {"healthy": True})
        self._ending = threading.Event()
        self._closed = False
        self._is_ready = False
        self._is_flushed = True
        self._shutdown_id: Any = None
        self._shutdown_callbacks: List[Tuple[str, ShutdownCallback]] = []
        self._began = 0.0
        self._deadline_s = _SIGNAL_DEADLINE_S
        self._state = threading.Condition()
        self._socket: Optional[socket.socket] = None
        self._is_up = False
        self._answering = 0
        # Of a whole message; a daemon older than this file does not tell.
        self._message_bytes_max: Optional[int] = None
        self._ids = itertools.count(1)
        self._waiting: Dict[int, _Answer] = {}
        self._subscriptions: List[Subscription] = []
        # Of the present link, by the daemon's name for each.
        self._served: Dict[str, Subscription] = {}
        self._sending = threading.Lock()
        # A byte written here wakes the thread: unlike a lock, that is safe in a signal handler.
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_writer.setblocking(False)
        # Where answers to requests come.
        self._inbox = f"reply.{uuid.uuid4()}"
        self._answers: Optional[Subscription] = None
        self._requests: Dict[str, _Answer] = {}
        self._workers = ThreadPoolExecutor(_HANDLER_THREADS, "superbot-method")
        self._checkers = ThreadPoolExecutor(1, "superbot-health")
        self._thread = threading.Thread(target=self._run, name="superbot-link", daemon=True)

    def __enter__(self) -> Module:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def ready(self) -> None:
        """Ready for work. The daemon is told, and told again whenever it was away."""
        with self._state:
            self._is_ready = True
            is_up = self._is_up
        if is_up:
            self._say_ready()

    def wait(self, timeout_s: Optional[float] = None) -> bool:
        """Waits so long at most; True as soon as the module is to end."""
        return self._ending.wait(timeout_s)

    @property
    def is_ending(self) -> bool:
        """Whether the daemon, SIGTERM or Ctrl-C has asked the module to end."""
        return self._ending.is_set()

    def call(self, method: str, params: Optional[Dict[str, Any]] = None, timeout_s: float = 30.0) -> Any:
        """Calls the daemon or, through it, another module; waits for a link that is away.

        Raises RpcError, TimeoutError, or ConnectionError when the link broke before the answer:
        whether the call was carried out is not known then.
        """
        end = time.monotonic() + timeout_s
        self._wait_for_link(method, timeout_s)
        return self._ask(method, params or {}).wait(method, end - time.monotonic())

    def publish(self, topic: str, data: Any, timeout_s: float = 30.0) -> str:
        """Tells everybody who has subscribed to the topic; returns the event's id.

        A topic is dotted words, such as "price.BTCUSDT.update", of which the first is not one of
        the daemon's. Raises as `call` does.
        """
        return str(self.call("events.publish", {"topic": topic, "data": data}, timeout_s)["id"])

    def emit(self, topic: str, data: Any, timeout_s: float = 30.0) -> None:
        """As `publish`, but nothing is answered: for many events.

        Waits for a link that is away (then TimeoutError) and while the daemon reads more slowly.
        Raises ConnectionError when the link broke meanwhile, and RpcError for what is too long. What
        the daemon refuses otherwise, such as a topic that is none, nobody is told.
        """
        self._wait_for_link("events.publish", timeout_s)
        self._is_flushed = False
        try:
            is_sent = self._send({"method": "events.publish", "params": {"topic": topic, "data": data}})
        except _TooLong as error:
            raise RpcError(-32600, f"cannot publish {topic}: {error}") from error
        if not is_sent:
            raise ConnectionError(f"cannot publish {topic}: there is no link to the daemon")

    def flush(self, timeout_s: float = 30.0) -> None:
        """Returns when the daemon has whatever was emitted before: for before `os._exit`.

        `close` does it itself. Raises as `call` does.
        """
        self.call("events.stats", {}, timeout_s)
        self._is_flushed = True

    def subscribe(
        self,
        topics: Union[str, Sequence[str]],
        handler: EventHandler,
        on_lost: Optional[Callable[[Optional[int]], Any]] = None,
    ) -> Subscription:
        """Has `handler` called with each event, one after the other, in a thread of its own.

        In a topic "*" stands for one word, "**" for any number. An event is {"id", "seq", "topic",
        "data", "time", "source"}. A new link goes on after the last event that arrived. `on_lost` is
        told at most how many were lost (None: nobody knows); without it that is logged. What a
        handler raises is logged.
        """
        subscription = Subscription(self, [topics] if isinstance(topics, str) else list(topics), handler, on_lost)
        with self._state:
            self._subscriptions.append(subscription)
            is_up = self._is_up
        if is_up:
            self._ask_for(subscription)
        return subscription

    def request(self, topic: str, data: Any, timeout_s: float = 5.0) -> Any:
        """Asks whoever responds to the topic, also on other hosts that share the event bus.

        Returns the first answer. Raises the RpcError that the responder raised, TimeoutError when no
        answer came in time (whether anybody acted on it is not known then), and what `publish` does.
        """
        end = time.monotonic() + timeout_s
        with self._state:
            if self._answers is None:
                self._answers = self.subscribe(f"{self._inbox}.*", self._take_answer)
        # Whoever answers at once is heard.
        if not self._answers._begun.wait(timeout_s):
            raise TimeoutError(f"cannot ask {topic}: the daemon is away")
        reply_to = f"{self._inbox}.{next(self._ids)}"
        answer = self._requests[reply_to] = _Answer(lambda: self._requests.pop(reply_to, None))
        try:
            self.publish(topic, {"reply_to": reply_to, "data": data}, timeout_s)
            return answer.wait(topic, end - time.monotonic())
        finally:
            self._requests.pop(reply_to, None)

    def respond(self, topics: str, responder: Method) -> Subscription:
        """Answers requests under the topics with what `responder` returns for their data.

        One after the other, in a thread of its own. An RpcError that it raises is the answer. There
        should be one that answers a topic: of several, all act on a request, and the first counts.
        """

        def answer(event: Dict[str, Any]) -> None:
            question = event["data"] if isinstance(event["data"], dict) else {}
            reply_to = question.get("reply_to")
            if not isinstance(reply_to, str) or not reply_to.startswith("reply."):
                return
            try:
                answer = {"result": responder(question.get("data"))}
            except RpcError as error:
                answer = {"error": {"code": error.code, "message": error.message, "data": error.data}}
            except Exception as error:  # Whatever the author's code raises, the next request comes.
                log(f"the responder of {event['topic']} failed: {error!r}", "error")
                answer = {"error": {"code": -32603, "message": "internal error"}}
            self.publish(reply_to, answer)

        return self.subscribe(topics, answer)

    def halt(self, reason: str) -> None:
        """Asks to be stopped, and not to be restarted until an operator says so.

        Go on until `wait` gives True. Where the daemon cannot be asked this raises SystemExit with
        status 79, which means the same.
        """
        log("halting", "warn", reason=reason)
        try:
            self.call("link.halt", {"reason": reason[:1000]}, 5.0)
        except (RpcError, OSError) as error:
            log(f"the daemon could not be asked to halt: {error}", "warn")
            raise SystemExit(HALT_EXIT_STATUS) from error

    def on_shutdown(self, callback: ShutdownCallback, phase: str = "cleanup") -> ShutdownCallback:
        """Has `close` call this once, if the module was asked to end.

        First all of the phase "pre" (stop taking on work), then of "cleanup" (write down what must
        last), then of "post" (give up what the others needed); in each the last added first, in the
        thread that closes. One that raises is logged and keeps no other from running.
        """
        if phase not in _PHASES:
            raise ValueError(f"cannot add a shutdown callback: phase {phase!r} is none of {', '.join(_PHASES)}")
        self._shutdown_callbacks.append((phase, callback))
        return callback

    def close(self) -> None:
        """The work is done: runs the shutdown callbacks, tells a daemon that waits, ends the link."""
        if self._closed:
            return
        if self.is_ending:
            self._run_shutdown_callbacks()
        if self.is_ending and threading.current_thread() is threading.main_thread():
            # Python gives a handled signal its default back while it ends: the stop signal that
            # follows link.shutdown would make a clean end look like a crash.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with self._state:
            # Such as the answer to the very call that made the module halt.
            self._state.wait_for(lambda: self._answering == 0, _LAST_ANSWERS_S)
        if self._is_up and not self._is_flushed:
            try:
                self.flush(_LAST_EVENTS_S)
            except (RpcError, OSError) as error:
                log(f"the daemon did not answer for the last events: {error}", "warn")
        if self._shutdown_id is not None:
            self._send({"id": self._shutdown_id, "result": {}})
        self._closed = True
        self._wake()
        self._thread.join(_CONNECT_TIMEOUT_S)
        for subscription in list(self._subscriptions):
            subscription._end()
        self._workers.shutdown(wait=False)
        self._checkers.shutdown(wait=False)

    def _run_shutdown_callbacks(self) -> None:
        callbacks, self._shutdown_callbacks = self._shutdown_callbacks, []
        for phase, share in _PHASES.items():
            info = ShutdownInfo(phase, self._began + share * self._deadline_s)
            for _, callback in reversed([one for one in callbacks if one[0] == phase]):
                try:
                    callback(info)
                except Exception as error:  # Whatever it raises, the others have their own work.
                    log(f"a shutdown callback of phase {phase} failed: {error!r}", "error")

    # The link's thread.

    def _start(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: self._wake(b"e"))
        self._thread.start()

    def _run(self) -> None:
        failures = 0
        refusal = ""
        endpoint = os.environ.get("SUPERBOT_ENDPOINT", "")
        while not self._closed:
            if self.name is None:
                self._pause(None)
                continue
            try:
                self._serve(endpoint)
                failures, refusal = 0, ""
            except RpcError as error:
                failures = -1 if error.code == _REFUSED else max(failures, 0) + 1
                # Once: it may be refused for days, such as a claim that another module holds.
                if refusal != error.message:
                    log(f"the daemon refused the link: {error}", "warn", code=error.code)
                refusal = error.message
            except (OSError, ValueError) as error:
                if failures == 0:
                    log(f"no link to the daemon; working on and trying again: {error}", "warn")
                failures = max(failures, 0) + 1
            self._pause(_delay_s(failures))
            endpoint = _current_endpoint(endpoint)

    def _serve(self, endpoint: str) -> None:
        """Returns when a link that was up is gone; raises when it did not come up."""
        with _dial(endpoint) as link:
            lines = _Lines(link)
            with self._state:
                self._socket = link
            try:
                self._say_hello(lines)
                with self._state:
                    self._is_up = True
                    self._served = {}
                    subscriptions = list(self._subscriptions)
                    is_ready = self._is_ready
                    self._state.notify_all()
                for subscription in subscriptions:
                    self._ask_for(subscription)
                if is_ready:
                    self._say_ready()
                while not self._closed:
                    if self._sleep(link, None):
                        for message in lines.read():
                            self._take(message)
            except (OSError, ValueError) as error:
                if not self._is_up:
                    raise
                log(f"the link to the daemon is gone; working on: {error}", "warn")
            finally:
                with self._state:
                    self._socket = None
                    self._is_up = False
                    self._state.notify_all()
                for waiting in list(self._waiting.values()):
                    waiting.fail(ConnectionError("the link broke before the answer came"))

    def _say_hello(self, lines: _Lines) -> None:
        token = os.environ.get("SUPERBOT_LINK_TOKEN", "")
        hello = {"module": self.name, "token": token, "methods": list(self._methods)}
        answer = self._ask("link.hello", hello)
        end = time.monotonic() + _CONNECT_TIMEOUT_S
        while not answer.is_there and not self._closed:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("the daemon does not answer link.hello")
            if self._sleep(lines.socket, left):
                for message in lines.read():
                    self._take(message)
        hello_answer = answer.wait("link.hello", 0) or {}
        self._message_bytes_max = hello_answer.get("max_message_bytes")

    def _wait_for_link(self, method: str, timeout_s: float) -> None:
        if self.name is None:
            raise RpcError(-32004, f"cannot call {method}: no daemon started this program")
        with self._state:
            if not self._state.wait_for(lambda: self._is_up or self._closed, timeout_s):
                raise TimeoutError(f"cannot call {method}: the daemon is away")

    def _say_ready(self) -> None:
        try:
            self._ask("link.ready", {})
        except ConnectionError:
            # It is said again with the next hello.
            return

    def _sleep(self, link: socket.socket, timeout_s: Optional[float]) -> bool:
        """Until there is something to read (True), a wake-up or the deadline."""
        readable, _, _ = select.select([link, self._wake_reader], [], [], timeout_s)
        if self._wake_reader in readable:
            self._take_wakes()
        return link in readable

    def _pause(self, delay_s: Optional[float]) -> None:
        end = None if delay_s is None else time.monotonic() + delay_s
        while not self._closed:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return
            if select.select([self._wake_reader], [], [], left)[0]:
                self._take_wakes()

    def _take_wakes(self) -> None:
        if b"e" in self._wake_reader.recv(4096):
            self._end(_SIGNAL_DEADLINE_S)

    def _end(self, deadline_s: float) -> None:
        if not self._ending.is_set():
            self._began, self._deadline_s = time.monotonic(), deadline_s
        self._ending.set()

    def _wake(self, why: bytes = b".") -> None:
        try:
            self._wake_writer.send(why)
        except BlockingIOError:
            # It is full of wake-ups already.
            return

    # Messages.

    def _take(self, message: Any) -> None:
        for item in message if isinstance(message, list) else [message]:
            if not isinstance(item, dict):
                raise ValueError("the daemon sent what is no JSON-RPC message")
            if item.get("method") in ("events.event", "events.lost"):
                self._take_event(item["params"])
                continue
            if "method" in item:
                self._take_call(item)
                continue
            waiting = self._waiting.get(item.get("id"))
            if waiting is not None:
                waiting.take(item)

    def _take_call(self, call: Dict[str, Any]) -> None:
        method, params, call_id = call["method"], call.get("params"), call.get("id")
        if method == "link.shutdown":
            # Answered by close(), when the module has finished.
            self._shutdown_id = call_id
            self._end((params or {}).get("deadline_ms", 1000 * _SIGNAL_DEADLINE_S) / 1000)
        elif method == "link.health":
            # Beside the methods: that all of those take their time does not mean that it hangs.
            self._answer_later(self._checkers, call_id, lambda _: _fitting(self._health()), params, method)
        elif method in self._methods:
            self._answer_later(self._workers, call_id, self._methods[method], params, method)
        elif call_id is not None:
            self._send({"id": call_id, "error": {"code": -32601, "message": f"no such method: {method}"}})

    def _take_event(self, pushed: Dict[str, Any]) -> None:
        subscription = self._served.get(pushed["subscription"])
        if subscription is None:
            return
        if "event" in pushed:
            subscription._push(pushed["event"])
        else:
            subscription._lose(pushed["count"], pushed.get("elsewhere", False))

    def _take_answer(self, event: Dict[str, Any]) -> None:
        # A second answer, or one that comes too late, finds nobody.
        waiting = self._requests.get(event["topic"])
        if waiting is not None and isinstance(event["data"], dict):
            waiting.take(event["data"])

    def _ask_for(self, subscription: Subscription) -> None:
        params: Dict[str, Any] = {"topics": subscription.topics}
        if subscription._from is not None:
            params["from"] = subscription._from
        call_id = next(self._ids)
        self._waiting[call_id] = _Subscribed(
            lambda: self._waiting.pop(call_id, None), lambda answer: self._begin(subscription, answer)
        )
        if not self._send({"id": call_id, "method": "events.subscribe", "params": params}):
            # There is no link after all: the next one asks.
            self._waiting.pop(call_id, None)

    def _begin(self, subscription: Subscription, answer: Dict[str, Any]) -> None:
        """In the link's thread, before whatever comes after the answer."""
        if "error" in answer:
            log(f"the daemon refused a subscription: {answer['error']['message']}", "error", topics=subscription.topics)
            subscription._end()
            return
        name, seq = answer["result"]["subscription"], answer["result"]["seq"]
        # Ended meanwhile, or asked for twice, by the thread that subscribed and by the one of a new link.
        if subscription._is_ended or subscription in self._served.values():
            self._cancel(name)
            return
        self._served[name] = subscription
        subscription._begun.set()
        if subscription._from is None:
            subscription._from = seq

    def _forget(self, subscription: Subscription) -> None:
        with self._state:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
        for name, served in list(self._served.items()):
            if served is subscription:
                self._served.pop(name, None)
                self._cancel(name)

    def _cancel(self, name: str) -> None:
        self._send({"method": "subscription.cancel", "params": {"subscription": name}})

    def _answer_later(self, workers: ThreadPoolExecutor, *call: Any) -> None:
        with self._state:
            self._answering += 1
        workers.submit(self._answer, *call).add_done_callback(self._answered)

    def _answered(self, _: Any) -> None:
        with self._state:
            self._answering -= 1
            self._state.notify_all()

    def _answer(self, call_id: Any, handler: Method, params: Any, method: str) -> None:
        try:
            answer = {"result": handler(params)}
            _encoded(answer)
        except RpcError as error:
            answer = {"error": {"code": error.code, "message": error.message, "data": error.data}}
        except Exception as error:  # Whatever the author's code raises, the link goes on.
            log(f"{method} failed: {error!r}", "error")
            answer = {"error": {"code": -32603, "message": "internal error"}}
        if call_id is not None:
            try:
                self._send({"id": call_id, **answer})
            except _TooLong as error:
                log(f"the answer of {method} is too large to send: {error}", "error")
                problem = f"the answer of {method} is too large to send — ask for less at once"
                data = {"reason": "answer_too_large"}
                self._send({"id": call_id, "error": {"code": -32007, "message": problem, "data": data}})

    def _ask(self, method: str, params: Dict[str, Any]) -> _Answer:
        call_id = next(self._ids)
        answer = self._waiting[call_id] = _Answer(lambda: self._waiting.pop(call_id, None))
        try:
            if not self._send({"id": call_id, "method": method, "params": params}):
                answer.fail(ConnectionError(f"cannot call {method}: there is no link to the daemon"))
        except _TooLong as error:
            answer.fail(RpcError(-32600, f"cannot call {method}: {error} — send less at once"))
        except (TypeError, ValueError):
            # It is no JSON.
            self._waiting.pop(call_id, None)
            raise
        return answer

    def _send(self, message: Dict[str, Any]) -> bool:
        """False without a link. Raises _TooLong for what would make the daemon close it."""
        line = _encoded({"jsonrpc": "2.0", **message})
        if self._message_bytes_max is not None and len(line) > self._message_bytes_max:
            raise _TooLong(f"the message has {len(line)} bytes, and {self._message_bytes_max} are allowed")
        with self._sending:
            link = self._socket
            if link is None:
                return False
            try:
                link.sendall(line + b"\n")
                return True
            except OSError:
                # A part of the line may be on its way: nothing can follow it. The thread that reads
                # sees the end, and connects again.
                _end(link)
                return False


class _TooLong(Exception):
    """A message that the daemon would not take."""


def _end(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The other side has ended it.
        return


def _fitting(health: Dict[str, Any]) -> Dict[str, Any]:
    """What the daemon would not keep of it is left out here, before it could close the link."""
    reason = health.get("reason")
    if isinstance(reason, str):
        health = {**health, "reason": reason[:_HEALTH_REASON_MAX]}
    length = len(json.dumps(health.get("details")))
    if length > _HEALTH_DETAILS_MAX:
        log("the details of the health are left out: they are too long", "warn", length=length)
        health = {**health, "details": None}
    return health


class Cache:
    """The daemon's cache, which all modules share; `Module.cache`.

    Keys begin with the name of the module, such as "feed:ticker:BTCUSDT". Values are whatever JSON can
    say, 512 KB at most. The daemon is waited for a second, and not asked again for the next one when it
    did not answer; the log says so once. While it is away nothing is waited for.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._state = threading.Lock()
        self._loads: Dict[str, _Load] = {}
        self._was_up = False
        # When it may be asked again; None while it answers.
        self._retry_at: Optional[float] = None

    def get(self, key: str, default: Any = None) -> Any:
        """The stored value; `default` when there is none, and when the daemon does not answer."""
        try:
            found = self._call("cache.get", {"key": key})
        except _Unanswered:
            return default
        return found["value"] if found["hit"] else default

    def set(self, key: str, value: Any, ttl_s: Optional[float] = None) -> None:
        """Stores it for so long, or for `default_ttl` of infrastructure.yaml.

        Raises RpcError or ValueError when it cannot be stored, ConnectionError (which is a TimeoutError
        too) when the daemon did not answer: whether it is stored is not known then.
        """
        size = len(_encoded(value))
        if size > _CACHED_BYTES_MAX:
            raise ValueError(f"cannot cache {key!r}: it has {size} bytes of JSON, {_CACHED_BYTES_MAX} are the most")
        ttl = {} if ttl_s is None else {"ttl": ttl_s}
        self._call("cache.set", {"key": key, "value": value, **ttl})

    def delete(self, key: str) -> bool:
        """Whether there was anything. Raises as `set` does."""
        return bool(self._call("cache.delete", {"key": key})["deleted"])

    def get_or_set(self, key: str, ttl_s: float, load: Callable[[], Any], timeout_s: float = 30.0) -> Any:
        """What is stored, else what `load` returns, which is stored then.

        Threads that ask for the same key at once share one load, and wait so long for it at most
        (TimeoutError). What it raises reaches all of them and is not stored. While the daemon does not
        answer every call loads.
        """
        with self._state:
            under_way = self._loads.get(key)
            own = _Load()
            if under_way is None:
                self._loads[key] = own
        if under_way is not None:
            return under_way.wait(key, timeout_s)
        try:
            own.value = self._read_or_load(key, ttl_s, load)
            return own.value
        except BaseException as error:
            own.error = error
            raise
        finally:
            with self._state:
                del self._loads[key]
            own.there.set()

    def _read_or_load(self, key: str, ttl_s: float, load: Callable[[], Any]) -> Any:
        try:
            found = self._call("cache.get", {"key": key})
        except _Unanswered:
            return load()
        if found["hit"]:
            return found["value"]
        value = load()
        try:
            self.set(key, value, ttl_s)
        except _Unanswered:
            # The log knows already, and whoever asked wants the value.
            return value
        except ValueError as error:
            log(f"a value was not cached: {error}", "warn", key=key)
        return value

    def _call(self, method: str, params: Dict[str, Any]) -> Any:
        is_asked = self._may_ask()
        try:
            if not is_asked:
                raise _Unanswered(f"cannot call {method}: the daemon is away, or did not answer of late")
            answer = self._module.call(method, params, _CACHE_TIMEOUT_S)
        except (RpcError, OSError) as error:
            if isinstance(error, RpcError) and error.code not in _CACHE_TROUBLE:
                raise
            self._take_failure(error, is_asked)
            raise _Unanswered(str(error)) from error
        if self._retry_at is not None:
            self._retry_at = None
            log("the cache of the daemon answers again")
        return answer

    def _may_ask(self) -> bool:
        is_up = self._module._is_up
        with self._state:
            self._was_up = self._was_up or is_up
            if not is_up:
                # Only a first link is waited for: one that broke may stay away for long.
                return not self._was_up and self._retry_at is None
            return self._retry_at is None or time.monotonic() >= self._retry_at

    def _take_failure(self, error: Exception, was_asked: bool) -> None:
        with self._state:
            is_news = self._retry_at is None
            if was_asked:
                self._retry_at = time.monotonic() + _CACHE_TIMEOUT_S
            elif is_news:
                self._retry_at = 0.0
        if is_news:
            log(f"the cache of the daemon does not answer; going on without it: {error}", "warn")


class _Unanswered(TimeoutError, ConnectionError):
    """The daemon is away, hangs, or has trouble of its own."""


class _Load:
    """A value on its way to all threads that wait for it."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.value: Any = None
        self.error: Optional[BaseException] = None

    def wait(self, key: str, timeout_s: float) -> Any:
        if not self.there.wait(timeout_s):
            raise TimeoutError(f"another thread has not loaded {key!r} in time")
        if self.error is not None:
            raise self.error
        return self.value


class Subscription:
    """Events on their way to one handler; made by `Module.subscribe`."""

    def __init__(
        self,
        module: Module,
        topics: List[str],
        handler: EventHandler,
        on_lost: Optional[Callable[[Optional[int]], Any]],
    ) -> None:
        self.topics = topics
        # Number of the last event that arrived.
        self._from: Optional[int] = None
        self._module = module
        self._handler = handler
        self._on_lost = on_lost or (lambda count: log("events were lost", "warn", topics=topics, count=count))
        self._queue: Deque[Callable[[], Any]] = deque()
        self._changed = threading.Condition()
        self._is_ended = False
        self._begun = threading.Event()
        threading.Thread(target=self._run, name="superbot-events", daemon=True).start()

    def cancel(self) -> None:
        """Nothing more is handed to the handler, save the event that it may have at the moment."""
        self._end()
        self._module._forget(self)

    def _push(self, event: Dict[str, Any]) -> None:
        self._from = event["seq"]
        self._add(lambda: self._handler(event))

    def _lose(self, count: Optional[int], is_elsewhere: bool) -> None:
        # The daemon is another one: what it still keeps is new, also to the link after this one.
        if count is None and not is_elsewhere:
            self._from = 0
        self._add(lambda: self._on_lost(count))

    def _add(self, act: Callable[[], Any]) -> None:
        with self._changed:
            self._queue.append(act)
            dropped = len(self._queue) - _EVENTS_MAX
            if dropped > 0:
                dropped += _EVENTS_MAX // 10
                for _ in range(dropped):
                    self._queue.popleft()
                self._queue.appendleft(lambda: self._on_lost(dropped))
            self._changed.notify()

    def _end(self) -> None:
        with self._changed:
            self._is_ended = True
            self._queue.clear()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._is_ended)
                if self._is_ended:
                    return
                act = self._queue.popleft()
            try:
                act()
            except Exception as error:  # Whatever the author's code raises, the next event comes.
                log(f"a handler of {', '.join(self.topics)} failed: {error!r}", "error")


class _Answer:
    """One call of ours that waits."""

    def __init__(self, forget: Callable[[], Any]) -> None:
        self._there = threading.Event()
        self._forget = forget
        self._message: Dict[str, Any] = {}
        self._error: Optional[Exception] = None

    @property
    def is_there(self) -> bool:
        return self._there.is_set()

    def take(self, message: Dict[str, Any]) -> None:
        self._message = message
        self._forget()
        self._there.set()

    def fail(self, error: Exception) -> None:
        self._error = error
        self._forget()
        self._there.set()

    def wait(self, method: str, timeout_s: float) -> Any:
        if not self._there.wait(max(0.0, timeout_s)):
            self._forget()
            raise TimeoutError(f"{method} gave no answer in time")
        if self._error is not None:
            raise self._error
        error = self._message.get("error")
        if error is not None:
            raise RpcError(error["code"], error["message"], error.get("data"))
        return self._message.get("result")


class _Subscribed(_Answer):
    """An answer that is dealt with where it arrives, before the message behind it."""

    def __init__(self, forget: Callable[[], Any], then: Callable[[Dict[str, Any]], Any]) -> None:
        super().__init__(forget)
        self._then = then

    def take(self, message: Dict[str, Any]) -> None:
        super().take(message)
        self._then(message)


class _Lines:
    """The messages of one connection."""

    def __init__(self, link: socket.socket) -> None:
        self.socket = link
        self._buffer = b""

    def read(self) -> list[Any]:
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("the daemon closed the link")
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        if len(self._buffer) > _LINE_BYTES_MAX:
            raise ValueError("the daemon sent an endless line")
        return [json.loads(line) for line in lines if line.strip()]


def _encoded(message: Any) -> bytes:
    """As JSON. Raises ValueError or TypeError for what is none, such as NaN."""
    try:
        return json.dumps(message, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        # Half a surrogate pair can be written as an escape only.
        return json.dumps(message, separators=(",", ":"), allow_nan=False).encode()


def _dial(endpoint: str) -> socket.socket:
    """`unix:<path>` or `tcp:127.0.0.1:<port>`."""
    transport, _, address = endpoint.partition(":")
    if transport == "unix":
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        target: Any = address
    elif transport == "tcp" and address.startswith("127.0.0.1:"):
        link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        target = ("127.0.0.1", int(address.rpartition(":")[2]))
    else:
        raise ValueError(f"cannot use the endpoint {endpoint!r}")
    link.settimeout(_CONNECT_TIMEOUT_S)
    try:
        link.connect(target)
    except OSError:
        link.close()
        raise
    return link


def _current_endpoint(known: str) -> str:
    """A daemon that came back may listen elsewhere; while it is away its file may be missing."""
    try:
        with open(os.path.join(os.environ.get("SUPERBOT_HOME", ""), "endpoint"), encoding="utf-8") as file:
            return file.read().strip() or known
    except OSError:
        return known


def _delay_s(failures: int) -> float:
    """Full jitter, so that all modules do not knock in the same moment; -1: we were refused."""
    if failures < 0:
        return 30.0 * (0.5 + random.random() / 2)
    return random.random() * min(3.0, 0.1 * 2 ** min(failures, 10))
