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

/** The folder for uploads cannot be used. */
export function folderUnusable(reason: string): string {
  return `It cannot be created and written to (${reason}). Give a folder on a local disk that this process may write to.`;
}

/** This process has not the rights it needs in the folder. */
export function folderForbidden(reason: string): string {
  const user = process.geteuid?.();
  const who = user === undefined ? 'This process' : `This process, which runs as user ${user},`;
  return (
    `${who} may not use it (${reason}). Give a folder on a local disk that belongs to that user with ` +
    `all that is in it: what is in ".tus" is for one user only. Where another user once ran the app, ` +
    `change the owner of it all (chown -R).`
  );
}

/** The folder cannot be written to. */
export function folderReadOnly(reason: string): string {
  return `It is on a file system that is read-only (${reason}). Give a folder on a disk, or a volume, that can be written to.`;
}

/** There is no room for what is known of uploads. */
export function folderFull(reason: string): string {
  return `There is no room on its disk, or no quota is left (${reason}). Make room; what is known of uploads needs some.`;
}

/** A limit on this process, and no fault of the folder. */
export function filesUsedUp(folder: string, reason: string): string {
  return (
    `TusModule cannot open what it keeps in ${folder}, for too many files are open (${reason}). ` +
    `Raise the limit of this process (ulimit -n, LimitNOFILE), or look for what leaves files open.`
  );
}

/** The folder for uploads is not there any more, or is another one. */
export function folderLost(folder: string, reason: string): string {
  return (
    `The folder for uploads, ${folder}, is not the one that the app was started with: ${reason}. ` +
    `Uploads are refused with 503, and nothing is delivered or cleaned up, until it is there ` +
    `again. If it was removed, made anew or replaced for good, restart the app.`
  );
}

/** It is. */
export function folderBack(folder: string): string {
  return `The folder for uploads, ${folder}, is there again: uploads go on.`;
}

