import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Patience } from '../../../../lib/cluster/local/index.js';

/** What a process is told to do. */
export interface Order {
  readonly does:
    'meet' | 'acquire' | 'tryAcquire' | 'release' | 'pin' | 'count' | 'leave' | 'held' | 'watch';
  readonly key?: string;
  readonly steps?: number;
}

/** What a process tells. */
export interface Report {
  readonly event: 'ready' | 'done' | 'asked' | 'gone' | 'lost' | 'told' | 'heard';
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

const running = new Set<Member>();

afterEach(async () => {
  await Promise.all([...running].map((member) => member.kill()));
});

/** One of the processes on a folder; those left over are killed after each test. */
export class Member {
  /** Everything it told, oldest first. */
  readonly reports: Report[] = [];
  private readonly told = new EventEmitter();

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (report: Report) => {
      this.reports.push(report);
      this.told.emit('report');
    });
    running.add(this);
  }

  /** Resolves once it has joined. */
  static async start(
    folder: string,
    patience = 10_000,
    { uid, rules }: MemberOptions = {},
  ): Promise<Member> {
    const args = [folder, String(patience), JSON.stringify(rules ?? null)];
    const member = new Member(fork(CHILD, args, { execArgv: [], uid }));
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

  get pid(): number {
    return this.child.pid!;
  }

  /** Waits until it tells an event; the detail any unless told. */
  async report(event: Report['event'], detail?: string): Promise<Report> {
    const isIt = (it: Report) => it.event === event && (detail ?? it.detail) === it.detail;
    for (;;) {
      const found = this.reports.find(isIt);
      if (found) return found;
      await once(this.told, 'report');
    }
  }

  /** Tells it to do something, one thing at a time; resolves to what came of it. */
  async tell(does: Order['does'], key?: string, steps?: number): Promise<string> {
    const done = () => this.reports.filter(({ event }) => event === 'done');
    const { length } = done();
    this.child.send({ does, key, steps });
    while (done().length === length) await once(this.told, 'report');
    return done().at(-1)!.detail;
  }

  /** Ends it without giving it a chance to do anything; nothing happens when it ended. */
  async kill(): Promise<void> {
    running.delete(this);
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}
