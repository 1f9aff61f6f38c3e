import { fileURLToPath } from 'node:url';
import type { Patience } from '../../../../lib/cluster/local/index.js';
import { TestProcess } from '../../../support/test-process.js';

/** What a process is told to do. */
export interface Order {
  readonly does:
    'meet' | 'acquire' | 'tryAcquire' | 'release' | 'pin' | 'count' | 'leave' | 'held' | 'watch';
  readonly key?: string;
  readonly steps?: number;
}

/** What a process tells. */
export interface Report {
  readonly event: 'ready' | 'done' | 'asked' | 'gone' | 'lost' | 'told' | 'heard' | 'reached';
  readonly detail: string;
}

/** What is special about a process. */
export interface MemberOptions {
  /** Whose it is. */
  readonly uid?: number;
  /** When another process counts as one that does not answer; as usual unless given. */
  readonly rules?: Patience;
}

const CHILD = fileURLToPath(new URL('./member.child.js', import.meta.url));

/** One of the processes on a folder. */
export class Member extends TestProcess {
  /** Resolves once it has joined. */
  static async start(
    folder: string,
    patience = 10_000,
    { uid, rules }: MemberOptions = {},
  ): Promise<Member> {
    const args = [folder, String(patience), JSON.stringify(rules ?? null)];
    const member = new Member(CHILD, args, { uid });
    await member.report('ready');
    return member;
  }

  /** Resolves once it has joined, and all others know of it, which takes a busy machine longer. */
  static async meet(folder: string): Promise<Member> {
    const member = await Member.start(folder);
    expect(await member.tell('meet')).toBe('met');
    return member;
  }

  get identity(): string {
    return this.reports[0]!.detail;
  }

  /** Everything it told, oldest first. */
  get reports(): readonly Report[] {
    return this.messages as Report[];
  }

  /** Waits until it tells an event; the detail any unless told. */
  report(event: Report['event'], detail?: string): Promise<Report> {
    const isIt = (it: Report) => it.event === event && (detail ?? it.detail) === it.detail;
    return this.until(() => this.reports.find(isIt));
  }

  /** Tells it to do something, one thing at a time; resolves to what came of it. */
  async tell(does: Order['does'], key?: string, steps?: number): Promise<string> {
    const done = () => this.reports.filter(({ event }) => event === 'done');
    const { length } = done();
    this.send({ does, key, steps });
    return (await this.until(() => done()[length])).detail;
  }
}
