import { send } from './commands/append.js';
import { moveTo } from './commands/use.js';
import type { KnownUpload, Patch } from './known-upload.js';
import type { Possible } from './settle.js';
import type { World } from './world.js';

/** Something that is done to an upload while something else happens. */
export interface Attempt {
  /** Does it; resolves to what came of it: a status, or what the service said. */
  start(): Promise<string>;
  /** What may come of it when it has company. */
  readonly outcomes: readonly string[];
  /** What may have become of the upload when it is not known what came of it. */
  readonly possible: Possible;
  /** Takes note of what came of it. */
  learn(outcome: string): void;
}

/** What comes of a request whose connection is closed without an answer. */
export const CUT = 'cut';

/** Sends bytes. */
export function appending(world: World, upload: KnownUpload, patch: Patch): Attempt {
  const bytes = Buffer.concat([upload.held, patch.body]);
  const { dialect } = upload;
  const content = { bytes, whole: patch.checksum !== 'none', last: patch.last };
  return {
    start: () =>
      send(world, upload, patch).then(
        ({ status }) => String(status),
        () => CUT,
      ),
    outcomes: [...dialect.taken, ...dialect.outdone],
    possible: { contents: [content], length: dialect.lengthOf(patch) },
    learn: (outcome) => {
      if (!dialect.taken.includes(outcome)) return;
      upload.length ??= dialect.lengthOf(patch);
      upload.saidComplete ||= dialect.completes(content, upload.length);
      if (upload.saidComplete) upload.length ??= bytes.length;
      upload.hold(bytes);
    },
  };
}

export function deleting(world: World, upload: KnownUpload): Attempt {
  return {
    start: async () => String((await upload.dialect.end(world, upload)).status),
    outcomes: ['204', '410', '423'],
    possible: { gone: true },
    learn: (outcome) => (upload.gone ||= outcome === '204'),
  };
}

export function terminating(world: World, upload: KnownUpload): Attempt {
  return {
    start: () => world.call('terminate', `/${upload.id}`),
    outcomes: ['done'],
    possible: { gone: true },
    learn: (outcome) => (upload.gone ||= outcome === 'done'),
  };
}

export function moving(world: World, upload: KnownUpload): Attempt {
  const target = world.targetOf(upload, 'here');
  return {
    start: () => moveTo(world, upload, target),
    outcomes: ['done', 'NoFileError'],
    possible: {},
    learn: (outcome) => {
      if (outcome === 'done') upload.moved = target;
    },
  };
}

export function cleaning(world: World, upload: KnownUpload): Attempt {
  return {
    start: () => world.call('cleanupFile', `/${upload.id}`),
    outcomes: ['done', 'NoFileError'],
    possible: {},
    learn: (outcome) => (upload.removed ||= outcome === 'done'),
  };
}
