// A module that proves itself the only copy: it takes an address that only one process can have,
// and bears witness when it is taken. At that address it also takes the order to end with a code.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { orderAddress, witnesses } from './witnesses.ts';

const [, , behaviour = 'only-runs'] = process.argv;
const {
  SUPERBOT_MODULE: name = '',
  SUPERBOT_LAUNCH: launch = '',
  SOAK_DIR: dir = '',
} = process.env;

const server = createServer((socket) => {
  socket.once('data', (code) => process.exit(Number(code.toString())));
  // Whoever gave the order may be gone before it is carried out.
  socket.on('error', () => socket.destroy());
});
server.once('error', () => appendFileSync(join(dir, witnesses.secondCopies), `${launch}\n`));
server.listen(orderAddress(dir, name));

switch (behaviour) {
  case 'ignores-term':
    process.on('SIGTERM', () => console.log('no'));
    break;
  case 'leaves-a-stubborn-child':
    spawn('sh', ['-c', 'trap "" TERM; exec sleep 100000'], {
      detached: true,
      stdio: 'ignore',
    }).unref();
    break;
  case 'linked': {
    const { connectModule } = await import('../../modules/api/module.ts');
    const module = connectModule();
    module.onShutdown(() => void server.close());
    module.ready();
  }
}

appendFileSync(join(dir, witnesses.births), `${launch}\n`);
