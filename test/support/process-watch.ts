import { readdir, readlink } from 'node:fs/promises';

/** Rejections that nobody handled, as long as it is watched. */
export interface RejectionWatch {
  readonly reasons: readonly unknown[];
  stop(): void;
}

/** Keeps every rejection in this process that nobody handles. */
export function watchUnhandledRejections(): RejectionWatch {
  const reasons: unknown[] = [];
  const keep = (reason: unknown): void => void reasons.push(reason);
  process.on('unhandledRejection', keep);
  return { reasons, stop: () => process.off('unhandledRejection', keep) };
}

/** How many file descriptors this process has open; `undefined` where the system does not tell. */
export async function countDescriptors(): Promise<number | undefined> {
  return readdir('/proc/self/fd').then(
    (descriptors) => descriptors.length,
    () => undefined,
  );
}

/** Which files of a folder this process has open; `undefined` where the system does not tell. */
export async function openFilesIn(folder: string): Promise<string[] | undefined> {
  const descriptors = await readdir('/proc/self/fd').catch(() => undefined);
  const targets = descriptors?.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => ''));
  const paths = targets && (await Promise.all(targets));
  // What is known of uploads stays open.
  return paths?.filter((path) => path.startsWith(`${folder}/`) && !path.includes('/.tus/'));
}
