/** Where the configuration has RPC listen. */
import type { IpcConfig } from '../../config/effective.ts';
import { type HomePaths, socketPathProblem } from '../../config/paths.ts';
import type { ListenAddress } from '../../rpc/listen.ts';

/** Throws, with advice, when a socket cannot have the path. */
export function listenAddress(ipc: IpcConfig, paths: HomePaths): ListenAddress {
  const windows = process.platform === 'win32';
  if (ipc.transport === 'tcp' || (ipc.transport === 'auto' && windows)) {
    return { transport: 'tcp', host: '127.0.0.1', port: ipc.tcpPort };
  }
  const path = ipc.socketPath ?? paths.socket;
  const problem = socketPathProblem(path);
  if (problem !== null) throw new Error(problem);
  return { transport: 'unix', path };
}
