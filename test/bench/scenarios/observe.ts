import type { BenchServer } from '../servers/bench-server.js';
import type { LoopDelay, Usage } from '../servers/usage.js';
import type { Sample } from './scenario.interface.js';

/** What work resulted in, and what it cost the servers that did it. */
export interface Observed<T> {
  readonly result: T;
  /** Processor seconds. */
  readonly cpu: number;
  readonly use: Omit<Sample, 'figure' | 'cpu'>;
}

/** Looks at servers while they are made to work. */
export async function observe<T>(
  servers: readonly BenchServer[],
  work: () => Promise<T>,
): Promise<Observed<T>> {
  const before = await Promise.all(servers.map((server) => server.observe()));
  const driver = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const elapsed = (performance.now() - start) * 1000;
  const { user, system } = process.cpuUsage(driver);
  const after = await Promise.all(servers.map((server) => server.usage()));
  const sum = (usages: readonly Usage[], key: 'cpu' | 'memory' | 'peakMemory') =>
    usages.reduce((total, usage) => total + usage[key], 0);
  const peakMemory = sum(after, 'peakMemory');
  return {
    result,
    cpu: sum(after, 'cpu') - sum(before, 'cpu'),
    use: {
      peakMemory,
      grownMemory: peakMemory - sum(before, 'memory'),
      delay: worst(after),
      driver: (user + system) / elapsed,
    },
  };
}

/** Of several processes the one that kept its clients waiting longest. */
function worst(usages: readonly Usage[]): LoopDelay | undefined {
  const delays = usages.flatMap(({ delay }) => (delay ? [delay] : []));
  return delays.sort((a, b) => b.p99 - a.p99)[0];
}
