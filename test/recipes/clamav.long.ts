import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as recipe from '../../sample/13-recipes/src/clamav/app.module.js';
import {
  PLATFORMS,
  create,
  eventually,
  makeTempFolder,
  patch,
  removeTempFolder,
} from '../support/index.js';
import { ServiceProcess } from '../support/service-process.js';
import { useRecipe } from './recipe.js';

const run = promisify(execFile);

/** What the database of these tests takes for a virus. */
const VIRUS = 'nestjs-tus-virus-of-tests';

const folder = await makeTempFolder();
const config = join(folder, 'clamd.conf');

async function writeDatabase(): Promise<void> {
  const database = join(folder, 'database');
  await mkdir(database);
  const signature = `NestjsTus.Test:0:*:${Buffer.from(VIRUS).toString('hex')}\n`;
  await writeFile(join(database, 'test.ndb'), signature);
  const lines = [
    `DatabaseDirectory ${database}`,
    `LocalSocket ${join(folder, 'clamd.sock')}`,
    'Foreground yes',
    ...(process.getuid?.() === 0 ? ['User root'] : []),
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
}

async function startDaemon(): Promise<ServiceProcess> {
  const packages = 'clamav-daemon clamdscan';
  const daemon = await ServiceProcess.start('clamd', [`--config-file=${config}`], packages);
  await eventually(() => run('clamdscan', [`--config-file=${config}`, '--ping', '1']), 30_000);
  return daemon;
}

beforeAll(async () => {
  process.env.CLAMD_CONFIG = config;
  await writeDatabase();
});
afterAll(() => removeTempFolder(folder));

describe.each(PLATFORMS)('The recipe for ClamAV on %s', (platform) => {
  let daemon: ServiceProcess;
  beforeAll(async () => {
    daemon = await startDaemon();
  });
  afterAll(() => daemon.stop());
  const app = useRecipe(recipe, platform);
  const download = async (path: string) => (await app().request({ path })).status;

  async function upload(content: string): Promise<{ id: string; path: string; status: number }> {
    const made = await create(app(), { length: content.length });
    const { status } = await patch(app(), made, { body: content });
    return { ...made, status };
  }

  it('lets a clean file pass', async () => {
    const { path, status } = await upload('hello');
    expect(status).toBe(204);
    expect(await download(path)).toBe(200);
  });

  it('keeps an infected one out of reach, until it is released or removed', async () => {
    const { id, path, status } = await upload(`MZ ${VIRUS} `);
    const other = await upload(`${VIRUS}.`);
    expect([status, other.status]).toEqual([422, 422]);
    expect(await download(path)).not.toBe(200);
    const { body } = await app().request({ path: '/quarantine' });
    const { items } = JSON.parse(body.toString()) as { items: { id: string }[] };
    expect(items.map((item) => item.id).sort()).toEqual([id, other.id].sort());
    expect(app().logs.of('warn').join('\n')).toContain('NestjsTus.Test.UNOFFICIAL');

    await app().request({ method: 'POST', path: `/quarantine/${id}` });
    expect(await download(path)).toBe(200);
    await app().request({ method: 'DELETE', path: `/quarantine/${other.id}` });
    expect(await app().tus.find(other.id)).toMatchObject({ state: 'terminated' });
  });

  it('takes no file for clean that could not be scanned, and scans it later', async () => {
    await daemon.stop();
    const { id, path, status } = await upload('hello');
    expect(status).toBeGreaterThanOrEqual(500);
    expect(await app().tus.find(id)).toMatchObject({ state: 'receiving', offset: 5 });

    daemon = await startDaemon();
    // As a client does that was told so.
    expect((await patch(app(), { path }, { offset: 5, body: '' })).status).toBe(204);
    expect(await download(path)).toBe(200);
  });
});
