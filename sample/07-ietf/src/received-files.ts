import { Injectable } from '@nestjs/common';

/** A file as the page shows it. */
export interface ReceivedFile {
  readonly id: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256?: string;
  readonly protocol: string;
  /** What the client calls itself. */
  readonly client?: string;
  readonly receivedAt: Date;
}

/** The files that came since the app was started. */
@Injectable()
export class ReceivedFiles {
  // By id, because a method may be called again after a crash.
  private readonly files = new Map<string, ReceivedFile>();

  add(file: ReceivedFile): ReceivedFile {
    this.files.set(file.id, file);
    return file;
  }

  /** All of them, the newest first. */
  all(): ReceivedFile[] {
    return [...this.files.values()].reverse();
  }
}
