import type { RecoveryReport } from './uploads/index.js';

/** Most damaged rows that are named in one line. */
const SHOWN_ROWS = 10;

/** Two handlers would share the rows that say what was delivered. */
export function handlerTwice(name: string): string {
  return (
    `Two @OnUploadFinished() handlers are called "${name}". Give one of them an id of its own, ` +
    `@OnUploadFinished({ id: '...' }), or provide its class in one module only.`
  );
}

/** A handler of an anonymous class has no name that would outlive a restart. */
export function handlerNotStable(method: string): string {
  return (
    `The class of the upload handler "${method}" has no name. ` +
    `Name the class, or give the handler an id, as in @OnUploadFinished({ id: '...' }).`
  );
}

/** A delivery has no handler any more. */
export function handlerGone(handler: string): string {
  return `There is no @OnUploadFinished() handler "${handler}" any more; its delivery waits for one.`;
}

/** A handler takes long, or hangs. */
export function handlerRunsLong(id: string, handler: string, since: Date): string {
  return (
    `Upload ${id}: ${handler} has been running since ${since.toISOString()}. As long as it does, ` +
    `others of its deliveries may have to wait; a handler that may hang needs a timeout, ` +
    `@OnUploadFinished({ timeout: '10m' }).`
  );
}

/** What tells of an upload hangs. */
export function othersHang(id: string, handler: string): string {
  return (
    `Upload ${id}: a handler that was told of it before has not returned yet; ${handler} is called ` +
    `all the same.`
  );
}

/** A delivery that its process does not survive. */
export function handlerEndsProcess(attempts: number): string {
  return `${attempts} attempts have ended with their process, so no other is made.`;
}

/** Two instances would expire and deliver each other's uploads. */
export function folderTaken(folder: string): string {
  return `Another TusModule instance of this app uses ${folder}. Give each instance a folder of its own.`;
}

/** The folder for uploads cannot be used. */
export function folderUnusable(reason: string): string {
  return `It cannot be created and written to (${reason}). Give a folder on a local disk that this process may write to.`;
}

/** Deliveries wait for handlers that are not in this version of the app. */
export function handlersMissing(handler: string, waiting: number, dead: number): string {
  const counts = [waiting && `${waiting} waiting`, dead && `${dead} given up`].filter(Boolean);
  return (
    `There is no @OnUploadFinished() handler "${handler}", but there are deliveries to it ` +
    `(${counts.join(', ')}). Give the handler that took its place the id '${handler}', or ` +
    `terminate their uploads.`
  );
}

/** A file could not be put where a hook wanted it. */
export function pathTaken(id: string, path: string): string {
  return `Upload ${id}: there is another file at "${path}"; its own stays where it is.`;
}

/** Uploads of two endpoints could not be told apart. */
export function endpointTwice(name: string): string {
  return (
    `Two @TusEndpoint() methods are called "${name}". Give one of them an id of its own, ` +
    `@TusEndpoint('path', { id: '...' }).`
  );
}

/** Nobody would serve an endpoint. */
export function endpointWithoutInstance(name: string, instance?: string): string {
  const what = instance === undefined ? 'without a name' : `called "${instance}"`;
  return (
    `The @TusEndpoint() method "${name}" is for a TusModule instance ${what}, and there is none. ` +
    `Import TusModule.forRoot() with that name, or give the endpoint the name of one there is.`
  );
}

/** Without a request, a path with parameters is no path. */
export function uploadPathUnknown(path: string): string {
  return `The upload path "${path}" has parameters, so the URL of an upload that the server creates is unknown. Set publicUrl.`;
}

/** The processes on the folder cannot hear of each other. */
export function processesUnusable(reason: string): string {
  return (
    `No socket can be made in it, by which the processes that share it hand uploads over (${reason}). ` +
    `Give a folder on a local file system that takes Unix domain sockets; of a container that is a ` +
    `volume, not a folder shared with another operating system.`
  );
}

/** What was found after a start, and repaired; `undefined` when nothing was. */
export function recovered(report: RecoveryReport): string | undefined {
  const { finished, cut, halfBuilt, setAside, place, removed } = report;
  const parts = [
    finished && `${count(finished, 'complete upload')} finished`,
    cut && `${count(cut, 'upload')} cut back to verified bytes`,
    halfBuilt && `${count(halfBuilt, 'half-built final upload')} removed`,
    setAside && `${count(setAside, 'file')} without a record put aside (${place})`,
    removed && `${count(removed, 'temporary file')} removed`,
  ].filter(Boolean);
  return parts.length === 0 ? undefined : `Recovered: ${parts.join(', ')}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A global interceptor ends what takes long. */
export function interceptorTimesOut(name: string): string {
  return (
    `The global interceptor ${name} looks like a time limit on requests, which would end long ` +
    `uploads. They resume, but let it pass by the routes of uploads.`
  );
}

/** The platform ends what takes long. */
export function requestsLimited(setting: string, milliseconds: number): string {
  return (
    `${setting} is ${milliseconds} ms: uploads that take longer are cut off, and resume. ` +
    `Remove it, or make it longer than the longest request; idleTimeout ends requests that stall.`
  );
}

/** The platform ends connections sooner than it was asked for. */
export function idleLimited(setting: string, milliseconds: number, idleTimeout: number): string {
  return (
    `${setting} is ${milliseconds} ms, so connections are closed that long without a byte, and ` +
    `not after the idleTimeout of ${idleTimeout} ms. Make it longer, or idleTimeout shorter.`
  );
}

/** Nobody sees the cleanup among the app's schedules. */
export function cleanupUnscheduled(): string {
  return 'The app imports no ScheduleModule: cleanup runs on a timer of its own.';
}

/** What is in memory is lost with the machine. */
export function folderInMemory(folder: string, durability: string): string {
  return (
    `${folder} is in memory (tmpfs): uploads are lost when the machine restarts, though ` +
    `durability is '${durability}'. Put tmpFileDir on a disk, or set durability to 'none'.`
  );
}

/** The weakest durability where uploads count. */
export function durabilityNone(): string {
  return (
    `durability is 'none' in production: a machine that is lost may lose all that is known of ` +
    `uploads, finished ones included. Use 'completion' unless uploads may be lost.`
  );
}

/** Rows of the registry were damaged on the disk. */
export function rowsDamaged(rows: readonly string[], folder: string): string {
  const shown = rows.slice(0, SHOWN_ROWS).join(', ');
  const more = rows.length > SHOWN_ROWS ? ` and ${rows.length - SHOWN_ROWS} more` : '';
  return (
    `The registry in ${folder} has ${count(rows.length, 'row')} that cannot be read: ` +
    `${shown}${more}. They count as none from now on, and their bytes are kept in its table ` +
    `"unreadable"; the files of such uploads are put into .tus/lost. Check the disk.`
  );
}
