/** Requests for uploads are not known as such before Nest has them. */
export function routesNotFound(): string {
  return (
    `Not all routes of uploads are known to the HTTP platform: something has replaced their handlers, ` +
    `such as an agent that wraps Nest's HTTP adapter. Body parsers may read uploads, refusals lack ` +
    `Tus-Resumable, and CORS and method overrides are left to the app. Have the agent wrap the ` +
    `platform itself.`
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

/** A global interceptor ends what takes long. */
export function interceptorTimesOut(name: string): string {
  return (
    `The global interceptor ${name} looks like a time limit on requests, which would end long ` +
    `uploads. They resume, but exclude the routes of uploads from it.`
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
    `${setting} is ${milliseconds} ms, so connections without a byte for that long are closed ` +
    `before the idleTimeout of ${idleTimeout} ms. Make it longer, or idleTimeout shorter.`
  );
}

/** Connections that a proxy still uses are closed under it. */
export function keepAliveShort(milliseconds: number): string {
  return (
    `The app trusts a proxy, and the HTTP server's keepAliveTimeout is ${milliseconds} ms: proxies ` +
    `usually keep idle connections for 60 s, and a request that they send on a connection that was ` +
    `just closed is lost. Make it longer than theirs, as in app.getHttpServer().keepAliveTimeout = 65_000.`
  );
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
