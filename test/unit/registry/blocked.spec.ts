import { fileURLToPath } from 'node:url';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { eventually } from '../../support/eventually.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { TestProcess } from '../../support/test-process.js';
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
    const writer = new TestProcess(WRITER, [folder]);
    await writer.until(() => writer.printed[0]);

    const record = uploadRecord();
    const creating = registry.create(record);
    await eventually(() => expect(told).toEqual(['blocked']));
    expect(await registry.get(record.id)).toBeUndefined();
    await writer.kill();

    expect(await creating).toEqual(record);
    expect(told).toEqual(['blocked']);
    await registry.close();
    await removeTempFolder(folder);
  });
});
