import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../support/server-process.js';
import type { PlatformName } from '../support/platforms.js';
import { SeededRandom } from '../support/seeded.js';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { ERRANDS, type Errand } from './errands/index.js';
import type { MemorySample } from './growth.js';
import type { Memory } from './memory.js';
import type { SoakSettings } from './soak-settings.js';

const SERVER = fileURLToPath(new URL('./soak-server.js', import.meta.url));

export interface SoakOptions {
  readonly platform: PlatformName;
  readonly seed: number;
  /** Milliseconds for which clients are at work. */
  readonly time: number;
  /** How many there are. */
  readonly clients: number;
  /** Milliseconds between two looks at the memory. */
  readonly every: number;
  /** Told of every look. */
  readonly onLook?: (at: number, memory: Memory, done: number) => void;
}

/** What came of a soak. */
export interface SoakReport {
  readonly samples: readonly MemorySample[];
  /** How often each errand was run. */
  readonly done: Readonly<Record<string, number>>;
  /** What went another way than it was to go, the first of each errand. */
  readonly failures: readonly string[];
}

/** Lets many clients do all that clients do, for as long as one likes, and watches the server's memory. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const folder = await makeTempFolder();
  try {
    return await soakIn(folder, options);
  } finally {
    await removeTempFolder(folder);
  }
}

async function soakIn(folder: string, options: SoakOptions): Promise<SoakReport> {
  const { platform } = options;
  const settings: SoakSettings = { platform, tmpFileDir: join(folder, 'uploads') };
  const server = await ServerProcess.startScript(SERVER, [JSON.stringify(settings)], {
    // V8 gives new objects more room once, whenever it sees fit: better at once than in the middle.
    nodeOptions: ['--expose-gc', '--min-semi-space-size=16'],
  });
  try {
    return await new Soak(server, options).run();
  } finally {
    await server.kill();
  }
}

class Soak {
  private readonly samples: MemorySample[] = [];
  private readonly done: Record<string, number> = {};
  private readonly failures = new Map<string, string>();
  private readonly start = performance.now();
  private isOver = false;

  constructor(
    private readonly server: ServerProcess,
    private readonly options: SoakOptions,
  ) {}

  async run(): Promise<SoakReport> {
    const { clients } = this.options;
    const working = Array.from({ length: clients }, (_, index) => this.work(index));
    try {
      await this.watch();
    } finally {
      this.isOver = true;
      await Promise.all(working);
    }
    const { samples, done } = this;
    return { samples, done, failures: [...this.failures.values()] };
  }

  private async watch(): Promise<void> {
    const { time, every, onLook } = this.options;
    while (performance.now() - this.start < time) {
      await pause(every);
      const { text } = await this.server.request({ path: '/memory' });
      const memory = JSON.parse(text) as Memory;
      const at = performance.now() - this.start;
      this.samples.push({ at, rss: memory.rss });
      onLook?.(
        at,
        memory,
        Object.values(this.done).reduce((sum, count) => sum + count, 0),
      );
    }
  }

  private async work(client: number): Promise<void> {
    const random = new SeededRandom(`${this.options.seed}/${client}`);
    // Everybody begins with errands of its own, so that a short soak has them all.
    for (let turn = client; !this.isOver || turn < ERRANDS.length; turn += this.options.clients) {
      const errand = turn < ERRANDS.length ? ERRANDS[turn]! : random.pick(ERRANDS);
      await this.runErrand(errand, random);
    }
  }

  private async runErrand({ name, run }: Errand, random: SeededRandom): Promise<void> {
    try {
      await run(this.server, random);
      this.done[name] = (this.done[name] ?? 0) + 1;
    } catch (error) {
      if (!this.failures.has(name)) this.failures.set(name, `${name}: ${String(error)}`);
      // A server that is gone refuses at once, for ever.
      await pause(100);
    }
  }
}
