import { Errands } from './errands.js';
import type { Messenger } from './messenger.interface.js';

/** The topic under which a process says what it watches, and no longer does. */
const TOPIC = 'watch';

/** Stands for all uploads; it is no upload's id. */
const ALL = '*';

/** What a process says to another one. */
interface Change {
  /** Whether what it said before is void. */
  readonly isAnew: boolean;
  readonly begins: readonly string[];
  readonly ends: readonly string[];
}

/** What one process watches, and who is called when another one has been told so. */
interface Watch {
  readonly subject: string;
  readonly onReached: () => void;
}

/** Which processes watch which uploads: each tells the others, and only when that changes. */
export class RemoteWatches {
  /** Of this process. */
  private readonly watches = new Set<Watch>();
  /** By other process, what it knows this one to watch. */
  private readonly told = new Map<string, ReadonlySet<string>>();
  /** Those that were told something, and did not answer. */
  private readonly doubtful = new Set<string>();
  /** By other process, what that one watches. */
  private readonly theirs = new Map<string, Set<string>>();
  private readonly errands = new Errands((identity) => this.bringUpToDate(identity));

  constructor(private readonly messenger: Messenger) {
    messenger.answer(TOPIC, (body, from) => this.note(from, JSON.parse(body) as Change));
    messenger.whenLinked((identity) => this.errands.begin(identity));
    // Another one greets this process also once it answers again: until then it was told nothing.
    messenger.whenMet(() => this.tellReached());
    messenger.whenGone((identity) => this.forget(identity));
  }

  /** See `Watching`. */
  begin(subject = ALL, onReached: () => void = () => undefined): () => void {
    const watch = { subject, onReached };
    this.watches.add(watch);
    this.tellOthers();
    return () => {
      if (this.watches.delete(watch)) this.tellOthers();
    };
  }

  /** Whether another process watches an upload. */
  have(uploadId: string): boolean {
    return this.theirs.size > 0 && this.watchersOf(uploadId).length > 0;
  }

  /** Identities of those that watch an upload. */
  watchersOf(uploadId: string): string[] {
    return [...this.theirs]
      .filter(([, subjects]) => subjects.has(ALL) || subjects.has(uploadId))
      .map(([identity]) => identity);
  }

  private tellOthers(): void {
    for (const identity of this.messenger.others) this.errands.begin(identity);
  }

  private async bringUpToDate(identity: string): Promise<void> {
    const isAnew = this.doubtful.has(identity);
    const before = (isAnew ? undefined : this.told.get(identity)) ?? new Set();
    const now = new Set([...this.watches].map(({ subject }) => subject));
    const begins = [...now].filter((subject) => !before.has(subject));
    const ends = [...before].filter((subject) => !now.has(subject));
    if (begins.length + ends.length === 0 && !isAnew) return;
    this.doubtful.add(identity);
    await this.messenger.ask(identity, TOPIC, JSON.stringify({ isAnew, begins, ends }));
    this.doubtful.delete(identity);
    this.told.set(identity, now);
    // Those included that have begun meanwhile.
    this.tellReached(({ subject }) => begins.includes(subject));
  }

  private tellReached(concerns: (watch: Watch) => boolean = () => true): void {
    for (const watch of this.watches) if (concerns(watch)) watch.onReached();
  }

  private note(identity: string, { isAnew, begins, ends }: Change): Promise<string> {
    const subjects = (isAnew ? undefined : this.theirs.get(identity)) ?? new Set();
    for (const subject of ends) subjects.delete(subject);
    for (const subject of begins) subjects.add(subject);
    if (subjects.size > 0) this.theirs.set(identity, subjects);
    else this.theirs.delete(identity);
    return Promise.resolve('');
  }

  private forget(identity: string): void {
    this.told.delete(identity);
    this.doubtful.delete(identity);
    this.theirs.delete(identity);
  }
}
