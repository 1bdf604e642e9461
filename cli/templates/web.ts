/** Web applications in Python: the server has the main thread, the link to the daemon another. */
import type { MakeTemplate } from './template.ts';

export const uvicornTemplate: MakeTemplate = ({ name, dir }) => ({
  files: { 'app.py': fastApi(name) },
  usesPython: true,
  config: { type: 'uvicorn', app: 'app:app', cwd: dir, host: '127.0.0.1', port: 8000 },
});

export const flaskTemplate: MakeTemplate = ({ name, dir }) => ({
  files: { 'app.py': flask(name) },
  usesPython: true,
  config: { type: 'flask', app: 'app:app', cwd: dir, host: '127.0.0.1', port: 8080 },
});

function fastApi(name: string): string {
  return `"""${name}, a SuperBot module of type uvicorn: an ASGI application, here FastAPI's.

Needs the packages uvicorn and fastapi in the Python that comes first in the module's PATH.
"""

import os
import signal
import threading

from fastapi import FastAPI

import superbot_module
from superbot_module import log

app = FastAPI()
requests = 0


@app.get("/")
def hello():
    global requests
    requests += 1
    return {"hello": "${name}", "requests": requests}


${link(name)}`;
}

function flask(name: string): string {
  return `"""${name}, a SuperBot module of type flask: a WSGI application, here Flask's, served by waitress.

Needs the packages flask and waitress in the Python that comes first in the module's PATH.
"""

import os
import signal
import threading

from flask import Flask

import superbot_module
from superbot_module import log

app = Flask(__name__)
requests = 0


@app.get("/")
def hello():
    global requests
    requests += 1
    return {"hello": "${name}", "requests": requests}


${link(name)}`;
}

function link(name: string): string {
  return `def status(_params):
    return {"requests": requests}


def serve_link():
    """What follows is optional: without it the application is served, watched and stopped as well."""
    # What others may call, by full name: superbot-cli rpc call ${name}.status
    with superbot_module.connect(methods={"${name}.status": status}) as module:
        # "params" of daemon.yaml. Whatever is printed is kept: superbot-cli logs -m ${name}
        log("linked", params=module.params)
        module.wait()
        # What has to happen before the end; the daemon waits for it.
        log("stopped", requests=requests)
    # The server has the main thread, and ends on SIGINT as on Ctrl-C.
    os.kill(os.getpid(), signal.SIGINT)


# Not in the main thread: that one belongs to the server. Keep "workers" at 1: each worker would
# import this file, and a module has one link.
threading.Thread(target=serve_link, name="link", daemon=True).start()
`;
}
