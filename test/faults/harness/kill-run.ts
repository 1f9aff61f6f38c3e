import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { comeAgain } from '../../support/come-again.js';
import { eventually } from '../../support/eventually.js';
import { PLATFORMS } from '../../support/platforms.js';
import { SeededRandom } from '../../support/seeded.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import type { TusOptions } from '../../support/test-app.js';
import {
  Callers,
  Checkers,
  Concatenators,
  Finishers,
  Leavers,
  MOMENTS,
  ON_FULL_DISK,
  Senders,
} from './actors/index.js';
import type { Actor, Moment, Stage } from './actors/index.js';
import { DiskFaults } from './disk-faults.js';
import { freezeOnce, withoutLateness } from './frozen-round.js';
import { wishFor } from './kill-wish.js';
import { RunDisk } from './run-disk.js';
import { OneMachine } from './run-servers.js';
import type { RunServers } from './run-servers.js';
import type { KillableServer } from '../servers/killable-server.js';
import { settingsIn } from '../servers/server-settings.js';
import type { BucketSettings, ServerSettings } from '../servers/server-settings.js';
import { FolderStore } from './stores/index.js';
import type { RunStore } from './stores/index.js';
import { newTally } from './tally.js';
import type { Tally } from './tally.js';
import { TwoMachines } from './two-machines.js';
import type { Mounts } from './two-machines.js';

export interface KillRunOptions {
  /** The same seed gives the same files, requests and moments, as far as the machine allows. */
  readonly seed: number;
  /** How often the server is killed. */
  readonly rounds: number;
  /** The moments at which it is killed, in turn; all of them unless told. */
  readonly moments?: readonly Moment[];
  /** Whether two machines share the uploads, so that one goes on when the other one is killed. */
  readonly machines?: boolean;
  /** Where these mount one volume; one folder is that of both unless told. */
  readonly mounts?: Mounts;
  /** Whether bytes are in a bucket of the store that was started; in a folder unless told. */
  readonly isOnS3?: boolean;
  /** Told after every kill. */
  readonly onRound?: (tally: Readonly<Tally>) => void;
  /** Told what servers wrote to their error output. */
  readonly onErrorOutput?: (text: string) => void;
}

const TUS: TusOptions = {
  delivery: { attempts: 100, backoff: { first: '50ms', max: '200ms' }, concurrency: 20 },
};

/** Milliseconds after which a server is killed when the moment did not come. */
const LONGEST_ROUND = 5000;

/**
 * Kills a server again and again while clients upload, and counts what was lost.
 *
 * Both platforms take turns on one folder, each going on with what the other one left.
 */
export async function runKills(options: KillRunOptions): Promise<Tally> {
  const folder = await makeTempFolder(options.mounts?.[0]);
  let mounted: RunDisk | undefined;
  let store: RunStore | undefined;
  let servers: RunServers | undefined;
  try {
    // First, for what lies in the folder now is not seen any more.
    if (options.moments?.includes(ON_FULL_DISK)) mounted = await RunDisk.mountAt(folder);
    const tally = newTally();
    const disk = await DiskFaults.prepare(folder, tally);
    servers = await makeServers(folder, tally, options);
    store = await makeStore(folder, servers, options);
    return await new KillRun(options, folder, { tally, disk, servers, store, mounted }).run();
  } finally {
    await servers?.end();
    await store?.remove();
    await mounted?.unmount();
    await removeTempFolder(folder);
  }
}

async function makeServers(
  folder: string,
  tally: Tally,
  options: KillRunOptions,
): Promise<RunServers> {
  const hear = (text: string) => hearErrors(tally, options, text);
  if (options.machines) return TwoMachines.prepare(hear, options.mounts);
  return new OneMachine(settingsIn(folder, 'express'));
}

async function makeStore(
  folder: string,
  servers: RunServers,
  { isOnS3 }: KillRunOptions,
): Promise<RunStore> {
  if (!isOnS3) return new FolderStore(settingsIn(folder, 'express'));
  const { BucketStore } = await import('./stores/bucket-store.js');
  return BucketStore.make(folder, servers);
}

function hearErrors(tally: Tally, { onErrorOutput }: KillRunOptions, errorOutput: string): void {
  if (errorOutput !== '') tally.errorsLogged++;
  onErrorOutput?.(errorOutput);
}

/** What a run has prepared. */
interface Prepared {
  readonly tally: Tally;
  readonly disk: DiskFaults;
  readonly servers: RunServers;
  readonly store: RunStore;
  /** Where there is none, no disk is filled. */
  readonly mounted?: RunDisk;
}

class KillRun {
  private readonly random: SeededRandom;
  private readonly announced = new EventEmitter();
  private readonly moments: readonly Moment[];
  private readonly actors: readonly Actor[];
  private readonly tally: Tally;
  private readonly disk: DiskFaults;
  private readonly servers: RunServers;
  private readonly store: RunStore;
  private readonly mounted?: RunDisk;
  /** What servers are told of the bucket, if there is one, until the next kill. */
  private bucket?: BucketSettings;

