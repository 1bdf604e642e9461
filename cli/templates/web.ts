/** Web applications in Python: the server has the main thread, the link to the daemon another. */
import type { MakeTemplate } from './template.ts';

interface Framework {
  readonly type: string;
  /** What kind of application it makes, for the first line. */
  readonly makes: string;
  readonly packages: string;
  readonly imports: string;
  readonly app: string;
}

const fastApi: Framework = {
  type: 'uvicorn',
  makes: "an ASGI application, here FastAPI's.",
  packages: 'uvicorn and fastapi',
  imports: 'from fastapi import FastAPI',
  app: 'FastAPI()',
};

const flask: Framework = {
  type: 'flask',
  makes: "a WSGI application, here Flask's, served by waitress.",
  packages: 'flask and waitress',
  imports: 'from flask import Flask',
  app: 'Flask(__name__)',
};

export const uvicornTemplate = webTemplate(fastApi, 8000);
export const flaskTemplate = webTemplate(flask, 8080);

function webTemplate(framework: Framework, port: number): MakeTemplate {
  return ({ name, dir }) => ({
    files: { 'app.py': application(name, framework) },
    usesPython: true,
    config: {
      ...{ type: framework.type, app: 'app:app', cwd: dir, host: '127.0.0.1', port },
      healthcheck_endpoint: '/health',
    },
  });
}

function application(name: string, { type, makes, packages, imports, app }: Framework): string {
  return `"""${name}, a SuperBot module of type ${type}: ${makes}

Needs the packages ${packages} in the Python that comes first in the module's PATH.
"""

import os
import signal
import threading

${imports}

import superbot_module
from superbot_module import log

app = ${app}
requests = 0


@app.get("/")
def hello():
    global requests
    requests += 1
    return {"hello": "${name}", "requests": requests}


# Asked every 30 s ("healthcheck_endpoint" in daemon.yaml): any status but 2xx and 3xx, or no answer,
# three times in a row, and the module is restarted.
@app.get("/health")
def health():
    return {"healthy": True}


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
