import { statSync, type Stats } from 'node:fs';
import { setImmediate } from 'node:timers';
import { ContextSnapshot } from '../context/index.js';
import { asError, FolderLostError } from '../errors/index.js';
import { DiskCalls } from '../file-system/index.js';

/** Milliseconds between two looks for a lost folder. */
const PAUSE = 1000;

/** Is told once that a folder was lost, and that it is there again. */
export interface FolderObserver {
  /** @param reason what is wrong with the file that stands for it, as the end of a sentence */
  lost(reason: string): void;

  back(): void;
}

/** Tells whether a folder is still the one it was. */
export interface FolderCheck {
  /** To be called when this process has replaced the file by which the folder is known. */
  replaced(): void;

  /**
   * Looks at once. If it does not throw, what was seen or done right before counts.
   *
   * @throws FolderLostError
   */
  look(): Promise<void>;

  /**
   * Does the same synchronously, for callers that cannot wait. A disk that hangs then holds up
   * everything.
   *
   * @throws FolderLostError
   */
  assertSame(): void;

  /**
   * Looks after the current turn of the event loop, once for all callers in it. If it does not
   * throw, what they saw before they called counts.
   *
   * @throws FolderLostError
   */
  confirm(): Promise<void>;
}

/**
 * Knows whether a folder is still the one it was, by a file in it that this process has open: as
 * long as it is open, the system gives its number to no other file. A folder that was removed and
 * made anew, moved away, unmounted, or reached by a link that leads elsewhere now has another file
 * there, or none.
 */
export class FolderWatch implements FolderCheck {
  /** The request that happens to notice first has nothing to do with the search. */
  private readonly context = new ContextSnapshot();
  private known?: { readonly dev: number; readonly ino: number };
  /** Looks for the folder, while that is lost. */
  private search?: NodeJS.Timeout;
  private confirming?: Promise<void>;

  /**
   * @param witness path of the file, unless `begin()` is given another one
   * @param calls those to the disk that the folder is on
   */
  constructor(
    private witness: string,
    private readonly observer: FolderObserver,
    private readonly calls = new DiskCalls(),
  ) {}

  /**
   * Watches from now on, by the file that is there and that this process has open.
   *
   * @param witness its path, which leads through all that may be replaced
   */
  begin(witness = this.witness): void {
    this.witness = witness;
    this.known = statSync(this.witness);
  }

  replaced(): void {
    if (this.known) this.begin();
  }

  /** Looks no more. */
  end(): void {
    this.known = undefined;
    clearInterval(this.search);
    this.search = undefined;
  }

  /** See {@link FolderCheck.look}. Before `begin()` and after `end()` it finds nothing wrong. */
  async look(): Promise<void> {
    this.conclude(await this.find());
  }

  assertSame(): void {
    this.conclude(this.findNow());
  }

  confirm(): Promise<void> {
    this.confirming ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.confirming = undefined;
        this.look().then(resolve, reject);
      });
    });
    return this.confirming;
  }

  /** @returns what is wrong with the file, if anything */
  private async find(): Promise<string | undefined> {
    if (!this.known) return undefined;
    try {
      return this.faultOf(await this.calls.stat(this.witness));
    } catch (error) {
      return unseen(error);
    }
  }

  private findNow(): string | undefined {
    if (!this.known) return undefined;
    try {
      return this.faultOf(statSync(this.witness, { throwIfNoEntry: false }));
    } catch (error) {
      return unseen(error);
    }
  }

  private faultOf(found: Stats | undefined): string | undefined {
    const { known } = this;
    // It may have ended meanwhile.
    if (!known) return undefined;
    if (!found) return 'is not there';
    const isSame = found.ino === known.ino && found.dev === known.dev;
    return isSame ? undefined : 'is another file';
  }

  private conclude(fault: string | undefined): void {
    if (fault === undefined && !this.search) return;
    if (fault === undefined) return this.goOn();
    this.giveUp(fault);
    throw new FolderLostError();
  }

  private giveUp(fault: string): void {
    if (this.search) return;
    this.context.run(() => {
      this.search = setInterval(() => void this.lookAgain(), PAUSE).unref();
      this.observer.lost(`${this.witness} ${fault}`);
    });
  }

  private async lookAgain(): Promise<void> {
    const fault = await this.find();
    if (fault === undefined && this.search) this.goOn();
  }

  private goOn(): void {
    clearInterval(this.search);
    this.search = undefined;
    this.context.run(() => this.observer.back());
  }
}

function unseen(error: unknown): string {
  return `cannot be looked at (${asError(error).message})`;
}
