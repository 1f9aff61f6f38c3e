import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Delivery, TusService } from '../../../lib/index.js';
import {
  append,
  eventually,
  head,
  listFiles,
  makeTempFolder,
  patch,
  PLATFORMS,
  removeTempFolder,
  retrieveOffset,
  startApp,
} from '../../support/index.js';
import type { HttpResponse, TestApp } from '../../support/index.js';
import { callLogIn, crashApp, Services } from './crash-app.js';
import { CRASH_POINTS } from './crash-points.js';
import type { CrashPoint } from './crash-point.js';
import { CONTENT, letDie } from './let-die.js';
import type { DeadUpload } from './let-die.js';
import { Points } from './points.js';

/** Milliseconds after which cleanup looks at what a process that died was to remove. */
const LATER = 2 * 60_000;

jest.setTimeout(60_000);

describe.each(PLATFORMS)('An upload whose process died (%s)', (platform) => {
  const answers = new Map<CrashPoint, string>();
  let folder: string;
  let uploads: ReadonlyMap<CrashPoint, DeadUpload>;
  let app: TestApp;
  let files: string[];

  beforeAll(async () => {
    folder = await makeTempFolder();
    uploads = await letDie(platform, folder, CRASH_POINTS);
    app = await startApp({
      platform,
      tmpFileDir: folder,
      tus: false,
      ...crashApp(folder, new Points()),
    });
    for (const row of CRASH_POINTS) answers.set(row, await askAgain(row, uploads.get(row)!));
    await eventually(async () => expect(await underWay()).toEqual([]), 10_000);
    await removeParts();
    await cleanUpLater();
    files = (await listFiles(folder)).filter((file) => !file.includes('.tus') && file !== 'calls');
  });

  afterAll(async () => {
    await app?.close();
    await removeTempFolder(folder);
  });

  /** What a client hears that asks where its upload stands, then sends its last request again. */
  async function askAgain({ by }: CrashPoint, upload: DeadUpload): Promise<string> {
    const offset = CONTENT.length;
    const [ask, send] =
      by === 'ietf'
        ? [() => retrieveOffset(app, upload), () => append(app, upload, { offset })]
        : [() => head(app, upload), () => patch(app, upload, { offset })];
    const status = await onceFree(ask);
    const last = await onceFree(send);
    const told = status.headers['upload-offset'];
    const at = told === undefined ? '' : ` at ${String(told)}`;
    return `HEAD ${status.status}${at}, PATCH ${last.status} ${last.text}`.trim();
  }

  function instances(): TusService[] {
    const { main, removing } = app.nest.get(Services);
    return [main, removing];
  }

  async function deliveries(): Promise<Delivery[]> {
    const pages = await Promise.all(instances().map((tus) => tus.deliveries()));
    return pages.flatMap(({ items }) => items);
  }

  async function underWay(): Promise<Delivery[]> {
    return (await deliveries()).filter(({ state }) => state !== 'dead');
  }

  /** Clients use the parts of a final upload again, for which they may stay as they are. */
  async function removeParts(): Promise<void> {
    const { main } = app.nest.get(Services);
    const { items } = await main.list();
    const parts = items.filter(({ partial }) => partial);
    expect(parts.filter(({ state }) => state !== 'finished')).toEqual([]);
    await Promise.all(parts.map(({ id }) => main.terminate(id)));
  }

  async function cleanUpLater(): Promise<void> {
    const later = Date.now() + LATER;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(later);
    await Promise.all(instances().map((tus) => tus.cleanup()));
    clock.mockRestore();
  }

  function instanceOf({ to }: CrashPoint): TusService {
    const { main, removing } = app.nest.get(Services);
    return to === '/removing' || to === '/clips' ? removing : main;
  }

  /** The files that are left of an upload. */
  async function leftOf(row: CrashPoint): Promise<string> {
    const { id } = uploads.get(row)!;
    const left = files.filter((file) => isOf(file, id, row));
    for (const file of left) expect(await readFile(join(folder, file), 'utf8')).toBe(CONTENT);
    return left.join(' ').replaceAll(id, '<id>');
  }

  it.each(CRASH_POINTS)('$died', async (row) => {
    const { id } = uploads.get(row)!;
    const { calls, state, left } = row;

    expect({
      told: answers.get(row),
      calls: (await callLogIn(folder).of(id)).join(' '),
      state: (await instanceOf(row).find(id))?.state,
      left: await leftOf(row),
    }).toEqual({ told: row.told, calls, state, left });
  });

  it('is no error to the server that finds it', () => {
    expect(app.logs.errors()).toEqual([]);
  });

  it('leaves no delivery behind', async () => {
    expect(await deliveries()).toEqual([]);
  });

  it('leaves no other file behind', () => {
    const known = (file: string) => [...uploads].some(([row, { id }]) => isOf(file, id, row));

    expect(files.filter((file) => !known(file))).toEqual([]);
  });
});

/** Whether a file lies where an upload's may. */
function isOf(file: string, id: string, { with: { path, moves } = {} }: CrashPoint): boolean {
  return file.includes(id) || file === `uploads/${path}` || file === `moved/${moves}`;
}

/** An upload that is being finished is not to be had; its client is to come again. */
function onceFree(ask: () => Promise<HttpResponse>): Promise<HttpResponse> {
  return eventually(async () => {
    const response = await ask();
    if (response.status === 423) throw new Error('The upload is busy.');
    return response;
  });
}
