import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Usage } from './usage.js';

/** Milliseconds between two looks at the event loop, which count as no delay. */
const RESOLUTION = 1;

const KB = 1024;

/** What a server does when the benchmark asks for it, beside answering requests. */
export type Commands = Readonly<Record<string, (argument: never) => unknown>>;

/** A command on its way to a server. */
export interface Question {
  readonly number: number;
  readonly command: string;
  readonly argument: unknown;
}

/** What came of it. */
export interface Reply {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** The first message of a server. */
export interface Ready {
  readonly port: number;
}

const delays = monitorEventLoopDelay({ resolution: RESOLUTION });

/** Requests that this process has sent to others. */
let requests = 0;
subscribe('http.client.request.start', () => (requests += 1));

/** Begins to observe this process: peak memory and delays count from here. */
function observe(): Usage {
  resetPeakMemory();
  const usage = tellUsage();
  delays.enable();
  delays.reset();
  return usage;
}

/** What this process has used: processor time since its start, the rest since `observe`. */
function tellUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    cpu: (user + system) / 1e6,
    memory: process.memoryUsage.rss(),
    peakMemory: peakMemory(),
    delay: { p50: delayAt(50), p99: delayAt(99), longest: delayAt(100) },
  };
}

function delayAt(percentile: number): number {
  if (delays.count === 0) return 0;
  return Math.max(0, delays.percentile(percentile) / 1e6 - RESOLUTION);
}

/** Linux only; elsewhere the peak is that of the process's whole life. */
function resetPeakMemory(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
}

function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * KB;
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(peak) * KB;
}

/** Tells the benchmark that this server listens, and does from then on what it is asked for. */
export function takeCommands(port: number, further: Commands = {}): void {
  const commands: Commands = {
    ...further,
    observe,
    usage: tellUsage,
    requests: () => requests,
    stop: () => process.exit(),
  };
  process.on('message', (question: Question) => {
    void obey(commands, question).then((reply) => process.send?.(reply));
  });
  // A benchmark that was interrupted leaves no server behind.
  process.once('disconnect', () => process.exit());
  process.send?.({ port } satisfies Ready);
}

async function obey(commands: Commands, question: Question): Promise<Reply> {
  const { number, command, argument } = question;
  try {
    return { number, result: await commands[command]?.(argument as never) };
  } catch (error) {
    return {
      number,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}
