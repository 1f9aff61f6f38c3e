import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { eventually } from '../../support/eventually.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { uploadRecord } from './records.js';

const WRITER = fileURLToPath(new URL('./writer.child.js', import.meta.url));

describe('A process that was stopped in the middle of a write', () => {
  it('is told of by those that wait for it, which go on when it ends', async () => {
    const folder = await makeTempFolder();
    const told: string[] = [];
    const tell = (what: string) => () => void told.push(what);
    const observer = {
      faulted: tell('faulted'),
      repaired: tell('repaired'),
      damaged: tell('damaged'),
      blocked: tell('blocked'),
    };
    const registry = new LmdbRegistry({ folder, durable: true, observer });
    await registry.open();
    const writer = spawn(process.execPath, [WRITER, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(writer.stdout, 'data');

    const record = uploadRecord();
    const creating = registry.create(record);
    await eventually(() => expect(told).toEqual(['blocked']));
    expect(await registry.get(record.id)).toBeUndefined();
    writer.kill('SIGKILL');

    expect(await creating).toEqual(record);
    expect(told).toEqual(['blocked']);
    await registry.close();
    await removeTempFolder(folder);
  });
});