  constructor(
    private readonly options: KillRunOptions,
    private readonly folder: string,
    { tally, disk, servers, store, mounted }: Prepared,
  ) {
    this.tally = tally;
    this.disk = disk;
    this.servers = servers;
    this.store = store;
    this.mounted = mounted;
    const { seed } = options;
    const { announced: moments } = this;
    const settings = settingsIn(folder, 'express');
    const hasLateRequests = () => this.moment === 'frozen';
    const stage: Stage = { seed, settings, tally, servers, store, disk, moments, hasLateRequests };
    this.random = new SeededRandom(seed);
    const wanted = (options.moments ?? MOMENTS).filter((one) => !store.omitted.includes(one));
    // Without a compiler, no flush can be made to fail; what the other machine says is not looked at.
    const canFail = disk.env && !options.machines;
    this.moments = wanted.filter((moment) => moment !== 'eio' || canFail);
    this.actors = [
      new Senders(stage),
      new Checkers(stage),
      new Concatenators(stage),
      new Finishers(stage),
      new Callers(stage),
      new Leavers(stage),
    ];
  }

  private makeSettings(): ServerSettings {
    // Each platform has a round for every moment before it is the other one's turn.
    const turn = Math.floor(this.tally.kills / this.moments.length);
    const [platform] = PLATFORMS[turn % PLATFORMS.length]!;
    return {
      ...settingsIn(this.folder, platform, TUS),
      ...this.servers.settings,
      bucket: this.bucket,
    };
  }

  async run(): Promise<Tally> {
    const { tally } = this;
    while (tally.kills < this.options.rounds) {
      await this.withServer((server) => this.round(server));
      if (this.moment === ON_FULL_DISK) await this.startOnFullDisk();
      tally.kills++;
      for (const actor of this.actors) await actor.inspect();
      this.options.onRound?.(tally);
    }
    await this.store.age?.();
    await this.withServer((server) => this.finish(server));
    return tally;
  }

  private async withServer(use: (server: KillableServer) => Promise<void>): Promise<void> {
    const server = await this.startServer();
    try {
      await use(server);
    } finally {
      await server.kill();
      const errors = this.disk.unexplained(server);
      this.disk.end();
      this.hear(this.moment === 'frozen' ? withoutLateness(errors) : errors);
    }
  }

  private async startServer(): Promise<KillableServer> {
    this.bucket = await this.store.renew();
    const settings = this.makeSettings();
    if (this.moment === 'frozen') return this.servers.startOne(settings);
    return this.servers.start(settings, {
      env: this.moment === 'eio' ? this.disk.env : undefined,
    });
  }

  private hear(errorOutput: string): void {
    hearErrors(this.tally, this.options, errorOutput);
  }

  private get moment(): Moment {
    return this.moments[this.tally.kills % this.moments.length]!;
  }

  private async round(server: KillableServer): Promise<void> {
    for (const actor of this.actors) await actor.check(server);
    if (this.moment === 'eio') void this.strike(server);
    if (this.moment === 'frozen') return this.freeze(server);
    const acting = this.actors.map((actor) => actor.act(server));
    await Promise.all([...acting, this.killAtSomeMoment(server)]);
  }

  /** Clients ask and delete, and nothing they were told before may be forgotten. */
  private async startOnFullDisk(): Promise<void> {
    await this.mounted?.fill();
    const server = await this.servers.startOne(this.makeSettings());
    for (const actor of this.actors) await actor.look?.(server);
    // That the disk is full is logged, and what the handlers of uploads found no room for.
    await server.kill();
    await this.mounted?.empty();
  }

  private async freeze(server: KillableServer): Promise<void> {
    const others = MOMENTS.filter((moment) => moment !== 'frozen' && moment !== 'eio');
    const until = () => this.until(this.random.pick(others));
    const start = () => this.servers.startOne(this.makeSettings());
    this.hear(await freezeOnce(server, { actors: this.actors, start, until }));
  }

  private async finish(server: KillableServer): Promise<void> {
    for (const actor of this.actors) await actor.check(server);
    for (const actor of this.actors) await actor.finish(server);
    await (this.options.machines ? comeAgain(() => server.clear()) : server.clear());
    this.tally.leftBehind = await this.countLeft();
  }

  /** What is removed behind answers gets its time. */
  private async countLeft(): Promise<number> {
    const assertNone = async (): Promise<void> => {
      const names = await this.store.names();
      if (names.length > 0) throw new Error(`There is something left: ${names.join(', ')}`);
    };
    await eventually(assertNone).catch((error: Error) => {
      this.tally.findings.push(error.message);
    });
    return (await this.store.names()).length;
  }

  private async strike(server: KillableServer): Promise<void> {
    await this.disk.strike(server, this.random);
    this.announced.emit('eio');
  }

  private async killAtSomeMoment(server: KillableServer): Promise<void> {
    await this.until(this.moment);
    if (!server.alive) throw new Error(`The server ended by itself: ${server.errorOutput}`);
    await server.kill();
  }

  /** Waits until a moment has come some times, and a little longer. */
  private async until(moment: Moment): Promise<void> {
    const { least, most, delay } = wishFor(moment);
    const given = this.random.integer(least, most);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), LONGEST_ROUND);
    try {
      for (let seen = 0; seen < given; seen++) {
        await once(this.announced, moment, { signal: late.signal });
      }
    } catch (error) {
      if (!late.signal.aborted) throw error;
    }
    clearTimeout(timer);
    await pause(this.random.integer(0, delay));
  }
}
