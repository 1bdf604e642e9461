import { expect } from 'chai';
import { describe, it } from 'mocha';
import { listLeft } from '../../../daemon/ending/left-processes.ts';

const left = (module: string, pid: number, command: string) => ({ module, pid, command });

describe('the list of what had to be killed', () => {
  it('has pid and command of every process, module by module', () => {
    const list = [
      left('bot', 12, 'node bot.js'),
      left('web', 14, 'python'),
      left('bot', 13, 'sleep 9'),
    ];
    expect(listLeft(list)).to.equal(
      'bot: pid 12 (node bot.js), pid 13 (sleep 9); web: pid 14 (python)',
    );
    expect(listLeft([])).to.equal('none was found');
  });

  it('has an end, however many there are', () => {
    const list = Array.from({ length: 5000 }, (_, pid) => left('bomb', pid, 'sh'));
    expect(listLeft(list)).to.match(/pid 99 \(sh\); and 4900 more$/);
  });
});
