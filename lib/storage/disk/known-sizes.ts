import type { Stats } from 'node:fs';

/** What a file is: the number alone may be that of a later one. */
type Identity = Pick<Stats, 'ino' | 'birthtimeMs'>;

interface Known extends Identity {
  /** Bytes from its start. */
  readonly size: number;
}

/** What is known of the first bytes of files, as long as another process has not made others of them. */
export class KnownSizes {
  /** By path; last is the one that was noted last. */
  private readonly known = new Map<string, Known>();

  /** @param most how many files are known, the ones noted last */
  constructor(private readonly most: number) {}

  /** How many bytes of a file that is this one now something is known of; `undefined`: of none. */
  of(path: string, { ino, birthtimeMs }: Identity): number | undefined {
    const known = this.known.get(path);
    const isSame = known?.ino === ino && known.birthtimeMs === birthtimeMs;
    return isSame ? known.size : undefined;
  }

  /** Whether there may be something known of a file. */
  mayHave(path: string): boolean {
    return this.known.has(path);
  }

  note(path: string, { ino, birthtimeMs }: Identity, size: number): void {
    this.known.delete(path);
    this.known.set(path, { ino, birthtimeMs, size });
    if (this.known.size <= this.most) return;
    for (const oldest of this.known.keys()) return this.forget(oldest);
  }

  forget(path: string): void {
    this.known.delete(path);
  }
}
