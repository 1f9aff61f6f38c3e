import { Inject, Injectable } from '@nestjs/common';
import { hostname } from 'node:os';
import type { Cluster } from '../cluster/index.js';
import { Measures } from '../measures/index.js';
import { TUS_CLUSTER } from '../tus.constants.js';
import type { ProcessReport, TusProcess } from './tus-process.interface.js';

/** Milliseconds that others have to answer: who asks wants to see now what they do now. */
const PATIENCE = 1000;

/** Most appends that are told of: a report is a message between machines. */
const MOST = 200;

/** What in a report is a time. */
const TIMES: ReadonlySet<string> = new Set(['since', 'until', 'endedAt']);

/** What the processes that share the uploads of an instance say of themselves. */
@Injectable()
export class ProcessReports {
  constructor(
    @Inject(TUS_CLUSTER) private readonly cluster: Cluster,
    private readonly measures: Measures,
  ) {
    cluster.onAsked(() => JSON.stringify(this.own()));
  }

  /** This process first. */
  async all(): Promise<TusProcess[]> {
    const { identity } = this.cluster;
    const others = await this.cluster.askOthers(PATIENCE);
    return [
      { identity, isThis: true, report: this.own() },
      ...others.map((other) => ({
        identity: other.identity,
        isThis: false,
        ...(other.text !== undefined && { report: read(other.text) }),
      })),
    ];
  }

  private own(): ProcessReport {
    return {
      pid: process.pid,
      host: hostname(),
      stats: this.measures.stats(),
      appends: this.measures.running().slice(0, MOST),
      throughput: this.measures.throughput(),
    };
  }
}

function read(text: string): ProcessReport {
  return JSON.parse(text, (key, value: unknown) =>
    TIMES.has(key) && typeof value === 'string' ? new Date(value) : value,
  ) as ProcessReport;
}
