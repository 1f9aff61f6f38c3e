import { setImmediate } from 'node:timers';
import { ContextSnapshot } from '../../context/index.js';
import { asError } from '../../errors/index.js';
import { ProcessGoneError } from '../telling/process-gone.error.js';
import { ProcessSilentError } from '../telling/process-silent.error.js';

/** When a process counts as one that does not answer. */
export interface Patience {
  /** Milliseconds between two looks; a process that hangs itself counts few of them. */
  readonly look: number;
  /** Looks without an answer after which it is told of. */
  readonly silentAfter: number;
  /** Looks without an answer after which others go on without it. */
  readonly suspectAfter: number;
  /** Milliseconds between two questions to a process that is asked nothing else. */
  readonly heartbeat: number;
}

/** What is done about those that do not answer. */
export interface SilenceActions {
  /** Asks what every process answers at once. */
  probe(identity: string): Promise<unknown>;
  silent(identity: string, reason?: string): void;
  /** Whether others go on without it already. */
  isSuspect(identity: string): boolean;
  /** Notes, for all to see, that others go on without it. */
  suspect(identity: string): Promise<void>;
  /** It was silent, and has answered. */
  heard(identity: string): void;
}

/** What is known of one process that is being asked something, or is silent. */
interface Watch {
  /** Those who wait for an answer: what ends their waiting. */
  readonly waiting: Set<(error: Error) => void>;
  /** Looks since it was last heard. */
  looks: number;
  isProbed: boolean;
  isSilent: boolean;
  isBeingSuspected: boolean;
  reason?: string;
}

/**
 * Notices which processes do not answer.
 *
 * An answer may take its time, for it may be that an upload must be let go first. So a process that
 * is waited for is asked, at each look, something that takes none. While there is no waiting for any
 * answer, and none is silent, nothing runs.
 */
export class Silences {
  /** It is some request that asks first. */
  private readonly context = new ContextSnapshot();
  private readonly watches = new Map<string, Watch>();
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly patience: () => Patience,
    private readonly actions: SilenceActions,
  ) {}

  isSilent(identity: string): boolean {
    return this.watches.get(identity)?.isSilent ?? false;
  }

  /** Whether an answer of a process is waited for. */
  isAwaited(identity: string): boolean {
    return (this.watches.get(identity)?.waiting.size ?? 0) > 0;
  }

  /**
   * Waits for a process.
   *
   * @throws ProcessSilentError when others go on without it
   */
  async during<T>(identity: string, answer: Promise<T>): Promise<T> {
    const watch = this.watchOf(identity);
    let giveUp: (error: Error) => void = () => undefined;
    const givenUp = new Promise<never>((_resolve, reject) => (giveUp = reject));
    watch.waiting.add(giveUp);
    this.context.run(() => this.look());
    try {
      return await Promise.race([answer, givenUp]);
    } finally {
      watch.waiting.delete(giveUp);
      this.forgetIfQuiet(identity, watch);
    }
  }

  /** A process has ended. */
  forget(identity: string): void {
    const watch = this.watches.get(identity);
    if (!watch) return;
    watch.looks = 0;
    watch.isSilent = false;
    this.forgetIfQuiet(identity, watch);
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const { waiting } of this.watches.values()) waiting.clear();
    this.watches.clear();
  }

  private watchOf(identity: string): Watch {
    const watch = this.watches.get(identity) ?? newWatch();
    this.watches.set(identity, watch);
    return watch;
  }

  private forgetIfQuiet(identity: string, watch: Watch): void {
    const isQuiet = watch.waiting.size === 0 && !watch.isSilent;
    if (isQuiet && this.watches.get(identity) === watch) this.watches.delete(identity);
  }

  private look(): void {
    this.timer ??= setTimeout(() => {
      // After one more turn, so that answers count which came while this process was busy.
      setImmediate(() => this.lookAtAll());
    }, this.patience().look).unref();
  }

  private lookAtAll(): void {
    this.timer = undefined;
    for (const [identity, watch] of this.watches) this.lookAt(identity, watch);
    const isAwaited = ({ waiting, isProbed }: Watch) => waiting.size > 0 || !isProbed;
    if ([...this.watches.values()].some(isAwaited)) this.look();
  }

  private lookAt(identity: string, watch: Watch): void {
    const { silentAfter, suspectAfter } = this.patience();
    if (!watch.isProbed) void this.probe(identity, watch);
    else if (watch.waiting.size > 0) watch.looks++;
    if (watch.looks >= silentAfter && !watch.isSilent) {
      watch.isSilent = true;
      this.actions.silent(identity, watch.reason);
    }
    const isOver = watch.looks >= suspectAfter;
    if (isOver || (watch.isSilent && this.actions.isSuspect(identity))) {
      void this.suspect(identity, watch);
    }
  }

  private async probe(identity: string, watch: Watch): Promise<void> {
    watch.isProbed = true;
    try {
      await this.actions.probe(identity);
      this.hear(identity, watch);
    } catch (error) {
      if (error instanceof ProcessGoneError) return this.forget(identity);
      watch.reason = asError(error).message;
      watch.looks++;
    } finally {
      watch.isProbed = false;
    }
  }

  private hear(identity: string, watch: Watch): void {
    watch.looks = 0;
    watch.reason = undefined;
    if (this.watches.get(identity) !== watch || !watch.isSilent) return;
    watch.isSilent = false;
    this.forgetIfQuiet(identity, watch);
    this.actions.heard(identity);
  }

  private async suspect(identity: string, watch: Watch): Promise<void> {
    if (watch.isBeingSuspected || watch.waiting.size === 0) return;
    watch.isBeingSuspected = true;
    try {
      await this.actions.suspect(identity);
      watch.looks = 0;
      for (const giveUp of watch.waiting) giveUp(new ProcessSilentError(identity));
    } catch {
      // The disk may be full: it is tried again at the next look.
    } finally {
      watch.isBeingSuspected = false;
    }
  }
}

function newWatch(): Watch {
  return {
    waiting: new Set(),
    looks: 0,
    isProbed: false,
    isSilent: false,
    isBeingSuspected: false,
  };
}
