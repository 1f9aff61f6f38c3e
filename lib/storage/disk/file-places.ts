import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { StorageState, UploadRecord } from '../../registry/index.js';
import { fileNameOf } from './file-names.js';

/** What the record of an upload says whose file was given a place of its own. */
interface PlacedState extends StorageState {
  /** Where in the folder it lies. */
  readonly path: string;
}

/** The state of an upload whose file lies at a path in the folder. */
export function placedAt(path: string): PlacedState {
  return { path };
}

/** Where the files of uploads lie. */
export class FilePlaces {
  constructor(private readonly folder: string) {}

  /**
   * Where a file lies until it is given another place.
   *
   * @throws TypeError for what is no id, so that it can never be a path
   */
  first(id: string): string {
    return this.folder + sep + fileNameOf(id);
  }

  /** Where the application wants a file once it is whole. */
  wanted({ filePath }: UploadRecord): string | undefined {
    return filePath === undefined ? undefined : join(this.folder, filePath);
  }

  /** The place of its own that an upload's file was given. */
  given({ stored }: UploadRecord): string | undefined {
    const { path } = (stored ?? {}) as Partial<PlacedState>;
    return path === undefined ? undefined : join(this.folder, path);
  }

  /** Where this module has put a file that it has not moved. */
  own(upload: UploadRecord): string {
    return this.given(upload) ?? this.first(upload.id);
  }

  /** Where a file is, or was until it was removed. */
  of(upload: UploadRecord): string {
    const { movedTo, movingTo } = upload;
    if (movedTo !== undefined) return movedTo;
    const path = this.own(upload);
    // A process that died while it moved the file has left it under one of both names at least.
    const hasMoved = movingTo !== undefined && this.hasLeft(upload) && existsSync(movingTo);
    return hasMoved ? movingTo : path;
  }

  /** A file that is moved from its place leaves its first name behind until the record says so. */
  private hasLeft(upload: UploadRecord): boolean {
    const isMarked = this.given(upload) !== undefined && existsSync(this.first(upload.id));
    return isMarked || !existsSync(this.own(upload));
  }
}

/** Whether a file lies where this module has put it, for certain. */
export function isInPlace({ movedTo, movingTo }: UploadRecord): boolean {
  return movedTo === undefined && movingTo === undefined;
}