/** What earlier versions, or a generous umask, left open to all users of the machine. */
export function folderNarrowed(folder: string): string {
  return `${folder} was open to other users of this machine; it is for this process's user only now.`;
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

/** No instance would call a method. */
export function methodWithoutInstance(
  decorator: string,
  method: string,
  instance: string | undefined,
  names: readonly (string | undefined)[],
): string {
  const what = instance === undefined ? 'without a name' : `called "${instance}"`;
  const there = names.map((name) => (name === undefined ? 'the one without a name' : `"${name}"`));
  return (
    `The ${decorator}() method "${method}" is for a TusModule instance ${what}, and there is none. ` +
    `There are: ${there.join(', ')}. Give the decorator the name of one of them, or import ` +
    `TusModule.forRoot() for the one it means.`
  );
}

/** A module that was loaded later has a handler that cannot be called. */
export function handlerLeftOut(reason: string): string {
  return `A handler of a module that was loaded later is not called. ${reason}`;
}

/** A decorator has put another method in the place of an endpoint's, which has no route. */
export function endpointReplaced(name: string): string {
  return (
    `The @TusEndpoint() method "${name}" is not served: a decorator above has replaced the method, ` +
    `and its route and all that stands below are lost. Put @TusEndpoint() above that decorator, and ` +
    `guards too, or have it copy the metadata of the method.`
  );
}

/** Nest has no routes for what is loaded later. */
export function endpointNotRouted(name: string): string {
  return (
    `The @TusEndpoint() method "${name}" is not served: its controller was loaded after the start, ` +
    `when Nest makes no routes. To have it served, import its module as usual.`
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

/** Another process lives, and can be asked nothing. */
export function processSilent(folder: string, pid: number | undefined, reason?: string): string {
  const why = reason === undefined ? 'it is stopped, or hangs' : `it cannot be asked: ${reason}`;
  return (
    `${nameOf(pid)}, which uses ${folder} too, does not answer (${why}). Requests for uploads that it ` +
    `may hold wait a few seconds, then the uploads are taken from it. Let it go on ` +
    `(kill -CONT ${pid ?? '<pid>'}), or end it (kill -KILL ${pid ?? '<pid>'}); all processes on a ` +
    `folder must run as the same user.`
  );
}

/** It goes on. */
export function processAnswers(folder: string, pid: number | undefined): string {
  return `${nameOf(pid)}, which uses ${folder} too, answers again.`;
}

/** This one was taken for one that hangs. */
export function processFenced(uploads: number): string {
  return (
    `This process did not answer the others on its folder for some seconds, and was fenced: they have ` +
    `gone on without it with ${count(uploads, 'upload')}. What it had begun with these counts no ` +
    `more, and their requests end without an answer. Was it stopped, or did something hold its event ` +
    `loop up?`
  );
}

function nameOf(pid: number | undefined): string {
  return pid === undefined ? 'Another process' : `The process ${pid}`;
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

/** Requests for uploads are not known as such before Nest has them. */
export function routesNotFound(): string {
  return (
    `Not all routes of uploads are known to the HTTP platform, for something has replaced their ` +
    `handlers before it got them, such as an agent that wraps Nest's HTTP adapter. Body parsers may ` +
    `read uploads, refusals lack Tus-Resumable, and CORS and method overrides are left to the app. ` +
    `Have the agent wrap the platform itself.`
  );
}

/** A route of the app takes what clients send to their uploads. */
export function routeAhead(theirs: string, taken: readonly string[]): string {
  return (
    `The route "${theirs}" comes before those of uploads, and takes ${taken.join(', ')} from them: ` +
    `its answers mean nothing to tus clients. Give it another path, have it come later (lower in its ` +
    `class, or in a module that is imported after TusModule), or make it a route of a subclass of ` +
    `TusController (the controller option).`
  );
}

/** What was sent to an upload was answered as if it had been something else. */
export function answeredElsewhere(request: string, status: number): string {
  return (
    `${request} was answered ${status} before it reached the routes of uploads, by static files, ` +
    `middleware or a route of the HTTP platform that comes first: tus clients take that for the ` +
    `answer of their upload. Leave the upload path out there.`
  );
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

/** Whose requests a limit of the server is for. */
export function requestTimeoutKept(milliseconds: number): string {
  return (
    `The server's requestTimeout of ${milliseconds} ms holds for all requests but uploads, which ` +
    `idleTimeout ends when they stall.`
  );
}

/** The platform ends connections sooner than it was asked for. */
export function idleLimited(setting: string, milliseconds: number, idleTimeout: number): string {
  return (
    `${setting} is ${milliseconds} ms, so connections are closed that long without a byte, and ` +
    `not after the idleTimeout of ${idleTimeout} ms. Make it longer, or idleTimeout shorter.`
  );
}

/** Connections that a proxy still uses are closed under it. */
export function keepAliveShort(milliseconds: number): string {
  return (
    `The app trusts a proxy, and the HTTP server's keepAliveTimeout is ${milliseconds} ms: proxies ` +
    `keep idle connections for 60 s as a rule, and what they send on one that was just closed is ` +
    `lost. Make it longer than theirs, as in app.getHttpServer().keepAliveTimeout = 65_000.`
  );
}

/** Without an HTTP server, this process may be a script. */
export function backgroundElsewhere(): string {
  return (
    'The app has no HTTP server: deliveries, cleanup and repair are left to other processes. Set ' +
    'background to true where this one is to do them.'
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

/** Listeners in JavaScript would turn a native fault into an endless loop. */
export function faultSignalsFreed(signals: readonly string[]): string {
  return (
    `Listeners to ${signals.join(', ')} were removed: with them, a fault in native code would stop ` +
    `the process for ever in place of ending it. Name the signals you mean: ` +
    `app.enableShutdownHooks(['SIGTERM', 'SIGINT']).`
  );
}

/** Nothing is acknowledged that a failing disk may not keep. */
export function registryFaulted(reason: string): string {
  return (
    `The disk has failed to store what is known of uploads (${reason}). Requests are answered 503 ` +
    `until all of it is in a new file, which is tried again and again as long as no other process ` +
    `uses the folder. Look after the disk; where there are other processes, restart them all.`
  );
}

/** The disk works again. */
export function registryRepaired(): string {
  return 'What is known of uploads is in a new file on the disk; requests are served again.';
}

/** LMDB lets one process write at a time. */
export function registryBlocked(folder: string): string {
  return (
    `A write to the registry in ${folder} has waited for seconds until other processes end theirs. One ` +
    `that was stopped in the middle of a write keeps all others from writing: let it go on ` +
    `(kill -CONT), or end it (kill -KILL).`
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

/** Each copy knows only its own classes. */
export function packageTwice(places: readonly string[]): string {
  return (
    `nestjs-tus is loaded ${places.length} times: from ${places.join(' and from ')}. The ` +
    `TusService of one copy cannot be injected where that of another is asked for, and errors of ` +
    `one are no instances of another's classes. Load it in one way only (import gives ES modules, ` +
    `require() CommonJS), and in one version.`
  );
}
