import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { Peer } from '../../../../lib/cluster/local/peer.js';
import { eventually } from '../../../support/eventually.js';
import { makeTempFolder, removeTempFolder } from '../../../support/temp-folder.js';
import { Member } from './member.js';
import { openMember, Told } from './open-member.js';

const ID = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);

const RULES = { look: 100, silentAfter: 2, suspectAfter: 8, heartbeat: 200 };

/** Is allowed to do anything with files. */
const isRoot = process.geteuid?.() === 0;

describe('A process that lives and does not answer', () => {
  let folder: string;
  let told: string[];
  let renewed: string[];
  const opened: Awaited<ReturnType<typeof openMember>>[] = [];

  beforeEach(async () => {
    folder = await makeTempFolder();
    told = [];
    renewed = [];
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map(({ claims }) => claims.close()));
    await removeTempFolder(folder);
  });

  async function joined() {
    const observer = new Told((identity, what) => told.push(`${what} ${identity}`));
    const member = await openMember(folder, 10_000, RULES, observer);
    member.claims.onFence((key) => {
      renewed.push(key);
      return Promise.resolve();
    });
    opened.push(member);
    return member;
  }

  it('loses what others want, and nothing else', async () => {
    const frozen = await Member.start(folder);
    await frozen.tell('acquire', ID);
    await frozen.tell('acquire', OTHER);
    const here = await joined();
    await eventually(() => expect(here.claims.leftBy(frozen.identity)).toHaveLength(2));
    frozen.freeze();

    const lease = await here.leases.acquire(ID);

    expect(renewed).toEqual([ID]);
    expect(here.claims.leftBy(frozen.identity)).toEqual([OTHER]);
    frozen.thaw();
    expect(await frozen.tell('held', ID)).toBe('lost');
    expect(await frozen.tell('held', OTHER)).toBe('held');
    expect(lease.revokedBy).toBeUndefined();
    lease.release();
  });

  it('may have had anything, if it was alone: what is wanted is fenced once', async () => {
    const frozen = await Member.start(folder);
    await frozen.tell('acquire', ID);
    frozen.freeze();
    const here = await joined();

    (await here.leases.acquire(ID)).release();
    (await here.leases.acquire(OTHER)).release();
    (await here.leases.acquire(ID)).release();

    expect(renewed).toEqual([ID, OTHER]);
    frozen.thaw();
    await frozen.report('lost', ID);
    expect(await frozen.tell('held', ID)).toBe('lost');
    expect(await frozen.tell('acquire', OTHER)).toBe('held');
    expect(await frozen.tell('held', OTHER)).toBe('held');
  });

  it('may not take, when it wakes, what others have taken meanwhile, though it thinks it is alone', async () => {
    const frozen = await Member.start(folder);
    frozen.freeze();
    const here = await joined();
    const lease = await here.leases.acquire(ID);
    // It hears this at the same time as all others that were sent to it.
    const theirs = frozen.tell('tryAcquire', ID);
    frozen.thaw();

    expect(await theirs).toBe('busy');
    lease.release();
    expect(await frozen.tell('acquire', ID)).toBe('held');
    expect(await frozen.tell('held', ID)).toBe('held');
  });

  it('lets go of a key that no request waits for, such as that of the cleanup', async () => {
    const frozen = await Member.start(folder);
    const here = await joined();
    await frozen.tell('acquire', '.cleanup');
    frozen.freeze();
    expect(await here.leases.tryAcquire('.cleanup')).toBeUndefined();

    // Nobody asks it anything; the heartbeat notices.
    await eventually(async () => {
      const lease = await here.leases.tryAcquire('.cleanup');
      expect(lease).toBeDefined();
      lease?.release();
    });
    frozen.thaw();
    await frozen.report('lost', '.cleanup');
  });

  it('is told of once, and once when it answers again', async () => {
    const frozen = await Member.start(folder);
    const here = await joined();
    frozen.freeze();
    await eventually(() => expect(told).toEqual([`silent ${frozen.identity}`]));
    await eventually(async () => {
      expect(await here.processes.isSuspected(frozen.identity)).toBe(true);
    });
    frozen.thaw();

    await eventually(() => {
      expect(told).toEqual([`silent ${frozen.identity}`, `answers ${frozen.identity}`]);
    });
    await eventually(async () => {
      expect(await here.processes.isSuspected(frozen.identity)).toBe(false);
    });
  });

  it('is noticed by its neighbour, also where that one hangs too', async () => {
    const frozen = [await Member.start(folder), await Member.start(folder)];
    await joined();
    frozen.forEach((member) => member.freeze());

    await eventually(() => {
      expect([...told].sort()).toEqual(frozen.map(({ identity }) => `silent ${identity}`).sort());
    });
  });

  it('loses nothing by answering late, as long as it answers at all', async () => {
    const slow = await Member.start(folder);
    const here = await joined();
    await slow.tell('acquire', ID);
    const asked = jest.spyOn(Peer.prototype, 'ask');
    const mine = here.leases.acquire(ID);
    await slow.report('asked', ID);

    // More looks than after which others would go on without it.
    const looks = () => asked.mock.calls.filter(([topic]) => topic === 'ping').length;
    await eventually(() => expect(looks()).toBeGreaterThan(2 * RULES.suspectAfter));
    asked.mockRestore();
    await slow.tell('release', ID);

    (await mine).release();
    expect(renewed).toEqual([]);
    expect(told).toEqual([]);
  });

  it('has what it lost renewed by the next one that wants it, when that has failed at first', async () => {
    const frozen = await Member.start(folder);
    await frozen.tell('acquire', ID);
    const here = await joined();
    await eventually(() => expect(here.claims.leftBy(frozen.identity)).toHaveLength(1));
    frozen.freeze();
    here.claims.onFence(() => Promise.reject(new Error('no room')));
    await expect(here.leases.acquire(ID)).rejects.toThrow('no room');

    const third = await joined();
    (await third.leases.acquire(ID)).release();

    expect(renewed).toEqual([ID]);
  });

  it('leaves nothing behind when it is killed', async () => {
    const frozen = await Member.start(folder);
    frozen.freeze();
    const here = await joined();
    (await here.leases.acquire(ID)).release();
    expect(await here.tables.readSuspects()).toEqual([frozen.identity]);

    await frozen.kill();

    await eventually(async () => expect(await here.tables.readSuspects()).toEqual([]));
    expect(here.tables.peekFence(frozen.identity, ID)).toBeUndefined();
    expect(here.claims.isStillAlone).toBe(true);
  });

  it('is forgotten by the next one that joins, when nobody was there at its end', async () => {
    const frozen = await Member.start(folder);
    frozen.freeze();
    const here = await joined();
    (await here.leases.acquire(ID)).release();
    opened.length = 0;
    await here.claims.close();
    await frozen.kill();

    const next = await joined();

    expect(await next.tables.readSuspects()).toEqual([]);
    expect(next.tables.peekFence(frozen.identity, ID)).toBeUndefined();
  });

  it('and cannot even be asked, is told of with the reason, and keeps others from nothing', async () => {
    if (isRoot) await chmod(folder, 0o777);
    // Root may connect to anything.
    const uid = isRoot ? 65_534 : undefined;
    const hidden = await Member.start(folder, 10_000, { uid });
    await hidden.tell('acquire', ID);
    await chmod(join(folder, 'processes', hidden.identity), 0);

    const other = await Member.start(folder, 10_000, { uid, rules: RULES });

    expect(await other.tell('acquire', ID)).toBe('held');
    expect(await other.tell('acquire', OTHER)).toBe('held');
    const told = other.reports.filter(({ event }) => event === 'told').map(({ detail }) => detail);
    expect(told).toEqual([expect.stringMatching(/EACCES.* [0-9a-f]{32}/)]);
    expect(await hidden.tell('held', ID)).toBe('lost');
  });
});
